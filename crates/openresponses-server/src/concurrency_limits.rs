//! The limits of concurrent responses, which survive a reload.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use openresponses_gateway::health::ConcurrencyLimit;

/// Limits by the name of their provider and their size, so that responses that began before a reload
/// still count after it.
#[derive(Clone, Default)]
pub(crate) struct ConcurrencyLimits(Arc<Mutex<BTreeMap<(String, usize), ConcurrencyLimit>>>);

impl ConcurrencyLimits {
    pub(crate) fn of(&self, provider: &str, responses: usize) -> ConcurrencyLimit {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = all.entry((provider.to_owned(), responses));
        let limit = limit.or_insert_with(|| ConcurrencyLimit::new(responses));
        limit.clone()
    }
}
