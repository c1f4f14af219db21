//! Who may call, decided before a byte of the body is read.

use std::future::{Future, ready};
use std::pin::Pin;

use http::request::Parts;

use crate::error::Error;
use crate::scope::Scope;

/// Decides from a request's head whose request it is, or refuses it.
///
/// The path it sees is the path that is routed. Implemented for functions:
///
/// ```
/// use http::{header::AUTHORIZATION, request::Parts};
/// use openresponses_tower::{Authorize, Error, Scope};
///
/// async fn check(key: Option<String>) -> Result<Scope, Error> {
///     match key.as_deref() {
///         Some("Bearer secret") => Ok(Scope::new("tenant-1")),
///         Some(_) => Err(Error::invalid_api_key()),
///         None => Err(Error::missing_api_key()),
///     }
/// }
///
/// fn hook() -> impl Authorize {
///     |head: &Parts| {
///         let key = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
///         check(key.map(String::from))
///     }
/// }
/// # let _ = hook();
/// ```
pub trait Authorize: Send + Sync + 'static {
    /// Decides.
    ///
    /// # Errors
    /// The refusal, usually [`Error::missing_api_key`] or [`Error::invalid_api_key`].
    fn authorize(&self, head: &Parts) -> impl Future<Output = Result<Scope, Error>> + Send;

    /// Decides, and leaves in the head's extensions what the provider is to know of the caller.
    /// This is what the endpoint calls; it leaves nothing unless it is implemented.
    ///
    /// # Errors
    /// As [`authorize`](Self::authorize).
    fn admit(&self, head: &mut Parts) -> impl Future<Output = Result<Scope, Error>> + Send {
        self.authorize(head)
    }
}

impl<F, Fut> Authorize for F
where
    F: Fn(&Parts) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Scope, Error>> + Send,
{
    fn authorize(&self, head: &Parts) -> impl Future<Output = Result<Scope, Error>> + Send {
        self(head)
    }
}

/// Lets everybody in, as one tenant.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Authorize for AllowAll {
    fn authorize(&self, _: &Parts) -> impl Future<Output = Result<Scope, Error>> + Send {
        ready(Ok(Scope::anonymous()))
    }
}

/// [`Authorize`] behind a pointer.
pub(crate) trait DynAuthorize: Send + Sync {
    fn admit<'a>(
        &'a self,
        head: &'a mut Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Scope, Error>> + Send + 'a>>;
}

impl<A: Authorize> DynAuthorize for A {
    fn admit<'a>(
        &'a self,
        head: &'a mut Parts,
    ) -> Pin<Box<dyn Future<Output = Result<Scope, Error>> + Send + 'a>> {
        Box::pin(Authorize::admit(self, head))
    }
}
