//! Which failures are worth another attempt.

use openresponses_tower::{Error, ErrorKind};

/// The policy of a [`Gateway`](super::Gateway) unless it is told otherwise: rate limits, failures of
/// models and servers, connections and timeouts are worth another attempt; what is the request's
/// fault, such as 400, is not, since every provider would say the same.
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
