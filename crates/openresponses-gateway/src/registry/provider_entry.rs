use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::Provider;
use openresponses_tower::provider::DynProvider;
use tokio::sync::Semaphore;

use crate::capability::Capabilities;
use crate::health::{CircuitBreaker, Health};

/// A provider in a [`Catalog`](super::Catalog), and how it is used.
///
/// ```
/// # use http::{Request, Response};
/// # use openresponses_tower::{Error, OutputStream, Provider};
/// # use openresponses_types::Turn;
/// use std::time::Duration;
/// use openresponses_gateway::registry::ProviderEntry;
///
/// fn entry(provider: impl Provider) -> ProviderEntry {
///     ProviderEntry::new(provider).timeout(Duration::from_secs(30))
/// }
/// ```
#[derive(Clone, Debug)]
pub struct ProviderEntry {
    pub(crate) provider: DynProvider,
    pub(crate) timeout: Option<Duration>,
    pub(crate) capabilities: Capabilities,
    pub(crate) health: Health,
}

impl ProviderEntry {
    /// A provider that may take its time.
    #[must_use]
    pub fn new(provider: impl Provider) -> Self {
        Self {
            provider: DynProvider::new(provider),
            timeout: None,
            capabilities: Capabilities::all(),
            health: Health::default(),
        }
    }

    /// Sets how long an attempt may take until its first output. What the client says in
    /// `providerTimeouts` counts more.
    #[must_use]
    pub fn timeout(mut self, until_first_output: Duration) -> Self {
        self.timeout = Some(until_first_output);
        self
    }
}

impl ProviderEntry {
    /// Sets how many answers it may be working at, streams that go on included. One too many is not
    /// asked of it but of the next; 503 when there is none.
    #[must_use]
    pub fn concurrency(mut self, answers: usize) -> Self {
        let answers = answers.min(Semaphore::MAX_PERMITS);
        self.health.slots = Some(Arc::new(Semaphore::new(answers)));
        self
    }

    /// Leaves it alone for a while when it fails again and again.
    #[must_use]
    pub fn circuit_breaker(mut self, settings: CircuitBreaker) -> Self {
        self.health.breaker = Some(settings);
        self
    }

    /// Sets what it can do. Everything unless told otherwise; a
    /// [`Route`](super::Route::capabilities) may say otherwise for one model.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }
}

impl<P: Provider> From<P> for ProviderEntry {
    fn from(provider: P) -> Self {
        Self::new(provider)
    }
}
