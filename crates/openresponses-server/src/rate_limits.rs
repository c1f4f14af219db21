//! The rate limits of callers, which survive a reload.

use std::time::Duration;

use openresponses_gateway::auth::RateLimit;

use crate::by_key::ByKey;
use crate::file::{Rate, Wait};

/// Rate limits by their settings and what the entry that they belong to is about, so that a reload
/// does not forget what was counted.
#[derive(Clone, Default)]
pub(crate) struct RateLimits(ByKey<Identity, RateLimit>);

/// The owner of a limit, its requests and its period.
type Identity = (String, u32, Duration);

impl RateLimits {
    pub(crate) fn of(&self, owner: &str, rate: Rate) -> RateLimit {
        let (requests, Wait(period)) = (rate.requests.get(), rate.per);
        let key = (owner.to_owned(), requests, period);
        self.0.of(key, || RateLimit::new(requests, period))
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
