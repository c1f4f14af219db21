//! Failures that justify another attempt.

use openresponses_tower::{Error, ErrorKind};

/// The default failover policy of a [`Gateway`](super::Gateway): rate limits, failures of models
/// and servers, connection errors and timeouts are retried with another provider; errors of the
/// request, such as 400, are not, since every provider would return them.
///
/// ```
/// use openresponses_gateway::is_retryable;
/// use openresponses_tower::Error;
///
/// assert!(is_retryable(&Error::timeout()));
/// assert!(!is_retryable(&Error::invalid_request("input", "Too long.")));
/// ```
#[must_use]
pub fn is_retryable(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::RateLimited
            | ErrorKind::Model
            | ErrorKind::Server
            | ErrorKind::Upstream
            | ErrorKind::Overloaded
            | ErrorKind::Timeout
    )
}
