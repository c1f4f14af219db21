use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;

use crate::error::Error;
use crate::output::{Output, OutputStream};

/// The pieces that were held, then the rest.
pub(super) struct Primed {
    held: std::vec::IntoIter<Output>,
    rest: OutputStream,
}

impl Primed {
    pub(super) fn new(held: Vec<Output>, rest: OutputStream) -> Self {
        Self {
            held: held.into_iter(),
            rest,
        }
    }
}

impl Stream for Primed {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match self.held.next() {
            Some(delta) => Poll::Ready(Some(Ok(delta))),
            None => Pin::new(&mut self.rest).poll_next(cx),
        }
    }
}
