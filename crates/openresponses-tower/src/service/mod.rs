//! The HTTP side: a layer in front of a service, or a service of its own.

mod answer;
mod background;
mod bare;
mod budget;
mod compact;
mod config;
mod core;
mod head;
mod heartbeat;
mod jobs;
mod layer;
mod local;
mod pipeline;
mod read_body;
mod reply;
mod retrieve;
mod route;
mod state;
#[cfg(feature = "ws")]
mod upgrade;

pub use bare::OpenResponses;
#[cfg(feature = "ws")]
pub(crate) use budget::Reservation;
pub use config::Config;
pub use layer::{LayerBody, OpenResponsesFuture, OpenResponsesLayer, OpenResponsesService};
#[cfg(feature = "ws")]
pub(crate) use local::ConnectionCache;
#[cfg(feature = "ws")]
pub(crate) use pipeline::ValidRequest;
pub use reply::ResponseBody;
#[cfg(feature = "ws")]
pub(crate) use route::{Refusal, is_extended_connect};
pub(crate) use state::{Commit, Committing};
