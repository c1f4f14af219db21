use std::time::Duration;

use tokio::time::Instant;

/// Opens the circuit of a provider after consecutive failures.
///
/// While it is open, attempts are skipped. When the
/// time is over, one attempt is let through: a response closes the circuit, also one that refuses the
/// request ([`Error::answered`](openresponses_tower::Error::answered)), and failure opens it again.
/// Only retryable failures count, including those in the middle of a stream; errors of requests and
/// disconnecting clients do not.
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
    /// Creates a breaker that opens for `open_for` after `failures` consecutive failures, at least
    /// one.
    #[must_use]
    pub fn new(failures: u32, open_for: Duration) -> Self {
        Self {
            failures: failures.max(1),
            open_for,
        }
    }

    fn until(&self) -> Instant {
        self.after(Instant::now())
    }

    fn after(&self, time: Instant) -> Instant {
        time.checked_add(self.open_for)
            .unwrap_or(time + MAX_OPEN_TIME)
    }
}

/// Opens for 30 s after 5 failures.
impl Default for CircuitBreaker {
    fn default() -> Self {
        Self::new(5, Duration::from_secs(30))
    }
}

/// The `retry-after` while another attempt probes the provider.
const PROBING: Duration = Duration::from_secs(1);

/// Longer times are reduced to this.
const MAX_OPEN_TIME: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// The state of a circuit.
///
/// ```
/// use openresponses_gateway::health::CircuitState;
/// use openresponses_gateway::registry::Catalog;
///
/// let catalog = Catalog::new();
/// let open = catalog.circuits().filter(|(_, state)| *state == CircuitState::Open);
/// assert_eq!(open.count(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CircuitState {
    /// Attempts are made.
    Closed,
    /// One attempt probes the provider.
    HalfOpen,
    /// No attempt is made, or the next one probes the provider.
    Open,
}

#[derive(Debug, Default)]
pub(super) struct Circuit {
    state: State,
    /// Consecutive failures.
    failures: u32,
    /// The last one. An earlier one that still runs does not decide any more.
    probe: Probe,
}

/// The number of an attempt that probes the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Probe(u64);

#[derive(Debug, Default)]
enum State {
    #[default]
    Closed,
    Open(Instant),
    /// One attempt probes the provider; after this time another one may.
    HalfOpen(Instant),
}

impl Circuit {
    pub(super) fn state(&self) -> CircuitState {
        match self.state {
            State::Closed => CircuitState::Closed,
            State::HalfOpen(_) => CircuitState::HalfOpen,
            State::Open(_) => CircuitState::Open,
        }
    }

    /// Admits an attempt. Returns the number of one that probes. An attempt whose time the client has
    /// shortened may end without saying anything, so it probes only where no other has come for
    /// another `open_for`.
    pub(super) fn admit(
        &mut self,
        settings: &CircuitBreaker,
        is_shortened: bool,
    ) -> Result<Option<Probe>, Duration> {
        let (until, most) = match self.state {
            State::Closed => return Ok(None),
            State::Open(until) if is_shortened => (settings.after(until), Duration::MAX),
            State::Open(until) => (until, Duration::MAX),
            State::HalfOpen(until) => (until, PROBING),
        };
        let left = until.saturating_duration_since(Instant::now());
        if !left.is_zero() {
            return Err(left.min(most));
        }
        self.state = State::HalfOpen(settings.until());
        self.probe = Probe(self.probe.0.wrapping_add(1));
        Ok(Some(self.probe))
    }

    /// Records that the provider has started a response. An earlier probe counts, too: where a provider
    /// takes longer than `open_for` to answer, each probe is followed by another before it ends.
    pub(super) fn answers(&mut self, settings: &CircuitBreaker, probe: Option<Probe>) {
        if probe.is_some() && !matches!(self.state, State::Closed) {
            self.state = State::Closed;
            // A failure later means it has not recovered.
            self.failures = settings.failures - 1;
        }
    }

    /// Records a success. One that started before the circuit opened is ignored.
    pub(super) fn succeeded(&mut self) {
        if matches!(self.state, State::Closed) {
            self.failures = 0;
        }
    }

    pub(super) fn failed(&mut self, settings: &CircuitBreaker, probe: Option<Probe>) {
        // An earlier probe does not decide.
        if probe.is_some_and(|probe| probe != self.probe) {
            return;
        }
        let opens = match self.state {
            State::Closed => {
                self.failures = self.failures.saturating_add(1);
                self.failures >= settings.failures
            }
            State::HalfOpen(_) => probe.is_some(),
            State::Open(_) => false,
        };
        if opens {
            self.state = State::Open(settings.until());
        }
    }

    /// Records a probe that says nothing about the provider.
    pub(super) fn abandoned(&mut self, probe: Probe) {
        if probe == self.probe && matches!(self.state, State::HalfOpen(_)) {
            self.state = State::Open(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_an_earlier_probe_does_not_decide() {
        // Each attempt while it is open probes.
        let settings = CircuitBreaker::new(1, Duration::ZERO);
        let mut circuit = Circuit::default();
        circuit.failed(&settings, None);
        let mut probe = || circuit.admit(&settings, false).unwrap();
        let (first, second, third) = (probe(), probe(), probe());
        circuit.abandoned(first.unwrap());
        assert_eq!(circuit.state(), CircuitState::HalfOpen);
        circuit.answers(&settings, third);
        circuit.succeeded();
        circuit.failed(&settings, second);
        assert_eq!(circuit.state(), CircuitState::Closed);
        // It answers late, which does not undo the success.
        circuit.answers(&settings, first);
        assert_eq!(circuit.failures, 0);
    }
}
