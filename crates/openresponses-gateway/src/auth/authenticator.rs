use std::future::Future;
use std::pin::Pin;

use http::request::Parts;
use openresponses_tower::Error;

use super::principal::Principal;

/// Makes a [`Principal`] of a request's head, or refuses it.
///
/// [`Credentials`](super::Credentials) is the ready-made one. A host with ways of its own, such as
/// client certificates, implements this, for a type or as a function:
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
    /// Decides.
    ///
    /// # Errors
    /// The refusal: 401 for no or wrong credentials, 403 for right ones that do not suffice.
    fn authenticate(&self, head: &Parts) -> impl Future<Output = Result<Principal, Error>> + Send;
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

/// A decision on its way.
pub(super) type Deciding<'a> = Pin<Box<dyn Future<Output = Result<Principal, Error>> + Send + 'a>>;

/// [`Authenticator`] behind a pointer.
pub(super) trait DynAuthenticator: Send + Sync {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> Deciding<'a>;
}

impl<A: Authenticator> DynAuthenticator for A {
    fn authenticate<'a>(&'a self, head: &'a Parts) -> Deciding<'a> {
        Box::pin(Authenticator::authenticate(self, head))
    }
}
