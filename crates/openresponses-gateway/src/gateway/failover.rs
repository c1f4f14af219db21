//! Which failures are worth another attempt.

use openresponses_tower::{Error, ErrorKind};

/// The policy of a [`Gateway`](super::Gateway) unless it is told otherwise: rate limits, failures of
/// models and servers, connections and timeouts are worth another attempt; what is the request's
/// fault, such as 400, is not, since every provider would say the same.
///
/// ```
/// use openresponses_gateway::worth_another_attempt;
/// use openresponses_tower::Error;
///
/// assert!(worth_another_attempt(&Error::timeout()));
/// assert!(!worth_another_attempt(&Error::invalid_request("input", "Too long.")));
/// ```
#[must_use]
pub fn worth_another_attempt(error: &Error) -> bool {
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
