//! The memory that all request bodies together may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The largest size of a small body, in bytes.
const SMALL: u64 = 64 * 1024;

/// A number of bytes shared by all requests. One eighth is reserved for small bodies, so that large
/// ones cannot lock them out.
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

    /// Creates an empty reservation.
    pub(crate) fn share(self: &Arc<Self>) -> Reservation {
        Reservation {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }
}

/// The bytes of a [`Budget`] that one body or one connection holds until it is dropped.
#[derive(Debug)]
pub(crate) struct Reservation {
    budget: Arc<Budget>,
    bytes: u64,
}

impl Reservation {
    /// Creates a reservation without a limit.
    #[cfg(all(test, feature = "ws"))]
    pub(crate) fn unbounded() -> Self {
        Arc::new(Budget::new(u64::MAX)).share()
    }

    /// Reserves `more` bytes. Returns false and reserves nothing when they are not available.
    pub(crate) fn grow(&mut self, more: u64) -> bool {
        let Budget { bytes, used } = &*self.budget;
        let share = self.bytes.saturating_add(more);
        let most = if share <= SMALL {
            *bytes
        } else {
            bytes - bytes / 8
        };
        // No other memory is published with the number, so relaxed ordering suffices.
        let grown = used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
            used.checked_add(more).filter(|used| *used <= most)
        });
        if grown.is_ok() {
            self.bytes = share;
        }
        grown.is_ok()
    }

    /// Changes the reservation to `bytes`. Returns false and changes nothing when they are not
    /// available.
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
