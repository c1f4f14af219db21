use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::Response;
use http::response::Parts;
use pin_project_lite::pin_project;

use super::stream::Primed;
use crate::error::{BoxError, Error};
use crate::output::{Output, OutputStream};

/// The most pieces without output that are held.
const HELD: usize = 64;

pin_project! {
    /// The response future of [`Prime`](super::Prime).
    pub struct PrimeFuture<F> {
        #[pin]
        future: F,
        // Set once the inner response has arrived.
        waiting: Option<Waiting>,
    }
}

impl<F> PrimeFuture<F> {
    pub(super) fn new(future: F) -> Self {
        Self {
            future,
            waiting: None,
        }
    }
}

impl<F, E> Future for PrimeFuture<F>
where
    F: Future<Output = Result<Response<OutputStream>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<OutputStream>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut waiting = match this.waiting.take() {
            Some(waiting) => waiting,
            None => match ready!(this.future.poll(cx)) {
                Ok(answer) => Waiting::new(answer),
                Err(error) => return Poll::Ready(Err(Error::from_boxed(error))),
            },
        };
        match waiting.poll_output(cx) {
            Poll::Ready(first) => Poll::Ready(first.map(|()| waiting.into_answer())),
            Poll::Pending => {
                *this.waiting = Some(waiting);
                Poll::Pending
            }
        }
    }
}

impl<F> fmt::Debug for PrimeFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrimeFuture")
    }
}

/// A response whose first output has not arrived.
struct Waiting {
    head: Parts,
    output: OutputStream,
    held: Vec<Output>,
}

impl Waiting {
    fn new(answer: Response<OutputStream>) -> Self {
        let (head, output) = answer.into_parts();
        Self {
            head,
            output,
            held: Vec::new(),
        }
    }

    fn poll_output(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        loop {
            let delta = match ready!(Pin::new(&mut self.output).poll_next(cx)) {
                Some(Ok(output)) => output.failure().map_or(Ok(output), Err),
                Some(Err(error)) => Err(error),
                None => Err(Error::model(
                    "stream_ended_early",
                    "The model's stream ended before any output.",
                )),
            }?;
            let enough = delta.is_output() || self.held.len() >= HELD;
            self.held.push(delta);
            if enough {
                return Poll::Ready(Ok(()));
            }
        }
    }

    fn into_answer(self) -> Response<OutputStream> {
        let output = OutputStream::from_outputs(Primed::new(self.held, self.output));
        Response::from_parts(self.head, output)
    }
}
