//! The HTTP side: a layer in front of a service, or a service of its own.

mod background;
mod bare;
mod budget;
mod compact;
mod config;
mod core;
mod head;
mod heartbeat;
mod layer;
mod pipeline;
mod read_body;
mod reply;
mod retrieve;
mod route;
mod state;

pub use bare::OpenResponses;
pub use config::Config;
pub use layer::{LayerBody, OpenResponsesFuture, OpenResponsesLayer, OpenResponsesService};
pub use reply::ResponseBody;
pub(crate) use state::{Commit, Committing};
