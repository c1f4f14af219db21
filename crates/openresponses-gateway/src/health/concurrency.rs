use std::fmt;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// A maximum number of concurrent responses of a provider. Clones share it, so that entries of
/// several catalogs count together, for example those before and after a reload.
///
/// ```
/// # use openresponses_tower::Provider;
/// use openresponses_gateway::health::ConcurrencyLimit;
/// use openresponses_gateway::registry::ProviderEntry;
///
/// fn entries(before: impl Provider, after: impl Provider) -> [ProviderEntry; 2] {
///     let limit = ConcurrencyLimit::new(100);
///     [
///         ProviderEntry::new(before).concurrency(limit.clone()),
///         ProviderEntry::new(after).concurrency(limit),
///     ]
/// }
/// ```
#[derive(Clone)]
pub struct ConcurrencyLimit(Arc<Semaphore>);

impl ConcurrencyLimit {
    /// Creates a limit of `responses` at the same time, open streams included.
    #[must_use]
    pub fn new(responses: usize) -> Self {
        let responses = responses.min(Semaphore::MAX_PERMITS);
        Self(Arc::new(Semaphore::new(responses)))
    }

    /// Takes a place, which is given back when the permit is dropped. `None` if all are taken.
    pub(super) fn take(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.0).try_acquire_owned().ok()
    }
}

impl From<usize> for ConcurrencyLimit {
    fn from(responses: usize) -> Self {
        Self::new(responses)
    }
}

impl fmt::Debug for ConcurrencyLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConcurrencyLimit")
            .field("free", &self.0.available_permits())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_count_together() {
        let limit = ConcurrencyLimit::new(2);
        let other = limit.clone();
        let (first, second) = (limit.take(), other.take());
        assert!(first.is_some() && second.is_some());
        assert!(limit.take().is_none() && other.take().is_none());
        drop(second);
        assert!(limit.take().is_some());
    }
}
