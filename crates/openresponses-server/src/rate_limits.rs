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

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use openresponses_tower::Scope;

    use super::*;

    #[test]
    fn a_reload_keeps_the_counts_of_what_it_names_and_drops_the_others() {
        let limits = RateLimits::default();
        let rate = Rate {
            requests: NonZeroU32::MIN,
            per: Wait(Duration::from_secs(3600)),
        };
        let is_free = |owner| limits.of(owner, rate).take(&Scope::anonymous()).is_ok();
        assert_eq!([is_free("kept"), is_free("gone")], [true, true]);
        limits.begin();
        assert!(!is_free("kept"));
        limits.prune();
        assert_eq!([is_free("kept"), is_free("gone")], [false, true]);
    }
}
