use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};
use openresponses_tower::{Error, Scope};
use tokio::time::Instant;

/// How many requests each tenant may make: `requests` in a burst, and as many again each `period`,
/// evenly (GCRA). One too many is refused with 429 `rate_limit_exceeded` and `retry-after`.
///
/// Clones count together. [`Auth::rate_limit`](super::Auth::rate_limit) counts HTTP requests,
/// [`Gateway::rate_limit`](crate::Gateway::rate_limit) what is asked of models, on a WebSocket as
/// well. A host with limits of several sizes calls [`take`](Self::take) in a `permit` of its own.
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
    /// None when there is no period in which to count.
    tenants: Option<Tenants>,
    /// How many there were after the last look for those that have long paid.
    kept: AtomicUsize,
}

type Tenants = RateLimiter<Scope, HashMapStateStore<Scope>, Running, NoOpMiddleware<Nanos>>;

/// Longer periods are this long: nothing that runs lives to see the difference.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// tokio's time, which tests can stop.
#[derive(Clone)]
struct Running(Instant);

impl Clock for Running {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let elapsed = self.0.elapsed().as_nanos();
        Nanos::from(u64::try_from(elapsed).unwrap_or(u64::MAX / 2))
    }
}

impl RateLimit {
    /// `requests`, one at least, each `period`, a year at most. A period of nothing is no limit.
    #[must_use]
    pub fn new(requests: u32, period: Duration) -> Self {
        let requests = NonZeroU32::new(requests).unwrap_or(NonZeroU32::MIN);
        let period = period.min(LONGEST);
        let quota = Quota::with_period(period / requests.get());
        let clock = Running(Instant::now());
        Self(Arc::new(Limit {
            requests,
            period,
            tenants: quota
                .map(|quota| RateLimiter::hashmap_with_clock(quota.allow_burst(requests), clock)),
            kept: AtomicUsize::new(0),
        }))
    }

    /// Counts one request of a tenant's.
    ///
    /// # Errors
    /// 429 when it is one too many; it costs nothing then.
    pub fn take(&self, scope: &Scope) -> Result<(), Error> {
        let Some(tenants) = &self.0.tenants else {
            return Ok(());
        };
        // Who has paid is as one who never came.
        if tenants.len() > 2 * self.0.kept.load(Ordering::Relaxed) + 1_024 {
            tenants.retain_recent();
            self.0.kept.store(tenants.len(), Ordering::Relaxed);
        }
        let wait = |until: NotUntil<Nanos>| until.wait_time_from(tenants.clock().now());
        tenants
            .check_key(scope)
            .map_err(|until| Error::rate_limited(wait(until)).param("authorization"))
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
