//! Limits the time of responses.

mod deadlines;
mod future;
mod layer;
mod service;
mod stream;

pub use future::StreamTimeoutFuture;
pub use layer::StreamTimeoutLayer;
pub use service::StreamTimeout;
