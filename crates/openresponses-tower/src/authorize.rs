//! Authorization from a request's head, before its body is read.

use std::fmt;
use std::future::{Future, ready};
use std::pin::Pin;

use http::Extensions;
use http::request::Parts;

use crate::error::Error;
use crate::guard;
use crate::scope::Scope;

/// Authorizes a request by its head, or refuses it.
///
/// The path in the head is the path that is routed. The trait is implemented for functions that
/// return a [`Scope`] or, when providers need more about the caller, an [`Authorized`]:
///
/// ```
/// use http::{header::AUTHORIZATION, request::Parts};
/// use openresponses_tower::authorize::Authorize;
/// use openresponses_tower::{Error, Scope};
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
    /// Authorizes the request with this head.
    ///
    /// # Errors
    /// The refusal that is sent, usually [`Error::missing_api_key`] or [`Error::invalid_api_key`].
    fn authorize(&self, head: &Parts) -> impl Future<Output = Result<Authorized, Error>> + Send;

    /// Authorizes one message on a WebSocket, before it is read. `head` is that of the handshake,
    /// with the extensions of its [`Authorized`]. Limits of rates belong here, since a connection
    /// is authorized once. Default: every message is accepted.
    ///
    /// # Errors
    /// The refusal that is sent in place of the turn.
    fn authorize_message(&self, head: &Parts) -> impl Future<Output = Result<(), Error>> + Send {
        let _ = head;
        ready(Ok(()))
    }

    /// Returns what [`restore`](Self::restore) needs to make the caller of this request again. It is
    /// stored with a background response that can be
    /// [restarted](crate::store::InterruptedAction::Restart), while that is unfinished, so it must not
    /// contain credentials. `head` has the extensions of its [`Authorized`]. Default: nothing.
    fn remember(&self, head: &Parts) -> Option<String> {
        let _ = head;
        None
    }

    /// Returns the caller of a background response that is run again: its scope, and what
    /// [`remember`](Self::remember) returned. Default: the scope, without values for providers.
    ///
    /// # Errors
    /// The reason for which the response ends as failed, such as a key that was revoked.
    fn restore(
        &self,
        scope: &Scope,
        caller: Option<&str>,
    ) -> impl Future<Output = Result<Authorized, Error>> + Send {
        let _ = caller;
        ready(Ok(Authorized::new(scope.clone())))
    }
}

/// An authorized caller: the tenant, and values for the provider.
///
/// ```
/// use openresponses_tower::authorize::Authorized;
/// use openresponses_tower::Scope;
///
/// #[derive(Clone)]
/// struct Plan(&'static str);
///
/// // The provider finds both in the extensions of its request.
/// let authorized = Authorized::new(Scope::new("tenant-1")).with_extension(Plan("gold"));
/// assert_eq!(authorized.scope().as_str(), "tenant-1");
/// ```
#[derive(Clone)]
pub struct Authorized {
    scope: Scope,
    extensions: Extensions,
}

impl Authorized {
    /// Creates a caller of a tenant.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            extensions: Extensions::new(),
        }
    }

    /// Adds a value to the extensions of the provider's request, over HTTP and, for every turn,
    /// over a WebSocket.
    #[must_use]
    pub fn with_extension<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// Returns the tenant.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Adds the scope and the values to the extensions of a request.
    pub(crate) fn enter(self, extensions: &mut Extensions) {
        extensions.extend(self.extensions);
        extensions.insert(self.scope);
    }
}

impl From<Scope> for Authorized {
    fn from(scope: Scope) -> Self {
        Self::new(scope)
    }
}

/// Values may be personal, so none is printed.
impl fmt::Debug for Authorized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorized")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

impl<F, Fut, T> Authorize for F
where
    F: Fn(&Parts) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<T, Error>> + Send,
    T: Into<Authorized>,
{
    async fn authorize(&self, head: &Parts) -> Result<Authorized, Error> {
        self(head).await.map(Into::into)
    }
}

/// Accepts every request: as the tenant whose [`Scope`] an outer layer put into the request's
/// extensions, and as one anonymous tenant without it.
///
/// ```
/// use openresponses_tower::Scope;
/// use openresponses_tower::authorize::{AllowAll, Authorize};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), openresponses_tower::Error> {
/// let (head, ()) = http::Request::new(()).into_parts();
/// let authorized = AllowAll.authorize(&head).await?;
/// assert_eq!(*authorized.scope(), Scope::anonymous());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct AllowAll;

impl Authorize for AllowAll {
    fn authorize(&self, head: &Parts) -> impl Future<Output = Result<Authorized, Error>> + Send {
        let scope = head.extensions.get().cloned();
        ready(Ok(scope.unwrap_or_else(Scope::anonymous).into()))
    }
}

/// A pending decision.
type Deciding<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// [`Authorize`] behind a pointer.
pub(crate) trait DynAuthorize: Send + Sync {
    fn authorize<'a>(&'a self, head: &'a Parts) -> Deciding<'a, Authorized>;
    #[cfg_attr(not(feature = "ws"), expect(dead_code, reason = "only WebSockets"))]
    fn authorize_message<'a>(&'a self, head: &'a Parts) -> Deciding<'a, ()>;
    fn remember(&self, head: &Parts) -> Option<String>;
    fn restore<'a>(&'a self, scope: &'a Scope, caller: Option<&'a str>)
    -> Deciding<'a, Authorized>;
}

impl<A: Authorize> DynAuthorize for A {
    fn authorize<'a>(&'a self, head: &'a Parts) -> Deciding<'a, Authorized> {
        Box::pin(Authorize::authorize(self, head))
    }

    fn authorize_message<'a>(&'a self, head: &'a Parts) -> Deciding<'a, ()> {
        Box::pin(Authorize::authorize_message(self, head))
    }

    fn remember(&self, head: &Parts) -> Option<String> {
        Authorize::remember(self, head)
    }

    fn restore<'a>(
        &'a self,
        scope: &'a Scope,
        caller: Option<&'a str>,
    ) -> Deciding<'a, Authorized> {
        Box::pin(Authorize::restore(self, scope, caller))
    }
}

/// Authorizes a request.
pub(crate) async fn request(hook: &dyn DynAuthorize, head: &Parts) -> Result<Authorized, Error> {
    decided(|| hook.authorize(head)).await
}

/// Authorizes a message on a WebSocket.
#[cfg(feature = "ws")]
pub(crate) async fn message(hook: &dyn DynAuthorize, head: &Parts) -> Result<(), Error> {
    decided(|| hook.authorize_message(head)).await
}

/// Returns what is stored of a caller.
pub(crate) fn remember(hook: &dyn DynAuthorize, head: &Parts) -> Result<Option<String>, Error> {
    guard::call(|| hook.remember(head))
}

/// Makes a caller again.
pub(crate) async fn restore(
    hook: &dyn DynAuthorize,
    scope: &Scope,
    caller: Option<&str>,
) -> Result<Authorized, Error> {
    decided(|| hook.restore(scope, caller)).await
}

/// Awaits the host's decision. Its panic and its silence are faults of the server.
async fn decided<'a, T>(decide: impl FnOnce() -> Deciding<'a, T>) -> Result<T, Error> {
    guard::decided(guard::call(decide)?).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Debug, PartialEq)]
    struct Plan(&'static str);

    fn head() -> Parts {
        http::Request::new(()).into_parts().0
    }

    /// Refuses every message, and remembers its callers by their plan.
    struct Hook;

    impl Authorize for Hook {
        async fn authorize(&self, _: &Parts) -> Result<Authorized, Error> {
            Ok(Authorized::new(Scope::new("acme")).with_extension(Plan("gold")))
        }

        async fn authorize_message(&self, _: &Parts) -> Result<(), Error> {
            Err(Error::permission("no_message", "No message is accepted."))
        }

        fn remember(&self, head: &Parts) -> Option<String> {
            head.extensions.get().map(|Plan(plan)| (*plan).into())
        }

        async fn restore(&self, _: &Scope, caller: Option<&str>) -> Result<Authorized, Error> {
            Err(Error::permission(
                caller.unwrap_or("nothing").to_owned(),
                "The key was revoked.",
            ))
        }
    }

    #[tokio::test]
    async fn every_decision_of_a_hook_is_its_own() {
        let mut head = head();
        let authorized = request(&Hook, &head).await.ok().unwrap();
        authorized.enter(&mut head.extensions);
        assert_eq!(head.extensions.get(), Some(&Scope::new("acme")));
        assert_eq!(head.extensions.get(), Some(&Plan("gold")));
        assert_eq!(
            remember(&Hook, &head).ok().unwrap().as_deref(),
            Some("gold")
        );
        let restored = restore(&Hook, &Scope::new("acme"), Some("gold")).await;
        assert_eq!(restored.err().unwrap().code(), "gold");
        #[cfg(feature = "ws")]
        assert_eq!(
            message(&Hook, &head).await.err().unwrap().code(),
            "no_message"
        );
    }

    #[tokio::test]
    async fn by_default_messages_are_accepted_and_nothing_is_remembered() {
        let mut head = head();
        head.extensions.insert(Scope::new("acme"));
        head.extensions.insert(Plan("gold"));
        let hook = AllowAll;
        assert_eq!(remember(&hook, &head).ok().unwrap(), None);
        let restored = restore(&hook, &Scope::new("acme"), None).await;
        let mut extensions = Extensions::new();
        restored.ok().unwrap().enter(&mut extensions);
        assert_eq!(extensions.get(), Some(&Scope::new("acme")));
        assert_eq!(extensions.len(), 1);
        #[cfg(feature = "ws")]
        assert!(message(&hook, &head).await.is_ok());
    }
}
