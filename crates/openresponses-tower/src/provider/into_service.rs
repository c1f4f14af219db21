use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response};
use openresponses_types::Turn;
use tower_service::Service;

use super::Provider;
use crate::error::Error;
use crate::output::OutputStream;

/// The turns of a provider as a `tower::Service`, for tower's layers. [`layered`](super::layered())
/// applies them, and keeps what else the provider does.
///
/// ```
/// use openresponses_tower::Provider;
/// use openresponses_tower::layers::{Prime, PrimeLayer};
/// use openresponses_tower::provider::ProviderService;
/// use tower::Layer;
///
/// fn primed<P: Provider>(provider: P) -> Prime<ProviderService<P>> {
///     PrimeLayer::new().layer(ProviderService::new(provider))
/// }
/// ```
#[derive(Debug)]
pub struct ProviderService<P>(Arc<P>);

impl<P> ProviderService<P> {
    /// Creates the service.
    #[must_use]
    pub fn new(provider: P) -> Self {
        Self(Arc::new(provider))
    }

    pub(super) fn provider(&self) -> &P {
        &self.0
    }
}

impl<P> Clone for ProviderService<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P: Provider> Service<Request<Turn>> for ProviderService<P> {
    type Response = Response<OutputStream>;
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, turn: Request<Turn>) -> Self::Future {
        let provider = Arc::clone(&self.0);
        Box::pin(async move { provider.respond(turn).await })
    }
}
