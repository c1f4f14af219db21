//! The time that a body or a message may take to arrive.

use std::time::Duration;

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
