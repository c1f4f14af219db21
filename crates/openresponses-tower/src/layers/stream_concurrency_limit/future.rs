use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::Response;
use pin_project_lite::pin_project;
use tokio::sync::OwnedSemaphorePermit;

use super::stream::Counted;
use crate::error::{BoxError, Error};
use crate::output::OutputStream;

pin_project! {
    /// The response future of [`StreamConcurrencyLimit`](super::StreamConcurrencyLimit).
    pub struct StreamConcurrencyLimitFuture<F> {
        // `None` for a refused call.
        #[pin]
        future: Option<F>,
        // Declared after the future, so that it is dropped after it.
        permit: Option<OwnedSemaphorePermit>,
        refusal: Option<Error>,
    }
}

impl<F> StreamConcurrencyLimitFuture<F> {
    pub(super) fn new(future: F, permit: OwnedSemaphorePermit) -> Self {
        Self {
            future: Some(future),
            permit: Some(permit),
            refusal: None,
        }
    }

    pub(super) fn refused(error: Error) -> Self {
        Self {
            future: None,
            permit: None,
            refusal: Some(error),
        }
    }
}

impl<F, E> Future for StreamConcurrencyLimitFuture<F>
where
    F: Future<Output = Result<Response<OutputStream>, E>>,
    E: Into<BoxError>,
{
    type Output = Result<Response<OutputStream>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if let Some(refusal) = this.refusal.take() {
            return Poll::Ready(Err(refusal));
        }
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let answer = ready!(future.poll(cx));
        this.future.set(None);
        let permit = this.permit.take();
        Poll::Ready(match answer {
            Ok(answer) => {
                Ok(answer.map(|output| OutputStream::from_outputs(Counted::new(output, permit))))
            }
            Err(error) => Err(Error::from_boxed(error)),
        })
    }
}

impl<F> fmt::Debug for StreamConcurrencyLimitFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StreamConcurrencyLimitFuture")
    }
}
