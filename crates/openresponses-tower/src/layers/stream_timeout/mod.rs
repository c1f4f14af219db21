//! Limits the time of responses.

mod deadlines;
mod future;
mod layer;
mod service;
mod stream;

pub(crate) use deadlines::Limits;
pub use future::StreamTimeoutFuture;
pub use layer::StreamTimeoutLayer;
pub use service::StreamTimeout;

use std::future::Future;

use http::Response;

use crate::error::Error;
use crate::output::OutputStream;

/// Limits the time of a call and of its output.
pub(crate) fn limited<F>(limits: Limits, call: F) -> StreamTimeoutFuture<F>
where
    F: Future<Output = Result<Response<OutputStream>, Error>>,
{
    StreamTimeoutFuture::new(call, deadlines::Deadlines::new(limits))
}
