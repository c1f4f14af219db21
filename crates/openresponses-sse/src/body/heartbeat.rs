use core::{
    pin::Pin,
    task::{Context, Poll},
};

/// Decides when a silent stream sends a heartbeat comment.
///
/// This crate has no clock; a runtime's timer implements this. An
/// [`EventBody`](crate::EventBody) asks only after its first event was sent, and only while the
/// next is not ready: comments before the first event break some clients. One of a
/// [resumed](crate::EventBody::resumed) stream asks from the start.
///
/// A cheap implementation does not touch its timer in [`reset`](Self::reset): it sets a flag, and
/// when the timer ends with the flag set, it restarts the timer instead of beating.
///
/// ```
/// use std::{pin::Pin, task::{Context, Poll}};
/// use openresponses_sse::Heartbeat;
///
/// /// Beats once the stream was found silent three times in a row.
/// struct EveryThird(u32);
///
/// impl Heartbeat for EveryThird {
///     fn reset(mut self: Pin<&mut Self>) {
///         self.0 = 0;
///     }
///
///     fn poll_beat(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
///         self.0 += 1;
///         if self.0 % 3 == 0 { Poll::Ready(()) } else { Poll::Pending }
///     }
/// }
/// ```
pub trait Heartbeat {
    /// Restarts the measurement of silence. Called for every frame of the body, including comments.
    fn reset(self: Pin<&mut Self>);

    /// Returns `Ready` when the silence has lasted long enough, else wakes the task at that time.
    fn poll_beat(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;
}

/// Sends no heartbeats.
///
/// ```
/// use futures_util::stream;
/// use openresponses_sse::{EventBody, NoHeartbeat};
/// use openresponses_types::StreamEvent;
///
/// let events = stream::empty::<StreamEvent>();
/// let body = EventBody::with_heartbeat(events, NoHeartbeat);
/// assert_eq!(body.skipped(), 0);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHeartbeat;

impl Heartbeat for NoHeartbeat {
    fn reset(self: Pin<&mut Self>) {}

    fn poll_beat(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}
