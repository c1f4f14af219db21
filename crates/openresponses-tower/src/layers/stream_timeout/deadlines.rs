use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Instant;

use crate::error::Error;
use crate::timer::Timer;

/// How late a poll may be after a deadline. A stream that is polled later was not read meanwhile.
const LATE: Duration = Duration::from_secs(1);

/// The configured limits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Limits {
    pub(crate) first_output: Option<Duration>,
    pub(crate) idle: Option<Duration>,
    pub(crate) total: Option<Duration>,
}

/// The deadlines of one call.
#[derive(Debug)]
pub(super) struct Deadlines {
    limits: Limits,
    /// `None` without a limit, and once there is output.
    first_output: Option<Instant>,
    /// `None` without a limit, and while the stream is not silent.
    idle: Option<Instant>,
    total: Option<Instant>,
    /// There is no limit until the first output.
    waits_for_output: bool,
    timer: Timer,
}

impl Deadlines {
    /// Starts the clock.
    pub(super) fn new(limits: Limits) -> Self {
        let now = Instant::now();
        // A limit beyond the clock's range is no limit.
        let after = |limit: Option<Duration>| now.checked_add(limit?);
        Self {
            limits,
            first_output: after(limits.first_output),
            idle: None,
            total: after(limits.total),
            waits_for_output: false,
            timer: Timer::default(),
        }
    }

    /// Limits silences only, from the first output on.
    pub(super) fn of_output(idle: Option<Duration>) -> Self {
        Self {
            waits_for_output: true,
            ..Self::new(Limits {
                idle,
                ..Limits::default()
            })
        }
    }

    /// Records a piece of the stream, and whether it is output.
    pub(super) fn progressed(&mut self, is_output: impl FnOnce() -> bool) {
        self.idle = None;
        let is_waiting = self.first_output.is_some() || self.waits_for_output;
        if is_waiting && is_output() {
            self.first_output = None;
            self.waits_for_output = false;
        }
    }

    /// Records that the stream is silent.
    pub(super) fn silent(&mut self) {
        if self.idle.is_none()
            && let Some(limit) = self.limits.idle
        {
            self.idle = Instant::now().checked_add(limit);
        }
    }

    /// Resolves when a deadline has passed.
    pub(super) fn poll_passed(&mut self, cx: &mut Context<'_>) -> Poll<Error> {
        let has_begun = self.first_output.is_none() && !self.waits_for_output;
        let (next, idle) = loop {
            let idle = self.idle.filter(|_| has_begun);
            let next = earlier(earlier(self.first_output, idle), self.total);
            let Some(deadline) = next else {
                return Poll::Pending;
            };
            ready!(self.timer.poll(deadline, cx));
            if idle != next || self.total == next || !self.restart_unread(deadline) {
                break (next, idle);
            }
        };
        let (what, limit) = if self.first_output == next {
            ("the first output", self.limits.first_output)
        } else if idle == next {
            ("the next output", self.limits.idle)
        } else {
            ("the whole answer", self.limits.total)
        };
        Poll::Ready(late(what, limit.unwrap_or_default()))
    }

    /// Starts the silence again if the stream was not polled at its deadline, although it was woken then:
    /// the time before is that of a client that did not read.
    fn restart_unread(&mut self, deadline: Instant) -> bool {
        let now = Instant::now();
        let is_unread = now.duration_since(deadline) > LATE;
        if is_unread {
            self.idle = None;
            self.silent();
        }
        is_unread
    }

    /// Returns the error of a passed deadline without waiting for a timer.
    pub(super) fn overdue(&self) -> Option<Error> {
        let passed = self.total.is_some_and(|total| Instant::now() >= total);
        let limit = self.limits.total.filter(|_| passed)?;
        Some(late("the whole answer", limit))
    }
}

/// The earlier of two deadlines.
fn earlier(one: Option<Instant>, other: Option<Instant>) -> Option<Instant> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, None) => one,
        (None, other) => other,
    }
}

fn late(what: &str, limit: Duration) -> Error {
    Error::timeout().with_source(format!("{what} took longer than {limit:?}"))
}
