//! The [Open Responses](https://www.openresponses.org) protocol without I/O: the types of the
//! 2026-04-24 specification, read without loss, validated exactly, and streamed in legal order.
//!
//! The crate has no clock, no randomness and no async. It depends on serde and serde_json; without
//! the default feature `std` it needs `alloc` only.
//!
//! # Read and validate a request
//! Reading keeps everything. Validation reports each violation with its path, and a
//! [`Turn`] has the request's defaults resolved and its conversation in one list.
//!
//! ```
//! use openresponses_types::json::Document;
//! use openresponses_types::normalize::Normalizer;
//! use openresponses_types::schema::{DocumentKind, validate};
//! use openresponses_types::{CreateRequest, Profile};
//!
//! let body = br#"{"model":"m","input":"Hello","x_vendor":{"n":1.50}}"#;
//! let document = Document::parse(body)?;
//! let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
//! assert!(report.is_ok());
//!
//! let request = CreateRequest::from_document(&document)?;
//! assert_eq!(request.to_json().as_bytes(), body);
//!
//! let turn = Normalizer::new(Profile::Compatible).turn(request).map_err(|mut all| all.remove(0))?;
//! assert_eq!(turn.items.len(), 1);
//! assert!(turn.extra.get("x_vendor").is_some());
//!
//! let refused = CreateRequest::from_json(br#"{"input":[{"type":"message","role":7}]}"#);
//! assert_eq!(refused.unwrap_err().param().as_deref(), Some("input[0].role"));
//! # Ok::<(), openresponses_types::Violation>(())
//! ```
//!
//! # Write a request
//! Each type has a constructor of its required members and a setter for each optional one. Lists
//! take arrays and iterators.
//!
//! ```
//! use openresponses_types::content::{ContentPart, InputImage, InputText};
//! use openresponses_types::item::{FunctionCallOutput, Message, Role};
//! use openresponses_types::json::RawJson;
//! use openresponses_types::request::{ReasoningConfig, ReasoningEffort};
//! use openresponses_types::tool::{FunctionTool, ToolChoiceMode};
//! use openresponses_types::{CreateRequest, Item};
//!
//! let schema = RawJson::parse(r#"{"type":"object","properties":{"city":{"type":"string"}}}"#)?;
//! let request = CreateRequest::new()
//!     .model("provider/model-1")
//!     .instructions("Be brief.")
//!     .input([
//!         Item::from(Message::new(Role::Developer, "Answer in French.")),
//!         Message::user([
//!             ContentPart::from(InputText::new("Which city is this, and how warm is it there?")),
//!             InputImage::new().image_url("https://example.com/city.png").into(),
//!         ])
//!         .into(),
//!         FunctionCallOutput::new("call_1", "21 °C").into(),
//!     ])
//!     .tools([FunctionTool::new("weather").parameters(schema)])
//!     .tool_choice(ToolChoiceMode::Auto)
//!     .reasoning(ReasoningConfig::new().effort(ReasoningEffort::Low))
//!     .max_output_tokens(256)
//!     .stream(true);
//! assert!(request.to_json().starts_with(r#"{"model":"provider/model-1","input":[{"type":"message","#));
//! # Ok::<(), openresponses_types::json::SyntaxError>(())
//! ```
//!
//! # Write and read a stream
//! A [`Sequencer`](sequence::Sequencer) turns the deltas of a model into events and the response;
//! a [`Fold`] turns events back into the response.
//!
//! ```
//! use std::sync::Arc;
//!
//! use openresponses_types::sequence::{CountingIds, Delta, FixedClock, Sequencer, ToolPolicy};
//! use openresponses_types::{Fold, Response};
//!
//! let response = Response::new("resp_1", "model", 1_764_967_971);
//! let (ids, clock) = (Arc::new(CountingIds::default()), Arc::new(FixedClock(1_764_967_972)));
//! let mut sequencer = Sequencer::new(response, ToolPolicy::unrestricted(), ids, clock);
//! sequencer.start();
//! sequencer.push(Delta::text("Hello"));
//! sequencer.push(Delta::complete());
//! sequencer.conclude();
//!
//! let mut fold = Fold::new();
//! while let Some(event) = sequencer.pop() {
//!     fold.push(&event);
//! }
//! let response = fold.response().unwrap();
//! assert_eq!(response.output_text(), "Hello");
//! ```
//!
//! # Modules
//! The names at the root are those that most programs need; each concept has a module. [`docs`] has
//! pages on the unions, the versions of the specification, and what is done where it contradicts
//! itself.
#![forbid(unsafe_code)]
#![cfg_attr(not(any(feature = "std", test)), no_std)]

extern crate alloc;

pub mod check;
pub mod compact;
pub mod content;
pub mod diagnostics;
pub mod docs;
pub mod event;
pub mod item;
pub mod json;
pub mod normalize;
pub mod relay;
pub mod request;
pub mod response;
pub mod schema;
pub mod sequence;
pub mod tool;
pub mod wire;

mod fold;
mod rules;
mod stream_output;

pub use diagnostics::{Profile, Violation};
pub use event::StreamEvent;
pub use fold::Fold;
pub use item::Item;
pub use normalize::Turn;
pub use request::CreateRequest;
pub use response::Response;
pub use wire::Field;
