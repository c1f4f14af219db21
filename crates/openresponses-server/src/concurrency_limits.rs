//! The limits of concurrent responses, which survive a reload.

use openresponses_gateway::health::ConcurrencyLimit;

use crate::by_key::ByKey;

/// Limits by the name of their provider and their size, so that responses that began before a reload
/// still count after it.
#[derive(Clone, Default)]
pub(crate) struct ConcurrencyLimits(ByKey<(String, usize), ConcurrencyLimit>);

impl ConcurrencyLimits {
    pub(crate) fn of(&self, provider: &str, responses: usize) -> ConcurrencyLimit {
        let key = (provider.to_owned(), responses);
        self.0.of(key, || ConcurrencyLimit::new(responses))
    }

    /// Begins with those of another file.
    pub(crate) fn begin(&self) {
        self.0.begin();
    }

    /// Drops those that this file does not have.
    pub(crate) fn prune(&self) {
        self.0.prune();
    }
}
