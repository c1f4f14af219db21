//! Open Responses as a tower layer.
//!
//! A host implements [`Provider`] and mounts [`OpenResponsesLayer`] in front of a service that it
//! already runs, or [`OpenResponses`] as a service of its own. Requests are parsed, validated and
//! normalised before the provider sees them; what it answers is sequenced into conformant events and
//! leaves as JSON or as an event stream.
#![forbid(unsafe_code)]

mod authorize;
mod error;
mod hosts;
mod ids;
pub mod layers;
mod obfuscation;
mod output;
mod own_ids;
mod provider;
mod relayed_calls;
mod relaying;
mod running;
mod scope;
mod service;
mod shutdown;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod timer;
mod turn_event;
mod turn_stream;
#[cfg(feature = "ws")]
mod ws;

pub use authorize::{AllowAll, Authorize, Authorized};
pub use error::{BoxError, Error, ErrorKind};
pub use hosts::AllowedHosts;
pub use ids::{RandomIds, SystemClock};
pub use output::{Output, OutputStream, OutputWriter, RelayMode, RelayOptions};
pub use provider::{CompactedWindow, FromService, Provider, ProviderService};
pub use running::Task;
pub use scope::Scope;
pub use service::{
    Config, LayerBody, OpenResponses, OpenResponsesFuture, OpenResponsesLayer,
    OpenResponsesService, ResponseBody,
};
pub use shutdown::Shutdown;
#[cfg(feature = "ws")]
pub use ws::WebSocketConfig;
