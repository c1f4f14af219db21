//! Limits the number of open streams.

mod future;
mod layer;
mod service;
mod stream;

pub use future::StreamConcurrencyLimitFuture;
pub use layer::StreamConcurrencyLimitLayer;
pub use service::StreamConcurrencyLimit;
