use std::fmt;
use std::future::Future;

use http::request::Parts;
use http::{Request, Response};
use openresponses_types::Turn;
use openresponses_types::normalize::ContextWindow;
use tower_layer::Layer;
use tower_service::Service;

use super::{CompactedWindow, FromService, Provider, ProviderService};
use crate::error::{BoxError, Error};
use crate::output::OutputStream;

/// Applies a tower layer, or a `ServiceBuilder` of several, to the turns of a provider.
///
/// Compactions, counts of input tokens and the admission of turns that generate nothing go to the
/// provider itself, past the layer.
///
/// ```
/// use std::time::Duration;
/// use openresponses_tower::layers::{PrimeLayer, StreamTimeoutLayer};
/// use openresponses_tower::provider::layered;
/// use openresponses_tower::Provider;
/// use tower::ServiceBuilder;
///
/// fn guarded(provider: impl Provider) -> impl Provider {
///     let layers = ServiceBuilder::new()
///         .layer(StreamTimeoutLayer::new().first_output(Duration::from_secs(60)))
///         .layer(PrimeLayer::new());
///     layered(provider, layers)
/// }
/// ```
#[must_use]
pub fn layered<P, L>(provider: P, layer: L) -> Layered<P, L::Service>
where
    P: Provider,
    L: Layer<ProviderService<P>>,
{
    let inner = ProviderService::new(provider);
    Layered {
        outer: FromService::new(layer.layer(inner.clone())),
        inner,
    }
}

/// A provider with a tower layer around its turns. Created by [`layered`].
///
/// ```
/// use openresponses_tower::layers::{Prime, PrimeLayer};
/// use openresponses_tower::provider::{Layered, ProviderService, layered};
/// use openresponses_tower::Provider;
///
/// fn primed<P: Provider>(provider: P) -> Layered<P, Prime<ProviderService<P>>> {
///     layered(provider, PrimeLayer::new())
/// }
/// ```
pub struct Layered<P, S> {
    outer: FromService<S>,
    inner: ProviderService<P>,
}

impl<P, S> Provider for Layered<P, S>
where
    P: Provider,
    S: Service<Request<Turn>, Response = Response<OutputStream>> + Clone + Send + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
{
    fn respond(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<OutputStream>, Error>> + Send {
        self.outer.respond(turn)
    }

    fn warm_up(&self, head: &Parts) -> Result<(), Error> {
        self.inner.provider().warm_up(head)
    }

    fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> impl Future<Output = Result<Response<CompactedWindow>, Error>> + Send {
        self.inner.provider().compact(window)
    }

    fn count_input_tokens(
        &self,
        turn: Request<Turn>,
    ) -> impl Future<Output = Result<Response<u64>, Error>> + Send {
        self.inner.provider().count_input_tokens(turn)
    }
}

impl<P, S> fmt::Debug for Layered<P, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Layered")
    }
}
