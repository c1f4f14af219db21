use core::{
    pin::Pin,
    task::{Context, Poll},
};

/// Says when a silent stream should send a sign of life.
///
/// This crate has no clock; a runtime's timer implements this. An
/// [`EventBody`](crate::EventBody) asks only after its first event was sent, and only while the
/// next is not ready: comments before the first event break some clients.
///
/// A cheap implementation does not touch its timer in [`reset`](Self::reset): it notes that it
/// was called, and when the timer ends after such a note, starts it once more instead of beating.
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
    /// Something was sent: silence starts anew. Called for every frame of the body, comments
    /// included.
    fn reset(self: Pin<&mut Self>);

    /// Ready when silence has lasted long enough; else wakes the task when it will have.
    fn poll_beat(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;
}

/// No sign of life, however long the silence.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoHeartbeat;

impl Heartbeat for NoHeartbeat {
    fn reset(self: Pin<&mut Self>) {}

    fn poll_beat(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}
