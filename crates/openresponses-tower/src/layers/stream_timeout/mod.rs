//! Limits the time of responses.

mod deadlines;
mod future;
mod layer;
mod output;
mod service;

use deadlines::Deadlines;
pub(crate) use deadlines::Limits;
pub use future::StreamTimeoutFuture;
pub(crate) use future::TimedCall;
pub use layer::StreamTimeoutLayer;
pub use output::TimedOutput;
pub use service::StreamTimeout;

use std::future::Future;
use std::time::Duration;

use http::Response;

use crate::error::Error;
use crate::output::OutputStream;

/// Limits each silence of an output that has begun. `None` is no limit.
#[must_use]
pub fn limit_silence(output: OutputStream, limit: Option<Duration>) -> TimedOutput {
    TimedOutput::new(output, Deadlines::of_output(limit))
}

/// Limits the time of a call and of its output.
pub(crate) fn limited<F>(limits: Limits, call: F) -> TimedCall<F>
where
    F: Future<Output = Result<Response<OutputStream>, Error>>,
{
    TimedCall::new(call, Deadlines::new(limits))
}
