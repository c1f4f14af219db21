//! The HTTP side: a layer in front of a service, or a service of its own.

mod bare;
mod config;
mod core;
mod head;
mod layer;
mod pipeline;
mod read_body;
mod reply;
mod route;

pub use bare::OpenResponses;
pub use config::Config;
pub use layer::{LayerBody, OpenResponsesFuture, OpenResponsesLayer, OpenResponsesService};
pub use reply::ResponseBody;
