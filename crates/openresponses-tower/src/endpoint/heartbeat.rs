//! The signs of life of a silent stream.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use openresponses_sse::Heartbeat;
use tokio::time::Instant;

use crate::timer::Timer;

/// Beats when nothing was sent for a while.
///
/// A stream that is never found silent starts no timer; one that is looks at the clock once in
/// each silence.
#[derive(Debug)]
pub(super) struct Silence {
    /// None: never beats.
    interval: Option<Duration>,
    /// When this silence has lasted long enough.
    due: Option<Instant>,
    timer: Timer,
}

impl Silence {
    pub(super) fn new(interval: Option<Duration>) -> Self {
        Self {
            interval,
            due: None,
            timer: Timer::default(),
        }
    }
}

impl Heartbeat for Silence {
    fn reset(mut self: Pin<&mut Self>) {
        self.due = None;
    }

    fn poll_beat(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(interval) = self.interval else {
            return Poll::Pending;
        };
        if self.due.is_none() {
            self.due = Instant::now().checked_add(interval);
        }
        // An interval that time cannot tell never ends.
        let Some(due) = self.due else {
            return Poll::Pending;
        };
        ready!(self.timer.poll(due, cx));
        self.due = None;
        Poll::Ready(())
    }
}
