use std::time::Duration;

use openresponses_tower::Provider;
use openresponses_tower::provider::DynProvider;

use crate::capability::Capabilities;
use crate::health::{CircuitBreaker, ConcurrencyLimit, Health};

/// A provider in a [`Catalog`](super::Catalog) with its settings.
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
    pub(crate) idle_timeout: Option<Duration>,
    pub(crate) capabilities: Capabilities,
    pub(crate) health: Health,
}

impl ProviderEntry {
    /// Creates an entry without limits, except on silence in an answer.
    #[must_use]
    pub fn new(provider: impl Provider) -> Self {
        Self {
            provider: DynProvider::new(provider),
            timeout: None,
            idle_timeout: Some(Duration::from_secs(60)),
            capabilities: Capabilities::all(),
            health: Health::default(),
        }
    }

    /// Sets the time limit for the first output of an attempt. A client's `providerTimeouts` may
    /// shorten it; an attempt that fails because of that says nothing about the provider's health.
    /// Default: no limit.
    #[must_use]
    pub fn timeout(mut self, until_first_output: Duration) -> Self {
        self.timeout = Some(until_first_output);
        self
    }

    /// Sets how long the provider may be silent after its first output. An attempt beyond it fails
    /// with `timeout`. `None` removes the limit. Default: 60 s.
    #[must_use]
    pub fn idle_timeout(mut self, between_pieces: impl Into<Option<Duration>>) -> Self {
        self.idle_timeout = between_pieces.into();
        self
    }
}

impl ProviderEntry {
    /// Sets the maximum number of concurrent responses, streams included. Beyond it the next
    /// provider is tried; without one the answer is 503. A [`ConcurrencyLimit`] can be shared with
    /// another entry. Default: no limit.
    #[must_use]
    pub fn concurrency(mut self, limit: impl Into<ConcurrencyLimit>) -> Self {
        self.health.slots = Some(limit.into());
        self
    }

    /// Skips the provider for a while after repeated failures. Default: never.
    /// `CircuitBreaker::default()` is 5 failures, 30 s.
    #[must_use]
    pub fn circuit_breaker(mut self, settings: CircuitBreaker) -> Self {
        self.health.breaker = Some(settings);
        self
    }

    /// Sets the capabilities. A [`Route`](super::Route::capabilities) can override them for one
    /// model. Default: all.
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
