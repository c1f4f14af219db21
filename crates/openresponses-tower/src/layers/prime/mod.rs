//! Answers when the first output is there.

mod future;
mod layer;
mod service;
mod stream;

pub use future::PrimeFuture;
pub use layer::PrimeLayer;
pub use service::Prime;
