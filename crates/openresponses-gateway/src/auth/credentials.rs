use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use openresponses_tower::Error;

use super::authenticator::Authenticator;
use super::extract::{Credential, extract};
use super::principal::Principal;
use super::verifier::{DynVerifier, Verifier};

/// Authenticates by the API key or token in a request's headers. A key takes precedence over a
/// token, even if it is invalid; see the [module](super) for the rules.
///
/// Credentials without a verifier are refused with 401: `Credentials::new()` accepts nothing.
///
/// ```
/// use openresponses_gateway::auth::{ApiKeys, Auth, Credentials};
///
/// let keys = ApiKeys::new().key("acme", "sk-acme")?;
/// let auth = Auth::new(Credentials::new().api_keys(keys));
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn ask(auth: Auth) {
/// let request = http::Request::get("/").header("authorization", "Bearer sk-acme");
/// let (head, ()) = request.body(()).unwrap().into_parts();
/// assert_eq!(auth.principal(&head).await.unwrap().scope().as_str(), "acme");
/// # }
/// # ask(auth);
/// # Ok::<(), openresponses_gateway::auth::InvalidKey>(())
/// ```
#[derive(Clone, Default)]
pub struct Credentials {
    api_keys: Option<Arc<dyn DynVerifier>>,
    tokens: Option<Arc<dyn DynVerifier>>,
}

impl Credentials {
    /// Creates an authenticator that accepts nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Accepts API keys.
    #[must_use]
    pub fn api_keys(mut self, verifier: impl Verifier) -> Self {
        self.api_keys = Some(Arc::new(verifier));
        self
    }

    /// Accepts tokens: bearers in JWT form. Without this they are treated as API keys.
    #[must_use]
    pub fn tokens(mut self, verifier: impl Verifier) -> Self {
        self.tokens = Some(Arc::new(verifier));
        self
    }
}

impl Authenticator for Credentials {
    async fn authenticate(&self, head: &Parts) -> Result<Principal, Error> {
        let (verifier, secret) = match extract(head, self.tokens.is_some())? {
            Credential::ApiKey(key) => (&self.api_keys, key),
            Credential::Token(token) => (&self.tokens, token),
        };
        match verifier {
            Some(verifier) => verifier.verify(secret).await,
            None => Err(Error::invalid_api_key()),
        }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("api_keys", &self.api_keys.is_some())
            .field("tokens", &self.tokens.is_some())
            .finish()
    }
}
