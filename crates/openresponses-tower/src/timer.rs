//! A timer whose deadline is cheap to move.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::{Instant, Sleep, sleep_until};

use crate::registration::Registration;

/// Waits for a deadline that may change with every poll.
///
/// The runtime's timer is registered by the first poll and updated only when it fires or the
/// deadline moves closer. Postponing the deadline, as every piece of a stream does, costs nothing.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    sleep: Option<Pin<Box<Sleep>>>,
    registration: Registration,
}

impl Timer {
    /// Resolves at `deadline`.
    pub(crate) fn poll(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(sleep_until(deadline)));
        if deadline < sleep.deadline() {
            sleep.as_mut().reset(deadline);
        } else if self.registration.is_of(cx) && !sleep.is_elapsed() {
            return Poll::Pending;
        }
        self.registration.clear();
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(deadline);
        }
        self.registration.set(cx);
        Poll::Pending
    }
}

/// Awaits `work` for at most `limit`. `None` when the time is over. The clock is read only if `work`
/// is not ready at once, and a limit beyond the clock's range is no limit.
pub(crate) async fn within<T>(limit: Duration, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut timer = Timer::default();
    let mut deadline = None;
    poll_fn(|cx| {
        if let Poll::Ready(done) = work.as_mut().poll(cx) {
            return Poll::Ready(Some(done));
        }
        let deadline = deadline.get_or_insert_with(|| Instant::now().checked_add(limit));
        match deadline {
            Some(deadline) => timer.poll(*deadline, cx).map(|()| None),
            None => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Wake, Waker};

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

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn the_task_that_polled_last_is_woken() {
        let due = Instant::now() + SECOND;
        let mut timer = Timer::default();
        let wakes = [(); 2].map(|()| Arc::new(Wakes::default()));
        for polls in [0, 1, 1, 0, 0, 1, 1] {
            let waker = Waker::from(Arc::clone(&wakes[polls]));
            assert!(
                timer
                    .poll(due, &mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
        tokio::time::sleep(2 * SECOND).await;
        assert_eq!(wakes.map(|wakes| wakes.0.load(Ordering::Relaxed)), [0, 1]);
    }
}
