#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod anthropic;
pub mod chat;
pub mod gemini;
pub mod responses;

mod answer;
mod arguments;
#[cfg(feature = "client")]
mod client;
mod custom;
mod declared;
mod dialect;
mod error;
mod extra;
mod feature;
mod functions;
mod hosts;
mod json;
mod media_type;
mod namespace;
mod options;
mod outputs;
mod parts;
mod reason;
mod request;
mod table;
mod tagged;
#[cfg(feature = "client")]
mod upstream;
mod walk;

pub use answer::{AnswerEnd, AnswerMachine, AnswerReader, Deltas, Unplaced};
#[cfg(feature = "client")]
pub use client::{ClientError, ClientOptions, HttpClient, Secret, UpstreamBody};
pub use dialect::{Answer, Dialect};
pub use error::{MessagePolicy, UpstreamError};
pub use extra::ExtraPolicy;
pub use request::{Origins, RequestWarning, UpstreamRequest};
pub use table::{Row, Treatment, markdown};
pub use tagged::TaggedReasoning;
#[cfg(feature = "client")]
pub use upstream::{BaseUrl, InvalidBaseUrl, Upstream};
