//! What stands behind the name of a provider.

use openresponses_gateway::health::CircuitBreaker;
use openresponses_gateway::registry::{DynProvider, ProviderEntry};
use openresponses_testing::EmbeddedModel;

use crate::active_calls::{ActiveCalls, CountedProvider};
use crate::file::{Kind, Provider, Wait};

/// The provider. This is where others than the embedded model come in.
fn provider(kind: Kind, active: &ActiveCalls) -> DynProvider {
    match kind {
        Kind::Embedded => {
            DynProvider::new(CountedProvider::new(EmbeddedModel::new(), active.clone()))
        }
    }
}

/// The provider as it is used.
pub(super) fn entry(
    settings: &Provider,
    timeout: Option<Wait>,
    active: &ActiveCalls,
) -> ProviderEntry {
    let mut entry = ProviderEntry::new(provider(settings.kind, active));
    if let Some(Wait(time)) = settings.timeout.or(timeout) {
        entry = entry.timeout(time);
    }
    if let Some(answers) = settings.concurrency {
        entry = entry.concurrency(answers.get());
    }
    if let Some(breaker) = settings.circuit_breaker {
        let Wait(open_for) = breaker.open_for;
        entry = entry.circuit_breaker(CircuitBreaker::new(breaker.failures.get(), open_for));
    }
    if let Some(lacks) = settings.lacks {
        entry = entry.capabilities(lacks.0);
    }
    entry
}
