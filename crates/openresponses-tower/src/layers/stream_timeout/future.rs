use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::deadlines::Deadlines;
use super::stream::Timed;
use crate::error::{BoxError, Error};
use crate::output::OutputStream;

pin_project! {
    /// The response future of [`StreamTimeout`](super::StreamTimeout).
    pub struct StreamTimeoutFuture<F> {
        // Both are set until the head arrives or the deadline passes.
        #[pin]
        future: Option<F>,
        deadlines: Option<Deadlines>,
    }
}

impl<F> StreamTimeoutFuture<F> {
    pub(super) fn new(future: F, deadlines: Deadlines) -> Self {
        Self {
            future: Some(future),
            deadlines: Some(deadlines),
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
        let mut this = self.project();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let answer = match future.poll(cx) {
            Poll::Ready(answer) => answer.map_err(Error::from_boxed),
            Poll::Pending => match this.deadlines {
                Some(deadlines) => Err(ready!(deadlines.poll_passed(cx))),
                None => return Poll::Pending,
            },
        };
        this.future.set(None);
        let deadlines = this.deadlines.take();
        Poll::Ready(answer.map(|answer| {
            answer.map(|output| match deadlines {
                Some(deadlines) => OutputStream::from_outputs(Timed::new(output, deadlines)),
                None => output,
            })
        }))
    }
}

impl<F> fmt::Debug for StreamTimeoutFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamTimeoutFuture")
    }
}
