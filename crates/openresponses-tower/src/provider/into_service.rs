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

/// Turns a provider into a `tower::Service`, so that tower's layers can be applied to it.
///
/// ```
/// # use http::{Request, Response};
/// # use openresponses_tower::provider::{FromService, ProviderService};
/// # use openresponses_tower::{Error, OutputStream, Provider};
/// # use openresponses_types::{Turn, sequence::Delta};
/// fn wrapped(provider: impl Provider) -> impl Provider {
///     // Tower layers go between the two.
///     FromService::new(ProviderService::new(provider))
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
