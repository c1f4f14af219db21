//! Delays responses until the first output.

mod future;
mod layer;
mod service;
mod stream;

pub use future::PrimeFuture;
pub use layer::PrimeLayer;
pub use service::Prime;
