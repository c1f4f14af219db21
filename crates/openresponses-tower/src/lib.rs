#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod access_log;
pub mod authorize;
mod body;
mod body_time;
pub mod bounds;
mod config;
mod endpoint;
mod error;
mod future;
pub mod guard;
mod hop_by_hop;
mod hosts;
pub mod ids;
mod jobs;
mod json_limit;
mod layer;
pub mod layers;
pub mod output;
mod prefix;
mod presence;
pub mod provider;
mod registration;
mod request_context;
mod scope;
pub mod service;
mod shutdown;
pub mod store;
mod timer;
pub mod trace;
mod turn;
mod workers;
#[cfg(feature = "ws")]
mod ws;

pub use openresponses_types as types;

pub use config::Config;
pub use error::{BoxError, Error, ErrorKind};
pub use hosts::AllowedHosts;
pub use layer::OpenResponsesLayer;
#[doc(inline)]
pub use output::OutputStream;
#[doc(inline)]
pub use provider::Provider;
pub use request_context::RequestContext;
pub use scope::Scope;
#[doc(inline)]
pub use service::OpenResponses;
pub use shutdown::Shutdown;
#[cfg(feature = "ws")]
pub use ws::WebSocketConfig;
