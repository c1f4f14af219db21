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
use std::time::Duration;

use http::Response;

use crate::error::Error;
use crate::output::OutputStream;

/// Limits each silence of an output that has begun. `None` is no limit.
#[must_use]
pub fn limit_silence(output: OutputStream, limit: Option<Duration>) -> OutputStream {
    if limit.is_none() {
        return output;
    }
    let deadlines = deadlines::Deadlines::of_output(limit);
    OutputStream::from_outputs(stream::Timed::new(output, deadlines))
}

/// Limits the time of a call and of its output.
pub(crate) fn limited<F>(limits: Limits, call: F) -> StreamTimeoutFuture<F>
where
    F: Future<Output = Result<Response<OutputStream>, Error>>,
{
    StreamTimeoutFuture::new(call, deadlines::Deadlines::new(limits))
}
