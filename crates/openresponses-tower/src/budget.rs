//! What all bodies together may take in memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A body of up to this many bytes is small.
const SMALL: u64 = 64 * 1024;

/// A number of bytes that is shared by all requests. An eighth of it is kept for small bodies, so
/// that large ones, however many, do not lock them out.
#[derive(Debug)]
pub(crate) struct Budget {
    bytes: u64,
    used: AtomicU64,
}

impl Budget {
    pub(crate) fn new(bytes: u64) -> Self {
        Self {
            bytes,
            used: AtomicU64::new(0),
        }
    }

    /// A share of nothing yet.
    pub(crate) fn share(self: &Arc<Self>) -> Reservation {
        Reservation {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }
}

/// What one body, or one connection, takes of a [`Budget`], until it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Reservation {
    /// A share of more than there is.
    #[cfg(all(test, feature = "ws"))]
    pub(crate) fn unbounded() -> Self {
        Arc::new(Budget::new(u64::MAX)).share()
    }

    /// Takes `more` bytes; false, and nothing taken, when they are not there.
    pub(crate) fn grow(&mut self, more: u64) -> bool {
        let Budget { bytes, used } = &*self.budget;
        let share = self.bytes.saturating_add(more);
        let most = if share <= SMALL {
            *bytes
        } else {
            bytes - bytes / 8
        };
        // Nothing is published with the number, so no order is needed.
        let grown = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(more).filter(|used| *used <= most)
        });
        if grown.is_ok() {
            self.bytes = share;
        }
        grown.is_ok()
    }

    /// Takes `bytes` instead; false, and nothing changed, when they are not there.
    #[cfg(feature = "ws")]
    pub(crate) fn resize(&mut self, bytes: u64) -> bool {
        if let Some(less) = self.bytes.checked_sub(bytes) {
            self.budget.used.fetch_sub(less, Ordering::Relaxed);
            self.bytes = bytes;
            return true;
        }
        self.grow(bytes - self.bytes)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_bodies_leave_room_for_small_ones() {
        let budget = Arc::new(Budget::new(16 * SMALL));
        let mut large = [budget.share(), budget.share()];
        assert!(large.iter_mut().all(|share| share.grow(7 * SMALL)));
        assert!(!large[0].grow(1));
        let mut small = [budget.share(), budget.share(), budget.share()];
        assert!(small[0].grow(SMALL) && small[1].grow(SMALL));
        assert!(!small[2].grow(1));
        drop(large);
        assert!(small[2].grow(12 * SMALL) && !small[2].grow(1));
        drop(small);
        assert_eq!(budget.used.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let budget = Arc::new(Budget::new(u64::MAX));
        let mut share = budget.share();
        assert!(share.grow(1) && !share.grow(u64::MAX) && share.grow(1));
        assert!(!Arc::new(Budget::new(0)).share().grow(1));
    }
}
