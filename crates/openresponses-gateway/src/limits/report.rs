use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Extensions, HeaderMap, HeaderName, HeaderValue};

use super::money::Money;
use super::resource::LimitedResource;

/// What is left of one limit.
///
/// ```
/// use std::time::Duration;
///
/// use http::HeaderMap;
/// use openresponses_gateway::limits::{LimitReport, LimitState, LimitedResource};
///
/// let report = LimitReport::default();
/// report.record(LimitState::new(LimitedResource::Requests, 60, 59, Duration::from_secs(1)));
/// let mut headers = HeaderMap::new();
/// report.add_to(&mut headers);
/// assert_eq!(headers["x-ratelimit-remaining-requests"], "59");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LimitState {
    /// The limited resource.
    pub resource: LimitedResource,
    /// The limit.
    pub limit: u64,
    /// What is left, reservations of requests in progress deducted.
    pub remaining: u64,
    /// The time until all of it is available again.
    pub reset: Duration,
}

impl LimitState {
    /// Creates a state. Amounts of [`LimitedResource::Cost`] are billionths of a unit.
    #[must_use]
    pub fn new(resource: LimitedResource, limit: u64, remaining: u64, reset: Duration) -> Self {
        Self {
            resource,
            limit,
            remaining,
            reset,
        }
    }
}

/// Collects the states of the limits that one request has met. Clones share them.
///
/// [`LimitHeadersLayer`](super::LimitHeadersLayer) puts one into the extensions of each request. Of
/// several limits of a resource the one with the least left is kept.
///
/// ```
/// use std::time::Duration;
/// use http::HeaderMap;
/// use openresponses_gateway::limits::{LimitReport, LimitState, LimitedResource};
///
/// let report = LimitReport::default();
/// report.record(LimitState::new(LimitedResource::Tokens, 1_000, 250, Duration::from_secs(90)));
/// let mut headers = HeaderMap::new();
/// report.add_to(&mut headers);
/// assert_eq!(headers["x-ratelimit-limit-tokens"], "1000");
/// assert_eq!(headers["x-ratelimit-remaining-tokens"], "250");
/// assert_eq!(headers["x-ratelimit-reset-tokens"], "1m30s");
/// ```
#[derive(Clone, Default)]
pub struct LimitReport(Arc<Mutex<Vec<LimitState>>>);

/// The beginning of the names of the headers.
const PREFIX: &str = "x-ratelimit-";

impl LimitReport {
    /// Records the state of a limit for the report in the extensions of a request, if there is one.
    pub fn record_in(extensions: &Extensions, state: LimitState) {
        if let Some(report) = extensions.get::<Self>() {
            report.record(state);
        }
    }

    /// Records the state of a limit.
    pub fn record(&self, state: LimitState) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.iter_mut().find(|old| old.resource == state.resource) {
            Some(old) if old.remaining >= state.remaining => *old = state,
            Some(_) => {}
            None => all.push(state),
        }
    }

    /// Adds the headers, in place of those of a provider, which are about the host's own account.
    /// Without any state nothing is changed.
    pub fn add_to(&self, headers: &mut HeaderMap) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.is_empty() {
            return;
        }
        let is_limit = |name: &&HeaderName| name.as_str().starts_with(PREFIX);
        let others: Vec<_> = headers.keys().filter(is_limit).cloned().collect();
        for name in others {
            headers.remove(name);
        }
        for state in all.iter() {
            let amount = |amount| match state.resource {
                LimitedResource::Cost => Money::from_nanos(amount).to_string(),
                LimitedResource::Requests | LimitedResource::Tokens => amount.to_string(),
            };
            for (what, value) in [
                ("limit", amount(state.limit)),
                ("remaining", amount(state.remaining)),
                ("reset", span(state.reset)),
            ] {
                let name = format!("{PREFIX}{what}-{}", state.resource.name());
                if let (Ok(name), Ok(value)) =
                    (HeaderName::try_from(name), HeaderValue::try_from(value))
                {
                    headers.insert(name, value);
                }
            }
        }
    }
}

impl fmt::Debug for LimitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LimitReport")
    }
}

/// Formats a duration as OpenAI's headers do: `340ms`, `6m0s`, `24h0m0s`.
pub(crate) fn span(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        return format!("{}ms", time.as_micros().div_ceil(1_000));
    }
    let seconds = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{seconds}s"),
        (0, _) => format!("{minutes}m{seconds}s"),
        _ => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_written_as_clients_expect() {
        for (milliseconds, shown) in [
            (0, "0ms"),
            (340, "340ms"),
            (1_000, "1s"),
            (1_001, "2s"),
            (360_000, "6m0s"),
            (86_400_000, "24h0m0s"),
        ] {
            assert_eq!(span(Duration::from_millis(milliseconds)), shown);
        }
    }

    #[test]
    fn the_limit_with_the_least_left_is_reported() {
        let report = LimitReport::default();
        for remaining in [7, 3, 5] {
            let state = LimitState::new(LimitedResource::Requests, 10, remaining, Duration::ZERO);
            report.record(state);
        }
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-ratelimit-remaining-project-tokens",
            HeaderValue::from_static("1"),
        );
        report.add_to(&mut headers);
        assert_eq!(headers["x-ratelimit-remaining-requests"], "3");
        assert_eq!(headers.len(), 3, "the provider's own are replaced");
    }

    #[test]
    fn money_is_reported_in_units() {
        let report = LimitReport::default();
        report.record(LimitState::new(
            LimitedResource::Cost,
            2_500_000_000,
            0,
            Duration::ZERO,
        ));
        let mut headers = HeaderMap::new();
        report.add_to(&mut headers);
        assert_eq!(headers["x-ratelimit-limit-cost"], "2.5");
        assert_eq!(headers["x-ratelimit-remaining-cost"], "0");
    }
}
