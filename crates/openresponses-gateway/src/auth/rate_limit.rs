use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use http::request::Parts;
use openresponses_tower::{Error, Scope};
use tokio::time::Instant;

use crate::limits::{LimitReport, LimitState, LimitedResource, MAX_PERIOD};

/// Limits the requests of each tenant: `requests` in a burst, replenished evenly over each `period`
/// (GCRA). A request beyond the limit is refused with 429 `rate_limit_exceeded` and `retry-after`.
///
/// Clones share their counts. [`Auth::rate_limit`](super::Auth::rate_limit) counts HTTP requests,
/// [`Gateway::rate_limit`](crate::Gateway::rate_limit) counts turns, including those on a
/// WebSocket. A host with several limits calls [`take`](Self::take) in its own `permit`.
///
/// ```
/// use std::time::Duration;
/// use openresponses_gateway::auth::RateLimit;
/// use openresponses_tower::Scope;
///
/// let limit = RateLimit::new(2, Duration::from_secs(60));
/// let acme = Scope::new("acme");
/// assert!(limit.take(&acme).is_ok() && limit.take(&acme).is_ok());
/// let refused = limit.take(&acme).unwrap_err();
/// assert_eq!(refused.kind().status(), 429);
/// assert!(limit.take(&Scope::new("globex")).is_ok());
/// ```
#[derive(Clone)]
pub struct RateLimit(Arc<Limit>);

struct Limit {
    requests: NonZeroU32,
    period: Duration,
    /// `None` without a period.
    tenants: Option<Tenants>,
    /// The number of tenants after the last cleanup.
    kept: AtomicUsize,
}

type Tenants = RateLimiter<Scope, HashMapStateStore<Scope>, Running, StateInformationMiddleware>;

/// tokio's clock, which tests can pause.
#[derive(Clone)]
struct Running(Instant);

impl Clock for Running {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        self.0.elapsed().into()
    }
}

impl RateLimit {
    /// Allows `requests`, at least one, each `period`, at most a year. A zero period is no limit.
    #[must_use]
    pub fn new(requests: u32, period: Duration) -> Self {
        let requests = NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN);
        let period = period.min(MAX_PERIOD);
        let quota = Quota::with_period(period / requests.get());
        let clock = Running(Instant::now());
        Self(Arc::new(Limit {
            requests,
            period,
            tenants: quota.map(|quota| {
                RateLimiter::hashmap_with_clock(quota.allow_burst(requests), clock)
                    .with_middleware()
            }),
            kept: AtomicUsize::new(0),
        }))
    }

    /// Counts one request of a tenant.
    ///
    /// # Errors
    /// 429 beyond the limit; a refused request is not counted.
    pub fn take(&self, scope: &Scope) -> Result<(), Error> {
        self.count(scope).0
    }

    /// Counts one request of a tenant, and reports what is left for its
    /// [headers](crate::limits::LimitHeadersLayer).
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_for(&self, scope: &Scope, head: &Parts) -> Result<(), Error> {
        let (taken, left) = self.count(scope);
        if let Some(remaining) = left {
            let limit = self.0.requests.get();
            let reset = (self.0.period / limit).saturating_mul(limit - remaining.min(limit));
            let (limit, remaining) = (limit.into(), remaining.into());
            let state = LimitState::new(LimitedResource::Requests, limit, remaining, reset);
            LimitReport::record_in(&head.extensions, state);
        }
        taken
    }

    /// Counts one request, and returns how many are left; `None` without a limit.
    fn count(&self, scope: &Scope) -> (Result<(), Error>, Option<u32>) {
        let Some(tenants) = &self.0.tenants else {
            return (Ok(()), None);
        };
        // A tenant with a full allowance needs no entry.
        if tenants.len() > 2 * self.0.kept.load(Ordering::Relaxed) + 1_024 {
            tenants.retain_recent();
            self.0.kept.store(tenants.len(), Ordering::Relaxed);
        }
        let wait = |until: NotUntil<Nanos>| until.wait_time_from(tenants.clock().now());
        match tenants.check_key(scope) {
            Ok(state) => (Ok(()), Some(state.remaining_burst_capacity())),
            Err(until) => {
                let refused = Error::rate_limited(wait(until)).param("authorization");
                (Err(refused), Some(0))
            }
        }
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("requests", &self.0.requests)
            .field("period", &self.0.period)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn tenants_with_a_full_allowance_are_forgotten_and_no_others() {
        let limit = RateLimit::new(1, Duration::from_secs(1));
        let kept = || limit.0.tenants.as_ref().map_or(0, Tenants::len);
        for n in 0..10_000 {
            assert!(limit.take(&Scope::new(&format!("t{n}"))).is_ok());
            tokio::time::advance(Duration::from_millis(1)).await;
        }
        // The allowance of the last thousand is not full again.
        assert!((1_000..3_100).contains(&kept()), "{}", kept());
        for n in 9_001..10_000 {
            assert!(limit.take(&Scope::new(&format!("t{n}"))).is_err(), "{n}");
        }
    }

    /// Takes one request of each of these tenants, and returns how many tenants are kept then.
    fn kept_after(limit: &RateLimit, tenants: std::ops::Range<usize>) -> usize {
        for n in tenants {
            let _ = limit.take(&Scope::new(&n.to_string()));
        }
        limit.0.tenants.as_ref().map_or(0, Tenants::len)
    }

    #[tokio::test(start_paused = true)]
    async fn tenants_are_forgotten_only_when_their_number_has_doubled() {
        const PERIOD: Duration = Duration::from_secs(60);
        // Entries go one period after their allowance was full. A few are not looked through with every
        // request.
        let limit = RateLimit::new(1, PERIOD);
        assert_eq!(kept_after(&limit, 0..10), 10);
        tokio::time::advance(2 * PERIOD).await;
        assert_eq!(kept_after(&limit, 10..11), 11);

        // The first 1,024 may stay; with one more all that are full again are forgotten.
        let limit = RateLimit::new(1, PERIOD);
        assert_eq!(kept_after(&limit, 0..1_025), 1_025);
        tokio::time::advance(2 * PERIOD).await;
        assert_eq!(kept_after(&limit, 1_025..1_026), 1);

        // 1,025 that are not full are kept, so the next time comes beyond 2 * 1,025 + 1,024.
        let limit = RateLimit::new(1, PERIOD);
        assert_eq!(kept_after(&limit, 0..2_052), 2_052);
        tokio::time::advance(2 * PERIOD).await;
        assert_eq!(kept_after(&limit, 2_052..3_075), 3_075);
        assert_eq!(kept_after(&limit, 3_075..3_076), 1_024);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_is_reported_with_what_is_left_and_when_all_is_back() {
        let limit = RateLimit::new(4, Duration::from_secs(60));
        let scope = Scope::new("a");
        let states = [(3, "15s"), (2, "30s"), (1, "45s"), (0, "1m0s"), (0, "1m0s")];
        for (n, (remaining, reset)) in states.into_iter().enumerate() {
            let mut head = http::Request::new(()).into_parts().0;
            let report = LimitReport::default();
            head.extensions.insert(report.clone());
            assert_eq!(limit.take_for(&scope, &head).is_ok(), n < 4);
            let mut headers = http::HeaderMap::new();
            report.add_to(&mut headers);
            let header = |name: &str| headers[&format!("x-ratelimit-{name}-requests")].clone();
            assert_eq!(header("limit"), "4");
            assert_eq!(header("remaining"), remaining.to_string().as_str());
            assert_eq!(header("reset"), reset);
        }
    }

    #[test]
    fn a_period_of_zero_is_no_limit_and_one_has_an_end() {
        let scope = Scope::new("a");
        let unlimited = RateLimit::new(1, Duration::ZERO);
        assert!((0..100).all(|_| unlimited.take(&scope).is_ok()));
        let endless = RateLimit::new(0, Duration::MAX);
        assert!(endless.take(&scope).is_ok());
        let refused = endless.take(&scope).unwrap_err();
        let wait = refused.retry_after_hint().unwrap();
        let year = Duration::from_secs(366 * 86_400);
        assert!(wait <= year && wait > year / 2, "{wait:?}");
    }
}
