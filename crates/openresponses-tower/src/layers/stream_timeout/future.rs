use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::deadlines::Deadlines;
use super::output::TimedOutput;
use crate::error::{BoxError, Error};
use crate::output::OutputStream;

pin_project! {
    /// The response future of [`StreamTimeout`](super::StreamTimeout).
    pub struct StreamTimeoutFuture<F> {
        #[pin]
        call: TimedCall<F>,
    }
}

impl<F> StreamTimeoutFuture<F> {
    pub(super) fn new(future: F, deadlines: Deadlines) -> Self {
        Self {
            call: TimedCall::new(future, deadlines),
        }
    }
}

impl<F, E> Future for StreamTimeoutFuture<F>
where
    F: Future<Output = Result<Response<OutputStream>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<OutputStream>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = ready!(self.project().call.poll(cx));
        Poll::Ready(answer.map(|answer| answer.map(OutputStream::from_outputs)))
    }
}

impl<F> fmt::Debug for StreamTimeoutFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamTimeoutFuture")
    }
}

pin_project! {
    /// A call that fails at its deadlines, as its output does.
    pub(crate) struct TimedCall<F> {
        // Both are set until the head arrives or the deadline passes.
        #[pin]
        future: Option<F>,
        deadlines: Option<Deadlines>,
    }
}

impl<F> TimedCall<F> {
    pub(super) fn new(future: F, deadlines: Deadlines) -> Self {
        Self {
            future: Some(future),
            deadlines: Some(deadlines),
        }
    }
}

impl<F, E> Future for TimedCall<F>
where
    F: Future<Output = Result<Response<OutputStream>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<TimedOutput>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        let (Some(future), Some(deadlines)) =
            (this.future.as_mut().as_pin_mut(), &mut *this.deadlines)
        else {
            return Poll::Pending;
        };
        let answer = match future.poll(cx) {
            Poll::Ready(answer) => answer.map_err(Error::from_boxed),
            Poll::Pending => Err(ready!(deadlines.poll_passed(cx))),
        };
        this.future.set(None);
        let Some(deadlines) = this.deadlines.take() else {
            return Poll::Pending;
        };
        Poll::Ready(answer.map(|answer| answer.map(|output| TimedOutput::new(output, deadlines))))
    }
}
