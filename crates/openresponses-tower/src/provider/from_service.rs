use std::fmt;
use std::future::{Future, poll_fn};
use std::sync::{Mutex, PoisonError};

use http::{Request, Response};
use openresponses_types::Turn;
use tower_service::Service;

use super::Provider;
use crate::error::{BoxError, Error};
use crate::output::OutputStream;

/// Turns a `tower::Service` into a provider. Each turn gets a clone of the service and waits until
/// the clone is ready; by then the request's body has been read and validated.
///
/// An error that is not an [`Error`] becomes a server error. A service runs turns and nothing else: the
/// provider does not compact, counts no tokens, and admits every turn that generates nothing. For layers
/// around a provider use [`layered`](super::layered()), which keeps these.
///
/// ```
/// use http::{Request, Response};
/// use openresponses_tower::provider::FromService;
/// use openresponses_tower::{Config, Error, OpenResponses, OutputStream};
/// use openresponses_types::Turn;
/// use openresponses_types::sequence::Delta;
///
/// let service = tower::service_fn(|_: Request<Turn>| async {
///     let answer = OutputStream::from_deltas([Delta::text("Hi"), Delta::complete()]);
///     Ok::<_, Error>(Response::new(answer))
/// });
/// let endpoint = OpenResponses::new(FromService::new(service), Config::new());
/// # let _ = endpoint;
/// ```
pub struct FromService<S>(
    // Only cloned, so the service need not be `Sync`.
    Mutex<S>,
);

impl<S> FromService<S> {
    /// Creates the provider.
    #[must_use]
    pub fn new(service: S) -> Self {
        Self(Mutex::new(service))
    }
}

impl<S> Provider for FromService<S>
where
    S: Service<Request<Turn>, Response = Response<OutputStream>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn respond(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<OutputStream>, Error>> + Send {
        let mut service = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        async move {
            let ready = poll_fn(|cx| service.poll_ready(cx)).await;
            ready.map_err(Error::from_boxed)?;
            let called = service.call(turn).await;
            called.map_err(Error::from_boxed)
        }
    }
}

impl<S> fmt::Debug for FromService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FromService")
    }
}
