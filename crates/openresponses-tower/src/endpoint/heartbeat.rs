//! Heartbeats of silent streams.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use openresponses_sse::Heartbeat;
use tokio::time::Instant;

use crate::timer::Timer;

/// Fires after an interval in which nothing was sent.
///
/// A stream that is never silent starts no timer; a silent one reads the clock once per silence.
#[derive(Debug)]
pub(super) struct Silence {
    /// `None` never fires.
    interval: Option<Duration>,
    /// When the current silence reaches the interval.
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
        // An interval beyond the clock's range never ends.
        let Some(due) = self.due else {
            return Poll::Pending;
        };
        ready!(self.timer.poll(due, cx));
        self.due = None;
        Poll::Ready(())
    }
}
