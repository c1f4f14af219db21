use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// How many attempts beyond the first a gateway makes, in relation to its requests, so that an
/// outage is not answered with a multiple of the load.
///
/// ```
/// use openresponses_gateway::health::RetryBudget;
///
/// // One more attempt for each ten requests, and two a second in any case.
/// let budget = RetryBudget::new(0.1, 2.0);
/// # let _ = budget;
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    of_requests: f64,
    a_second: f64,
    tokens: Mutex<(f64, Option<Instant>)>,
}

/// What may be saved up, in seconds of what comes in any case, and in attempts.
const SAVED: (f64, f64) = (10.0, 10.0);

impl RetryBudget {
    /// `of_requests` attempts more for each request, and `a_second` more each second.
    #[must_use]
    pub fn new(of_requests: f64, a_second: f64) -> Self {
        Self {
            of_requests: of_requests.max(0.0),
            a_second: a_second.max(0.0),
            tokens: Mutex::new((a_second.max(0.0), None)),
        }
    }

    /// A request came.
    pub(crate) fn deposit(&self) {
        self.add(self.of_requests);
    }

    /// Whether another attempt may be made.
    pub(crate) fn withdraw(&self) -> bool {
        let left = self.add(-1.0);
        if left < 0.0 {
            self.add(1.0);
        }
        left >= 0.0
    }

    fn add(&self, tokens: f64) -> f64 {
        let mut state = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let since = state
            .1
            .map_or(0.0, |last| now.duration_since(last).as_secs_f64());
        let most = self.a_second * SAVED.0 + SAVED.1;
        *state = (
            (state.0 + since * self.a_second + tokens).min(most),
            Some(now),
        );
        state.0
    }
}
