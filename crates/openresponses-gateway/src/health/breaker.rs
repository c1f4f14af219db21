use std::time::Duration;

use tokio::time::Instant;

/// When a provider counts as down, and for how long it is left alone.
///
/// After as many failures in a row the circuit opens and attempts are skipped at once. When the time
/// is over one attempt is let through: if it answers the circuit is closed, else it opens again.
/// Failures are those that are worth another attempt, in the middle of a stream as well; what is the
/// request's fault does not count, nor does a client that goes away.
///
/// ```
/// # use openresponses_tower::Provider;
/// use std::time::Duration;
/// use openresponses_gateway::health::CircuitBreaker;
/// use openresponses_gateway::registry::ProviderEntry;
///
/// fn guarded(provider: impl Provider) -> ProviderEntry {
///     ProviderEntry::new(provider).circuit_breaker(CircuitBreaker::new(3, Duration::from_secs(10)))
/// }
/// ```
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

    fn until(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.open_for).unwrap_or(now + LONGEST)
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

/// Times that cannot be told are this long.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

#[derive(Debug, Default)]
pub(super) struct Circuit {
    state: State,
    /// In a row.
    failures: u32,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Open(Instant),
    /// One attempt finds out. When it has told nothing by then, another one does.
    HalfOpen(Instant),
}

impl Circuit {
    /// Whether an attempt may be made; true when it is the one that finds out.
    pub(super) fn admit(&mut self, settings: &CircuitBreaker) -> Result<bool, Duration> {
        let (until, most) = match self.state {
            State::Closed => return Ok(false),
            State::Open(until) => (until, Duration::MAX),
            State::HalfOpen(until) => (until, PROBING),
        };
        let left = until.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            return Err(left.min(most));
        }
        self.state = State::HalfOpen(settings.until());
        Ok(true)
    }

    /// The attempt has an answer, which has not ended yet.
    pub(super) fn answers(&mut self, settings: &CircuitBreaker, is_probe: bool) {
        if is_probe {
            self.state = State::Closed;
            // Should it end badly it was no recovery.
            self.failures = settings.failures - 1;
        }
    }

    /// An answer has ended well. One that began before the circuit opened says nothing of now.
    pub(super) fn succeeded(&mut self) {
        if matches!(self.state, State::Closed) {
            self.failures = 0;
        }
    }

    pub(super) fn failed(&mut self, settings: &CircuitBreaker, is_probe: bool) {
        let opens = match self.state {
            State::Closed => {
                self.failures = self.failures.saturating_add(1);
                self.failures >= settings.failures
            }
            State::HalfOpen(_) => is_probe,
            State::Open(_) => false,
        };
        if opens {
            self.state = State::Open(settings.until());
        }
    }

    /// The attempt ended without telling anything about the provider.
    pub(super) fn abandoned(&mut self, is_probe: bool) {
        if is_probe && matches!(self.state, State::HalfOpen(_)) {
            self.state = State::Open(Instant::now());
        }
    }
}
