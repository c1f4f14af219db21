#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod chat;

mod answer;
mod dialect;
mod error;
mod extra;
mod json;
mod request;
mod table;
mod tagged;

pub use answer::{AnswerEnd, AnswerMachine, AnswerReader, Deltas, Unplaced};
pub use dialect::{Answer, Dialect};
pub use error::{MessagePolicy, UpstreamError};
pub use extra::ExtraPolicy;
pub use request::{Origins, RequestWarning, UpstreamRequest};
pub use table::{Row, Treatment, markdown};
pub use tagged::TaggedReasoning;
