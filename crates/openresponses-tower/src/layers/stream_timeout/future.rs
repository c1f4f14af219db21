use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;

use super::deadlines::Deadlines;
use super::output::TimedOutput;
use crate::error::{BoxError, Error};
use crate::guard;
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
        // The answer is there, however its future is dropped.
        guard::discard_with(|| this.future.set(None));
        let Some(deadlines) = this.deadlines.take() else {
            return Poll::Pending;
        };
        Poll::Ready(answer.map(|answer| answer.map(|output| TimedOutput::new(output, deadlines))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers, and panics when it is dropped.
    struct Bomb;

    impl Future for Bomb {
        type Output = Result<Response<OutputStream>, Error>;

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
            Poll::Ready(Ok(Response::new(OutputStream::from_deltas([]))))
        }
    }

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("a panic in a destructor");
        }
    }

    #[tokio::test]
    async fn a_panic_in_the_destructor_of_a_call_leaves_its_answer_whole() {
        let answer = TimedCall::new(Bomb, Deadlines::of_output(None)).await;
        assert!(answer.is_ok());
    }
}
