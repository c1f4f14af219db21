//! The time that a body or a message may take to arrive, and a stream to be read.

use std::time::Duration;

/// The most bytes of a body or of a WebSocket that are read in one poll, before other tasks run.
pub(crate) const READ_PER_POLL: usize = 256 * 1024;

/// The bytes on their way to a client that extend the time of a stall by one second.
pub(crate) const STALL_RATE: u64 = 4 * 1024;

/// A base time, to which received bytes add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyTime {
    /// `None` is no limit.
    pub(crate) base: Option<Duration>,
    /// The bytes that add one second. With 0 none do.
    pub(crate) rate: u64,
}

impl BodyTime {
    /// Returns the time limit once `received` bytes have arrived. Announced bytes add nothing, since
    /// announcing costs nothing.
    pub(crate) fn limit(&self, received: u64) -> Option<Duration> {
        let earned = received
            .saturating_mul(1000)
            .checked_div(self.rate)
            .map_or(Duration::ZERO, Duration::from_millis);
        self.base?.checked_add(earned)
    }
}
