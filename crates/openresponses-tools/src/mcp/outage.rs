use std::time::Duration;

use tokio::time::Instant;

/// How long a server that has failed once is left alone.
const PAUSE: Duration = Duration::from_secs(5);

/// The longest pause. Each failure in a row doubles it up to here.
const LONGEST: Duration = Duration::from_secs(300);

/// A server that could not be reached, or did not list its tools.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outage {
    at: Instant,
    /// How many failures there were in a row, beside the first.
    further: u32,
}

impl Outage {
    /// The server has failed now, and maybe before.
    pub(super) fn after(before: Option<Self>) -> Self {
        Self {
            at: Instant::now(),
            further: before.map_or(0, |before| before.further.saturating_add(1)),
        }
    }

    /// Returns whether the server is left alone.
    pub(super) fn is_pausing(self) -> bool {
        self.at.elapsed() < self.pause()
    }

    fn pause(self) -> Duration {
        let factor = 1u32.checked_shl(self.further).unwrap_or(u32::MAX);
        PAUSE.saturating_mul(factor).min(LONGEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn pauses_grow_with_each_failure_in_a_row() {
        let mut outage = None;
        let mut pauses = Vec::new();
        for _ in 0..40 {
            let next = Outage::after(outage);
            assert!(next.is_pausing());
            pauses.push(next.pause().as_secs());
            tokio::time::advance(next.pause()).await;
            assert!(!next.is_pausing());
            outage = Some(next);
        }
        assert_eq!(pauses[..8], [5, 10, 20, 40, 80, 160, 300, 300]);
        assert_eq!(pauses[39], 300);
    }
}
