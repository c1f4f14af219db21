//! The rate limits of callers, which survive a reload.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use openresponses_gateway::auth::RateLimit;

use crate::file::{Rate, Wait};

/// Rate limits by their settings and what the entry that they belong to is about, so that a reload
/// does not forget what was counted.
#[derive(Clone, Default)]
pub(crate) struct RateLimits(Arc<Mutex<BTreeMap<Identity, RateLimit>>>);

/// The owner of a limit, its requests and its period.
type Identity = (String, u32, Duration);

impl RateLimits {
    pub(crate) fn of(&self, owner: &str, rate: Rate) -> RateLimit {
        let (requests, Wait(period)) = (rate.requests.get(), rate.per);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limit = all.entry((owner.to_owned(), requests, period));
        let limit = limit.or_insert_with(|| RateLimit::new(requests, period));
        limit.clone()
    }
}
