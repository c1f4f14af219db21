//! Checks streams against the rules of the protocol.
//!
//! A [`Checker`] takes the events of one stream and names each [`StreamRule`] that they break. It
//! changes nothing: a [`Relay`](crate::relay::Relay) is what makes a legal stream of an illegal one.
//! Spec: "Streaming", "Items are streamable", "Items are state machines", "Extending streaming
//! events".
//!
//! ```
//! use openresponses_types::StreamEvent;
//! use openresponses_types::check::{Checker, StreamRule};
//!
//! let transcript = [
//!     r#"{"type":"response.created","sequence_number":0,"response":{"object":"response","id":"resp_1","model":"m","created_at":1,"status":"in_progress","output":[]}}"#,
//!     r#"{"type":"response.output_text.delta","sequence_number":1,"item_id":"msg_1","output_index":0,"content_index":0,"delta":"Hi"}"#,
//! ];
//! let mut checker = Checker::new();
//! for line in transcript {
//!     checker.push(&StreamEvent::from_json(line.as_bytes())?, None);
//! }
//! assert_eq!(checker.pop().unwrap().rule, StreamRule::ItemNotAdded);
//! checker.end();
//! assert_eq!(checker.pop().unwrap().rule, StreamRule::TerminalMissing);
//! assert_eq!(checker.pop(), None);
//! # Ok::<(), openresponses_types::Violation>(())
//! ```
//!
//! # What other servers may do
//! Numbers may start anywhere. Items may be interleaved, and so may the parts of an item. An item
//! may be announced with its whole content and have no events of its own. Log probabilities,
//! annotations, `obfuscation`, encrypted content and members of an implementer's may be anywhere or
//! nowhere. Items of implementers' types may have any status and any inside. The reasoning events
//! of OpenAI's API (`response.reasoning_text.delta`) count like the protocol's, and its other types
//! need no prefix. A response that failed may leave items open, and leave them out of its output.

mod arguments;
mod checker;
mod close;
mod event;
mod items;
mod lifecycle;
mod limits;
mod numbers;
mod openai;
mod outcome;
mod parts;
mod place;
mod reports;
mod rule;
mod shown;
mod state;
mod texts;
mod violation;

pub(crate) use openai::is_event as is_openai_event;

pub use checker::Checker;
pub use limits::CheckLimits;
pub use rule::StreamRule;
pub use violation::StreamViolation;
