use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use openresponses_types::sequence::Delta;

use super::deadlines::Deadlines;
use crate::error::Error;
use crate::output::{Output, OutputStream};

/// An output with time limits, which fails at its deadlines.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_tower::OutputStream;
/// use openresponses_tower::layers::{TimedOutput, limit_silence};
/// use openresponses_tower::types::sequence::Delta;
///
/// let output = OutputStream::from_deltas([Delta::text("Hello"), Delta::complete()]);
/// let limited: TimedOutput = limit_silence(output, Some(Duration::from_secs(60)));
/// # let _ = limited;
/// ```
#[derive(Debug)]
pub struct TimedOutput {
    /// `None` after the end.
    output: Option<OutputStream>,
    deadlines: Deadlines,
}

impl TimedOutput {
    pub(super) fn new(output: OutputStream, deadlines: Deadlines) -> Self {
        Self {
            output: Some(output),
            deadlines,
        }
    }

    /// An output without limits of its own.
    pub(crate) fn unlimited(output: OutputStream) -> Self {
        Self::new(output, Deadlines::of_output(None))
    }

    /// The error of a deadline that has passed, which takes the place of `polled`.
    fn late(
        &mut self,
        polled: &Poll<Option<Result<Output, Error>>>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Error>> {
        match polled {
            Poll::Ready(Some(Ok(piece))) => {
                self.deadlines.progressed(|| piece.is_output());
                // A stream that is always ready starts no timer. A finish is never too late.
                Poll::Ready(match piece {
                    Output::Delta(Delta::Finish(_)) => None,
                    _ => self.deadlines.overdue(),
                })
            }
            Poll::Ready(_) => Poll::Ready(None),
            Poll::Pending => {
                self.deadlines.silent();
                self.deadlines.poll_passed(cx).map(Some)
            }
        }
    }
}

impl Stream for TimedOutput {
    type Item = Result<Output, Error>;

    // Pieces are large, so they are not wrapped and unwrapped on their way.
    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Some(output) = &mut self.output else {
            return Poll::Ready(None);
        };
        let mut polled = Pin::new(output).poll_next(cx);
        if let Some(error) = ready!(self.late(&polled, cx)) {
            polled = Poll::Ready(Some(Err(error)));
        }
        if !matches!(polled, Poll::Ready(Some(Ok(_)))) {
            self.output = None;
        }
        polled
    }
}
