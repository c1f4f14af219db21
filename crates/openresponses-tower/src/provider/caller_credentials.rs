use crate::error::{Error, ErrorKind};

/// Marks the response of a provider that used the caller's own credentials, as an extension of the
/// response.
///
/// Refusals of the caller's account say nothing about the provider: a gateway does not count them
/// against its health. An error that is returned in place of a response is marked with
/// [`Error::of_caller`].
///
/// ```
/// use openresponses_tower::provider::CallerCredentials;
/// use openresponses_tower::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::Upstream, "upstream_authentication", "The key is not valid.");
/// assert!(CallerCredentials::explain(&error));
/// assert!(!CallerCredentials::explain(&Error::timeout()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallerCredentials;

/// The codes of refusals of an account, beside rate limits.
const OF_ACCOUNT: [&str; 4] = [
    "insufficient_quota",
    "upstream_authentication",
    "upstream_billing",
    "upstream_permission",
];

impl CallerCredentials {
    /// Returns true for an error that is about an account: a rate limit, a key that is refused, a
    /// missing permission or payment.
    #[must_use]
    pub fn explain(error: &Error) -> bool {
        error.kind() == ErrorKind::RateLimited || OF_ACCOUNT.contains(&error.code())
    }
}
