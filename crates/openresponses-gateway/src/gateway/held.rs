//! The bytes of attempts that have not started their response.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The most bytes that one attempt holds, and all attempts of a gateway together.
const OF_ONE: u64 = 4 << 20;
const OF_ALL: u64 = 32 << 20;

/// What the attempts of a gateway hold at once. Clones share the count.
#[derive(Clone, Debug, Default)]
pub(super) struct HeldBytes(Arc<AtomicU64>);

impl HeldBytes {
    /// Holds nothing yet for an attempt.
    pub(super) fn of_attempt(&self) -> Holding {
        Holding {
            all: self.clone(),
            bytes: 0,
        }
    }
}

/// What one attempt holds, until this is dropped.
#[derive(Debug)]
pub(super) struct Holding {
    all: HeldBytes,
    bytes: u64,
}

impl Holding {
    pub(super) fn add(&mut self, more: u64) {
        self.bytes += more;
        self.all.0.fetch_add(more, Ordering::Relaxed);
    }

    /// Returns true when the attempt holds as much as one may.
    pub(super) fn is_full(&self) -> bool {
        self.bytes >= OF_ONE
    }

    /// Returns true when all attempts hold as much as they may.
    pub(super) fn are_all_full(&self) -> bool {
        self.all.0.load(Ordering::Relaxed) >= OF_ALL
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.all.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}
