use std::future::Future;
use std::pin::Pin;

use http::request::Parts;
use openresponses_tower::Error;

use super::principal::Principal;

/// Authenticates a request from its head.
///
/// [`Credentials`](super::Credentials) is the ready-made implementation. A host with its own means,
/// such as client certificates, implements the trait for a type or as a function:
///
/// ```
/// use http::request::Parts;
/// use openresponses_gateway::auth::{Auth, Principal};
/// use openresponses_tower::{Error, Scope};
///
/// #[derive(Clone)]
/// struct Certificate { tenant: String }
///
/// async fn check(certificate: Option<Certificate>) -> Result<Principal, Error> {
///     match certificate {
///         Some(certificate) => Ok(Principal::new(Scope::new(&certificate.tenant))),
///         None => Err(Error::permission("no_certificate", "A client certificate is needed.")),
///     }
/// }
/// let auth = Auth::new(|head: &Parts| check(head.extensions.get::<Certificate>().cloned()));
/// # let _ = auth;
/// ```
pub trait Authenticator: Send + Sync + 'static {
    /// Returns the principal of the request.
    ///
    /// # Errors
    /// The refusal: 401 for missing or wrong credentials, 403 for insufficient ones.
    fn authenticate(&self, head: &Parts) -> impl Future<Output = Result<Principal, Error>> + Send;

    /// Permits one message on the WebSocket of a principal, before it is read. Default: every
    /// message is permitted.
    ///
    /// # Errors
    /// The refusal that is sent in place of the turn.
    fn permit_message(&self, principal: &Principal, head: &Parts) -> Result<(), Error> {
        let _ = (principal, head);
        Ok(())
    }
}

impl<F, Fut> Authenticator for F
where
    F: Fn(&Parts) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Principal, Error>> + Send,
{
    fn authenticate(&self, head: &Parts) -> impl Future<Output = Result<Principal, Error>> + Send {
        self(head)
    }
}

/// A pending decision.
pub(super) type Deciding<'a> = Pin<Box<dyn Future<Output = Result<Principal, Error>> + Send + 'a>>;

/// A type-erased [`Authenticator`].
pub(super) trait DynAuthenticator: Send + Sync {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> Deciding<'a>;
    fn permit_message(&self, principal: &Principal, head: &Parts) -> Result<(), Error>;
}

impl<A: Authenticator> DynAuthenticator for A {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> Deciding<'a> {
        Box::pin(Authenticator::authenticate(self, head))
    }

    fn permit_message(&self, principal: &Principal, head: &Parts) -> Result<(), Error> {
        Authenticator::permit_message(self, principal, head)
    }
}
