//! A timer whose deadline is cheap to move.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::time::{Instant, Sleep, sleep_until};

/// Waits for a deadline that may change with every poll.
///
/// The runtime's timer is registered by the first poll and updated only when it fires or the
/// deadline moves closer. Postponing the deadline, as every piece of a stream does, costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Resolves at `deadline`.
    pub(crate) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self
            .0
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        }
        loop {
            ready!(sleep.as_mut().poll(cx));
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn a_deadline_moves_both_ways() {
        let start = Instant::now();
        let mut timer = Timer::default();
        let mut once = |deadline| {
            let mut cx = Context::from_waker(std::task::Waker::noop());
            timer.poll(deadline, &mut cx)
        };
        assert!(once(start + 3 * SECOND).is_pending());
        assert!(once(start + 9 * SECOND).is_pending());
        assert!(once(start + 2 * SECOND).is_pending());
        poll_fn(|cx| timer.poll(start + 4 * SECOND, cx)).await;
        assert_eq!(start.elapsed(), 4 * SECOND);
        // A deadline in the past resolves at once, and the timer can be used again.
        poll_fn(|cx| timer.poll(start + SECOND, cx)).await;
        assert_eq!(start.elapsed(), 4 * SECOND);
        poll_fn(|cx| timer.poll(start + 5 * SECOND, cx)).await;
        assert_eq!(start.elapsed(), 5 * SECOND);
    }
}
