use std::future::Future;

use openresponses_tower::Error;

use super::authenticator::Deciding;
use super::principal::Principal;

/// Says whose a credential is: a key or a token, without its scheme.
///
/// [`ApiKeys`](super::ApiKeys) knows a list of keys, `Jwt` checks tokens; a host implements this to
/// look keys up elsewhere. Never log the credential.
pub trait Verifier: Send + Sync + 'static {
    /// Decides.
    ///
    /// # Errors
    /// The refusal, usually [`Error::invalid_api_key`].
    fn verify(&self, credential: &str) -> impl Future<Output = Result<Principal, Error>> + Send;
}

/// [`Verifier`] behind a pointer.
pub(super) trait DynVerifier: Send + Sync {
    fn verify<'a>(&'a self, credential: &'a str) -> Deciding<'a>;
}

impl<V: Verifier> DynVerifier for V {
    fn verify<'a>(&'a self, credential: &'a str) -> Deciding<'a> {
        Box::pin(Verifier::verify(self, credential))
    }
}
