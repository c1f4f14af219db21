//! The metric of circuits.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use openresponses_gateway::health::CircuitState;

use super::metrics::CIRCUITS;

/// The providers that the metric names. One that a reload has removed has no circuit any more, and what
/// was recorded of it would stay.
#[derive(Clone, Default)]
pub(super) struct Circuits(Arc<Mutex<BTreeSet<String>>>);

impl Circuits {
    /// Calls `now` and records the states that it returns. Both happen under one lock, so an older state is
    /// never recorded last.
    pub(super) fn record(&self, now: impl FnOnce() -> Vec<(String, CircuitState)>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (provider, value) in values(&mut known, now()) {
            metrics::gauge!(CIRCUITS, "provider" => provider).set(value);
        }
    }
}

/// Returns what to record for each provider that is there or was.
fn values(known: &mut BTreeSet<String>, now: Vec<(String, CircuitState)>) -> Vec<(String, f64)> {
    let mut values: Vec<_> = now
        .into_iter()
        .map(|(provider, state)| match state {
            CircuitState::Closed => (provider, 0.0),
            CircuitState::HalfOpen => (provider, 1.0),
            _ => (provider, 2.0),
        })
        .collect();
    let present = values.iter().map(|(provider, _)| provider.clone());
    let before = std::mem::replace(known, present.collect());
    values.extend(before.difference(known).map(|gone| (gone.clone(), 0.0)));
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_circuit_of_a_provider_that_is_gone_is_shown_as_closed() {
        let mut known = BTreeSet::new();
        let mut record = |now: &[(&str, CircuitState)]| {
            let now = now.iter().map(|(name, state)| ((*name).to_owned(), *state));
            values(&mut known, now.collect())
        };
        let open = CircuitState::Open;
        record(&[("a", open), ("b", open)]);
        let named = |name: &str, value| (name.to_owned(), value);
        assert_eq!(record(&[("b", open)]), [named("b", 2.0), named("a", 0.0)]);
        assert_eq!(record(&[("b", open)]), [named("b", 2.0)]);
    }
}
