use std::fmt;
use std::sync::Arc;

use tower_layer::Layer;

use crate::config::Config;
use crate::endpoint::Core;
use crate::provider::Provider;
use crate::service::OpenResponsesService;

/// Mounts the endpoint in front of a service: answers `{prefix}/responses` and everything below it,
/// and passes other requests through unchanged.
///
/// ```
/// # use http::{Request, Response};
/// # use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Provider};
/// # use openresponses_types::{Turn, sequence::Delta};
/// # struct Echo;
/// # impl Provider for Echo {
/// #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
/// #         Ok(Response::new(OutputStream::from_deltas([Delta::text("Hi"), Delta::complete()])))
/// #     }
/// # }
/// use axum::{Router, routing::get};
///
/// let app: Router = Router::new()
///     .route("/", get(|| async { "my own service" }))
///     .layer(OpenResponsesLayer::new(Echo, Config::new()));
/// # let _ = app;
/// ```
pub struct OpenResponsesLayer<P>(Arc<Core<P>>);

impl<P: Provider> OpenResponsesLayer<P> {
    /// Creates the layer.
    #[must_use]
    pub fn new(provider: P, config: Config) -> Self {
        Self(Arc::new(Core::new(provider, config)))
    }

    /// Starts to look for interrupted background responses, as
    /// [`OpenResponses::watch_background`](crate::OpenResponses::watch_background) does.
    pub fn watch_background(&self) {
        self.0.watch_background();
    }
}

impl<P> Clone for OpenResponsesLayer<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P> fmt::Debug for OpenResponsesLayer<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenResponsesLayer")
            .field(&self.0.config)
            .finish()
    }
}

impl<S, P> Layer<S> for OpenResponsesLayer<P> {
    type Service = OpenResponsesService<S, P>;

    fn layer(&self, inner: S) -> Self::Service {
        OpenResponsesService::new(inner, Arc::clone(&self.0))
    }
}
