use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use openresponses_tower::authorize::{Authorize, Authorized};
use openresponses_tower::{Error, Scope, guard};

use super::authenticator::{Authenticator, DynAuthenticator};
use super::principal::Principal;
use super::rate_limit::RateLimit;

/// Applies an [`Authenticator`] to the endpoint and to other routes, see the [module](super).
///
/// Puts the [`Principal`] into the request's extensions for providers and inner services. An
/// endpoint behind the layer with the same value reuses the layer's decision.
///
/// ```
/// use openresponses_gateway::auth::{ApiKeys, Auth, Credentials};
/// use openresponses_tower::Config;
///
/// let keys = ApiKeys::new().key("acme", "sk-acme")?;
/// let config = Config::new().authorize(Auth::new(Credentials::new().api_keys(keys)));
/// # let _ = config;
/// # Ok::<(), openresponses_gateway::auth::InvalidKey>(())
/// ```
#[derive(Clone)]
pub struct Auth(Arc<dyn DynAuthenticator>);

/// The principal that the layer of an [`Auth`] found, and the identity of that `Auth`.
#[derive(Clone)]
struct Found(Arc<dyn DynAuthenticator>, Principal);

impl Auth {
    /// Creates a hook and layer from an authenticator.
    #[must_use]
    pub fn new(authenticator: impl Authenticator) -> Self {
        Self(Arc::new(authenticator))
    }

    /// Adds a check that runs after authentication, and once more for each message on a WebSocket,
    /// before it is read.
    ///
    /// ```
    /// use openresponses_gateway::auth::{Auth, Credentials};
    /// use openresponses_tower::Error;
    ///
    /// let auth = Auth::new(Credentials::new()).permit(|principal, _| match principal.get("plan") {
    ///     Some(_) => Ok(()),
    ///     None => Err(Error::permission("no_plan", "This account has no plan.")),
    /// });
    /// # let _ = auth;
    /// ```
    #[must_use]
    pub fn permit(
        self,
        permit: impl Fn(&Principal, &Parts) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Permitted { auth: self, permit })
    }

    /// Limits the requests of each tenant. A request that passes this as a layer and at the
    /// endpoint counts once. A WebSocket counts once and so does, with this as the endpoint's hook,
    /// each of its messages.
    #[must_use]
    pub fn rate_limit(self, limit: RateLimit) -> Self {
        self.permit(move |principal, head| limit.take_for(principal.scope(), head))
    }

    /// Authenticates a request by its head.
    ///
    /// # Errors
    /// The refusal.
    pub async fn principal(&self, head: &Parts) -> Result<Principal, Error> {
        if let Some(Found(by, principal)) = head.extensions.get()
            && Arc::ptr_eq(by, &self.0)
        {
            return Ok(principal.clone());
        }
        self.0.authenticate(head).await
    }

    /// Authenticates the request and stores the decision in its head.
    pub(crate) async fn leave_principal(&self, head: &mut Parts) -> Result<Principal, Error> {
        let principal = guard::decided(self.principal(head)).await?;
        let found = Found(Arc::clone(&self.0), principal.clone());
        head.extensions.insert(found);
        head.extensions.insert(principal.scope().clone());
        head.extensions.insert(principal.clone());
        Ok(principal)
    }
}

/// What is stored of the caller of a background response: attributes, id and name of the key.
type Remembered = (BTreeMap<String, String>, Option<String>, Option<String>);

impl Authorize for Auth {
    async fn authorize(&self, head: &Parts) -> Result<Authorized, Error> {
        Ok(self.principal(head).await?.into())
    }

    async fn authorize_message(&self, head: &Parts) -> Result<(), Error> {
        let principal = Principal::from_extensions(&head.extensions);
        DynAuthenticator::permit_message(&*self.0, &principal, head)
    }

    /// Returns the attributes of the principal and the id and name of its key, as JSON.
    fn remember(&self, head: &Parts) -> Option<String> {
        let principal = Principal::from_extensions(&head.extensions);
        let attributes: BTreeMap<&str, &str> = principal.attributes().collect();
        serde_json::to_string(&(attributes, principal.key_id(), principal.key_name())).ok()
    }

    /// Returns the principal with its attributes. Its credentials are not verified again, and its
    /// request was counted when it was made.
    async fn restore(&self, scope: &Scope, caller: Option<&str>) -> Result<Authorized, Error> {
        let stored = caller.map(serde_json::from_str::<Remembered>);
        let Some(Ok((attributes, key_id, key_name))) = stored else {
            return Err(Error::server("what was stored of a caller cannot be read"));
        };
        let principal = Principal::new(scope.clone());
        let principal = match key_id {
            Some(id) => principal.with_key_id(id),
            None => principal,
        };
        let principal = match key_name {
            Some(name) => principal.with_key_name(name),
            None => principal,
        };
        let add = |principal: Principal, (name, value)| principal.attribute(name, value);
        Ok(attributes.into_iter().fold(principal, add).into())
    }
}

impl fmt::Debug for Auth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Auth")
    }
}

struct Permitted<F> {
    auth: Auth,
    permit: F,
}

impl<F> Authenticator for Permitted<F>
where
    F: Fn(&Principal, &Parts) -> Result<(), Error> + Send + Sync + 'static,
{
    async fn authenticate(&self, head: &Parts) -> Result<Principal, Error> {
        let principal = self.auth.principal(head).await?;
        (self.permit)(&principal, head)?;
        Ok(principal)
    }

    fn permit_message(&self, principal: &Principal, head: &Parts) -> Result<(), Error> {
        DynAuthenticator::permit_message(&*self.auth.0, principal, head)?;
        (self.permit)(principal, head)
    }
}
