use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use openresponses_types::sequence::Delta;

use super::deadlines::Deadlines;
use crate::error::Error;
use crate::output::{Output, OutputStream};

/// A stream that fails at its deadlines.
pub(super) struct Timed {
    /// `None` after the end.
    output: Option<OutputStream>,
    deadlines: Deadlines,
}

impl Timed {
    pub(super) fn new(output: OutputStream, deadlines: Deadlines) -> Self {
        Self {
            output: Some(output),
            deadlines,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Output, Error>>> {
        let Some(output) = &mut self.output else {
            return Poll::Ready(None);
        };
        match Pin::new(output).poll_next(cx) {
            Poll::Ready(Some(Ok(delta))) => {
                self.deadlines.progressed(|| delta.is_output());
                // A stream that is always ready starts no timer. A finish is never too late.
                let overdue = match delta {
                    Output::Delta(Delta::Finish(_)) => None,
                    _ => self.deadlines.overdue(),
                };
                Poll::Ready(Some(overdue.map_or(Ok(delta), Err)))
            }
            Poll::Ready(ended) => Poll::Ready(ended),
            Poll::Pending => {
                self.deadlines.silent();
                Poll::Ready(Some(Err(ready!(self.deadlines.poll_passed(cx)))))
            }
        }
    }
}

impl Stream for Timed {
    type Item = Result<Output, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = ready!(self.poll(cx));
        if !matches!(next, Some(Ok(_))) {
            self.output = None;
        }
        Poll::Ready(next)
    }
}
