use std::future::Future;

use openresponses_tower::Error;

use super::authenticator::Deciding;
use super::principal::Principal;

/// Verifies a credential: a key or a token, without its scheme.
///
/// [`ApiKeys`](super::ApiKeys) verifies a list of keys, `Jwt` verifies tokens; a host implements
/// this to look up keys elsewhere. Implementations must not log the credential.
///
/// ```
/// use openresponses_gateway::auth::{Auth, Credentials, Principal, Verifier};
/// use openresponses_tower::{Error, Scope};
///
/// /// Keys that are looked up elsewhere.
/// struct Directory;
///
/// impl Verifier for Directory {
///     async fn verify(&self, credential: &str) -> Result<Principal, Error> {
///         match credential.strip_prefix("sk-") {
///             Some(tenant) => Ok(Principal::new(Scope::new(tenant))),
///             None => Err(Error::invalid_api_key()),
///         }
///     }
/// }
///
/// let auth = Auth::new(Credentials::new().api_keys(Directory));
/// # let _ = auth;
/// ```
pub trait Verifier: Send + Sync + 'static {
    /// Returns the principal of the credential.
    ///
    /// # Errors
    /// Returns the refusal, usually [`Error::invalid_api_key`].
    fn verify(&self, credential: &str) -> impl Future<Output = Result<Principal, Error>> + Send;
}

/// A type-erased [`Verifier`].
pub(super) trait DynVerifier: Send + Sync {
    fn verify<'a>(&'a self, credential: &'a str) -> Deciding<'a>;
}

impl<V: Verifier> DynVerifier for V {
    fn verify<'a>(&'a self, credential: &'a str) -> Deciding<'a> {
        Box::pin(Verifier::verify(self, credential))
    }
}
