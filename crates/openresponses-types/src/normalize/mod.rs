//! Requests prepared for a provider: defaults resolved, dialects in the specification's shapes, the
//! conversation in one list.
//!
//! ```
//! use std::sync::Arc;
//!
//! use openresponses_types::compact::CompactRequest;
//! use openresponses_types::item::Message;
//! use openresponses_types::normalize::{ContextWindow, Normalizer, Speaker, TurnMessage, TurnText};
//! use openresponses_types::{CreateRequest, Item, Profile, Turn};
//!
//! let previous = [Arc::new(Item::from(Message::user("Hello")))];
//! let normalizer = Normalizer::new(Profile::Compatible).previous(&previous);
//!
//! let request = CreateRequest::from_json(br#"{"model":"m","input":"And then?","temperature":0.5}"#)?;
//! let turn: Turn = normalizer.turn(request).unwrap();
//! assert_eq!((turn.items.len(), turn.input_start), (2, 1));
//! assert_eq!(turn.temperature, Some(0.5));
//! let text: &TurnText = &turn.text;
//! assert_eq!(text.format.type_name(), "text");
//! let messages: Vec<TurnMessage<'_>> = turn.messages().collect();
//! assert_eq!((messages[0].speaker, messages[0].items.len()), (Speaker::User, 2));
//! assert_eq!(turn.response("resp_1", 1_764_967_971).temperature.get(), Some(0.5));
//!
//! let window: ContextWindow = normalizer.window(CompactRequest::new("m").input("And then?")).unwrap();
//! assert_eq!(window.items.len(), 2);
//! # Ok::<(), openresponses_types::Violation>(())
//! ```

mod context_window;
mod conversation;
mod dialects;
mod echo;
mod from_request;
mod messages;
mod normalizer;
mod turn;

pub use context_window::ContextWindow;
pub use messages::{Speaker, TurnMessage};
pub use normalizer::Normalizer;
pub use turn::{Turn, TurnText};
