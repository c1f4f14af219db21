//! The [Open Responses](https://www.openresponses.org) protocol without I/O: every type of the
//! 2026-04-24 specification, read without loss, validated exactly.
//!
//! No clock, no randomness, no async; serde and serde_json are the only dependencies, and without
//! the default feature `std` the crate needs `alloc` only.
//!
//! # Reading
//! A body is checked once over its bytes and then read straight into types; nothing is lost on the
//! way, and a fault is reported with its path.
//!
//! ```
//! use openresponses_types::request::Input;
//! use openresponses_types::CreateRequest;
//!
//! let body = br#"{"model":"m","input":"Hello","x_vendor":{"n":1.50}}"#;
//! let request = CreateRequest::from_json(body)?;
//! assert_eq!(request.input.value(), Some(&Input::from("Hello")));
//! assert_eq!(request.to_json().as_bytes(), body);
//!
//! let refused = CreateRequest::from_json(br#"{"input":[{"type":"message","role":7}]}"#);
//! assert_eq!(refused.unwrap_err().param().as_deref(), Some("input[0].role"));
//! # Ok::<(), openresponses_types::Violation>(())
//! ```
//!
//! # Writing
//! Each type has a constructor of its required members, and a setter for each other one.
//!
//! ```
//! use openresponses_types::json::RawJson;
//! use openresponses_types::content::{InputImage, InputText};
//! use openresponses_types::item::{FunctionCallOutput, Message, Role};
//! use openresponses_types::request::{ReasoningConfig, ReasoningEffort};
//! use openresponses_types::tool::{FunctionTool, ToolChoiceMode};
//! use openresponses_types::{CreateRequest, Item};
//!
//! let schema = RawJson::parse(r#"{"type":"object","properties":{"city":{"type":"string"}}}"#)?;
//! let request = CreateRequest::new()
//!     .model("provider/model-1")
//!     .instructions("Be brief.")
//!     .input(vec![
//!         Message::new(Role::Developer, "Answer in French.").into(),
//!         Message::user(vec![
//!             InputText::new("Which city is this, and how warm is it there?").into(),
//!             InputImage::new().image_url("https://example.com/city.png").into(),
//!         ])
//!         .into(),
//!         FunctionCallOutput::new("call_1", "21 °C").into(),
//!     ] as Vec<Item>)
//!     .tools(vec![FunctionTool::new("weather").parameters(schema).into()])
//!     .tool_choice(ToolChoiceMode::Auto)
//!     .reasoning(ReasoningConfig::new().effort(ReasoningEffort::Low))
//!     .max_output_tokens(256)
//!     .stream(true);
//! assert!(request.to_json().starts_with(r#"{"model":"provider/model-1","input":[{"type":"message","#));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A response is what a [`Turn`] makes of its request; its output comes from a
//! [`Sequencer`](sequence::Sequencer), which also writes the events.
//!
//! # Pages
//! [`docs`] says which type stands for what, what differs between the versions of the specification,
//! and what is done where it contradicts itself.
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
pub mod request;
pub mod response;
pub mod schema;
pub mod sequence;
pub mod tool;
pub mod wire;

mod fold;
mod rules;

pub use diagnostics::{Profile, Violation};
pub use event::StreamEvent;
pub use fold::Fold;
pub use item::Item;
pub use normalize::Turn;
pub use request::CreateRequest;
pub use response::Response;
pub use wire::Field;
