use std::time::Duration;

use tokio::time::Instant;

/// When a provider counts as down, and for how long it is left alone.
///
/// After as many failures in a row the circuit opens and attempts are skipped at once. When the time
/// is over one attempt is let through: if it succeeds the circuit is closed, else it opens again.
/// Failures are those that are worth another attempt; what is the request's fault does not count,
/// nor does a client that goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CircuitBreaker {
    failures: u32,
    open_for: Duration,
}

impl CircuitBreaker {
    /// Opens after `failures` in a row, one at least, for `open_for`.
    #[must_use]
    pub fn new(failures: u32, open_for: Duration) -> Self {
        Self {
            failures: failures.max(1),
            open_for,
        }
    }
}

/// Opens after 5 failures for 30 seconds.
impl Default for CircuitBreaker {
    fn default() -> Self {
        Self::new(5, Duration::from_secs(30))
    }
}

/// How long to wait while another attempt finds out whether the provider is back.
const PROBING: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
pub(super) struct Circuit {
    failures: u32,
    open_until: Option<Instant>,
    probing: bool,
}

impl Circuit {
    /// Whether an attempt may be made; true when it is the one that finds out.
    pub(super) fn admit(&mut self) -> Result<bool, Duration> {
        let Some(until) = self.open_until else {
            return Ok(false);
        };
        let left = until.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            return Err(left);
        }
        if std::mem::replace(&mut self.probing, true) {
            return Err(PROBING);
        }
        Ok(true)
    }

    pub(super) fn succeeded(&mut self) {
        *self = Self::default();
    }

    pub(super) fn failed(&mut self, settings: &CircuitBreaker, is_probe: bool) {
        self.failures = self.failures.saturating_add(1);
        if is_probe || self.failures >= settings.failures {
            self.open_until = Instant::now().checked_add(settings.open_for);
            self.probing = false;
        }
    }

    /// The attempt ended without telling anything about the provider.
    pub(super) fn abandoned(&mut self, is_probe: bool) {
        self.probing &= !is_probe;
    }
}
