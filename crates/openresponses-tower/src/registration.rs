//! The task that waits for a timer or a notification.

use std::task::{Context, Waker};

/// Remembers the task for which a future was polled last.
///
/// A stream is polled several times for each of its events, and all that may end it is polled with it.
/// What has registered the task already and has not come true needs no poll.
#[derive(Debug, Default)]
pub(crate) struct Registration(Option<Waker>);

impl Registration {
    /// Returns true if the task of `cx` is registered.
    pub(crate) fn is_of(&self, cx: &Context<'_>) -> bool {
        self.0
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()))
    }

    /// Records that the task of `cx` is registered.
    pub(crate) fn set(&mut self, cx: &Context<'_>) {
        if !self.is_of(cx) {
            self.0 = Some(cx.waker().clone());
        }
    }

    /// Records that no task is registered.
    pub(crate) fn clear(&mut self) {
        self.0 = None;
    }
}
