use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::OwnedSemaphorePermit;

use crate::error::Error;
use crate::output::{Output, OutputStream};

/// A stream that holds its permit until it ends.
pub(super) struct Counted {
    /// `None` after the end.
    output: Option<OutputStream>,
    /// Declared after the stream, so that it is dropped after it.
    permit: Option<OwnedSemaphorePermit>,
}

impl Counted {
    pub(super) fn new(output: OutputStream, permit: Option<OwnedSemaphorePermit>) -> Self {
        Self {
            output: Some(output),
            permit,
        }
    }
}

impl Stream for Counted {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(output) = &mut self.output else {
            return Poll::Ready(None);
        };
        let next = ready!(Pin::new(output).poll_next(cx));
        if !matches!(next, Some(Ok(_))) {
            self.output = None;
            self.permit = None;
        }
        Poll::Ready(next)
    }
}
