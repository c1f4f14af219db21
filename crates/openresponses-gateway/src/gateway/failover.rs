//! Failures that justify another attempt.

use openresponses_tower::{Error, ErrorKind};

/// Returns true if a [`Gateway`](super::Gateway) tries another provider by default: after rate
/// limits, failures of models and servers, connection errors, timeouts, and for models that the
/// provider does not have. Errors of the request, such as 400, are final, since every provider would
/// return them.
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
    is_failure(error) || is_missing(error)
}

/// Returns true for errors that count against the provider's health.
pub(super) fn is_failure(error: &Error) -> bool {
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

/// Returns true if the provider does not have what was asked for; another one may.
pub(super) fn is_missing(error: &Error) -> bool {
    error.kind() == ErrorKind::NotFound || is_not_offered(error)
}

/// Returns true if the provider does not offer the operation, as opposed to a response.
pub(super) fn is_not_offered(error: &Error) -> bool {
    ["compaction_not_supported", "unsupported_endpoint"].contains(&error.code())
}
