use std::fmt;
use std::sync::Arc;

use http::request::Parts;
use openresponses_tower::{Authorize, Authorized, Error};

use super::authenticator::{Authenticator, DynAuthenticator};
use super::principal::Principal;
use super::rate_limit::RateLimit;

/// An [`Authenticator`] for the endpoint and for every other route, see the [module](super).
///
/// Either way it puts the [`Principal`] into the request's extensions, where providers and services
/// behind it find it; an endpoint behind the layer, configured with the same value, takes that
/// decision over instead of making it again.
#[derive(Clone)]
pub struct Auth(Arc<dyn DynAuthenticator>);

/// The principal that the layer of one [`Auth`] found, and which one it was.
#[derive(Clone)]
struct Found(Arc<dyn DynAuthenticator>, Principal);

impl Auth {
    /// Decides with an authenticator.
    #[must_use]
    pub fn new(authenticator: impl Authenticator) -> Self {
        Self(Arc::new(authenticator))
    }

    /// Asks `permit` as well, once it is known who calls.
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

    /// Limits how many requests each tenant may make. A request that goes through this as a layer
    /// and at the endpoint counts once, and so does a WebSocket: its turns are counted by
    /// [`Gateway::rate_limit`](crate::Gateway::rate_limit).
    #[must_use]
    pub fn rate_limit(self, limit: RateLimit) -> Self {
        self.permit(move |principal, _| limit.take(principal.scope()))
    }

    /// Decides.
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

    /// Decides, and leaves the decision in the head.
    pub(crate) async fn leave_principal(&self, head: &mut Parts) -> Result<Principal, Error> {
        let principal = self.principal(head).await?;
        let found = Found(Arc::clone(&self.0), principal.clone());
        head.extensions.insert(found);
        head.extensions.insert(principal.scope().clone());
        head.extensions.insert(principal.clone());
        Ok(principal)
    }
}

impl Authorize for Auth {
    async fn authorize(&self, head: &Parts) -> Result<Authorized, Error> {
        Ok(self.principal(head).await?.into())
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
}
