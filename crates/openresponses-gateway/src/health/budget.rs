use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

/// Limits the further attempts of a gateway in relation to its requests, so that an outage does not
/// multiply the load.
///
/// ```
/// use openresponses_gateway::health::RetryBudget;
///
/// // One further attempt for every ten requests, and two a second in any case.
/// let budget = RetryBudget::new(0.1, 2.0);
/// # let _ = budget;
/// ```
#[derive(Debug)]
pub struct RetryBudget {
    of_requests: f64,
    a_second: f64,
    tokens: Mutex<(f64, Option<Instant>)>,
}

/// The most that is saved up: seconds of `a_second`, and attempts.
const SAVED: (f64, f64) = (10.0, 10.0);

impl RetryBudget {
    /// Allows `of_requests` further attempts for each request and `a_second` for each second.
    #[must_use]
    pub fn new(of_requests: f64, a_second: f64) -> Self {
        Self {
            of_requests: of_requests.max(0.0),
            a_second: a_second.max(0.0),
            tokens: Mutex::new((a_second.max(0.0), None)),
        }
    }

    /// Adds a request.
    pub(crate) fn deposit(&self) {
        self.add(self.of_requests);
    }

    /// Withdraws one attempt, if available.
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
