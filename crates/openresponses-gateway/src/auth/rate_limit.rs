use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use openresponses_tower::{Error, Scope};
use tokio::time::Instant;

/// How many requests each tenant may make: `requests` in a burst, and as many again each `period`,
/// evenly (GCRA). One too many is refused with 429 `rate_limit_exceeded` and `retry-after`.
///
/// ```
/// use std::time::Duration;
/// use openresponses_gateway::auth::{Auth, Credentials, RateLimit};
///
/// let limit = RateLimit::new(60, Duration::from_secs(60));
/// let auth = Auth::new(Credentials::new()).rate_limit(limit);
/// # let _ = auth;
/// ```
pub struct RateLimit {
    /// What one request takes.
    interval: Duration,
    /// What may be taken at once.
    burst: Duration,
    tenants: Mutex<Tenants>,
}

#[derive(Default)]
struct Tenants {
    /// When each tenant has paid for what it took.
    paid: HashMap<Scope, Instant>,
    /// How many there were after the last look for those that have long paid.
    kept: usize,
}

impl RateLimit {
    /// `requests`, one at least, each `period`.
    #[must_use]
    pub fn new(requests: u32, period: Duration) -> Self {
        Self {
            interval: period / requests.max(1),
            burst: period,
            tenants: Mutex::default(),
        }
    }

    /// Counts a request of a tenant. [`Auth::rate_limit`](super::Auth::rate_limit) does it; this is
    /// for hosts whose tenants have different limits.
    ///
    /// # Errors
    /// 429 when it is one too many, with the time to wait.
    pub fn take(&self, scope: &Scope) -> Result<(), Error> {
        let now = Instant::now();
        let mut tenants = self.tenants.lock().unwrap_or_else(PoisonError::into_inner);
        // Who has paid is as one who never came.
        if tenants.paid.len() > 2 * tenants.kept + 1_024 {
            tenants.paid.retain(|_, paid| *paid > now);
            tenants.kept = tenants.paid.len();
        }
        let paid = tenants.paid.get(scope).map_or(now, |paid| (*paid).max(now));
        let next = paid + self.interval;
        let ahead = next.duration_since(now);
        if ahead > self.burst {
            return Err(Error::rate_limited(ahead - self.burst));
        }
        tenants.paid.insert(scope.clone(), next);
        Ok(())
    }
}

impl fmt::Debug for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RateLimit")
            .field("interval", &self.interval)
            .field("burst", &self.burst)
            .finish_non_exhaustive()
    }
}
