use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::config::Config;
use super::core::Core;
use super::reply::ResponseBody;
use super::route::below;
use crate::error::BoxError;
use crate::provider::Provider;

/// Puts the endpoint in front of a service: `{prefix}/responses` and everything below it is
/// answered, all else passes through untouched.
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
    /// The layer of a provider.
    #[must_use]
    pub fn new(provider: P, config: Config) -> Self {
        Self(Arc::new(Core::new(provider, config)))
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
        OpenResponsesService {
            inner,
            core: Arc::clone(&self.0),
        }
    }
}

/// A service with the endpoint in front of it. Made by [`OpenResponsesLayer`].
pub struct OpenResponsesService<S, P> {
    inner: S,
    core: Arc<Core<P>>,
}

impl<S: Clone, P> Clone for OpenResponsesService<S, P> {
    fn clone(&self) -> Self {
        Self {
            inner: self.inner.clone(),
            core: Arc::clone(&self.core),
        }
    }
}

impl<S: fmt::Debug, P> fmt::Debug for OpenResponsesService<S, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OpenResponsesService")
            .field("inner", &self.inner)
            .field("config", &self.core.config)
            .finish()
    }
}

impl<S, P, B, R> Service<Request<B>> for OpenResponsesService<S, P>
where
    S: Service<Request<B>, Response = Response<R>>,
    P: Provider,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
    R: Body<Data = Bytes>,
{
    type Response = Response<LayerBody<R>>;
    type Error = S::Error;
    type Future = OpenResponsesFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let kind = if below(&self.core.config.prefix, request.uri().path()).is_some() {
            Kind::Endpoint {
                future: Box::pin(Arc::clone(&self.core).answer(request)),
            }
        } else {
            Kind::Inner {
                future: self.inner.call(request),
            }
        };
        OpenResponsesFuture { kind }
    }
}

pin_project! {
    /// The answer of an [`OpenResponsesService`], on its way.
    pub struct OpenResponsesFuture<F> {
        #[pin]
        kind: Kind<F>,
    }
}

pin_project! {
    #[project = KindProjection]
    enum Kind<F> {
        Endpoint { future: Pin<Box<dyn Future<Output = Response<ResponseBody>> + Send>> },
        Inner { #[pin] future: F },
    }
}

impl<F, R, E> Future for OpenResponsesFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<LayerBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(match self.project().kind.project() {
            KindProjection::Endpoint { future } => {
                let answer = ready!(future.as_mut().poll(cx));
                Ok(answer.map(LayerBody::endpoint))
            }
            KindProjection::Inner { future } => {
                ready!(future.poll(cx)).map(|answer| answer.map(LayerBody::inner))
            }
        })
    }
}

impl<F> fmt::Debug for OpenResponsesFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OpenResponsesFuture")
    }
}

pin_project! {
    /// The body of an answer: the endpoint's, or that of the service behind it.
    pub struct LayerBody<R> {
        #[pin]
        kind: BodyKind<R>,
    }
}

pin_project! {
    #[project = BodyKindProjection]
    enum BodyKind<R> {
        Endpoint { #[pin] body: ResponseBody },
        Inner { #[pin] body: R },
    }
}

impl<R> LayerBody<R> {
    /// An answer of a layer's own, such as a refusal: see the conversion of
    /// [`Error`](crate::Error) into a response.
    #[must_use]
    pub fn endpoint(body: ResponseBody) -> Self {
        Self {
            kind: BodyKind::Endpoint { body },
        }
    }

    /// The answer of the service behind a layer.
    #[must_use]
    pub fn inner(body: R) -> Self {
        Self {
            kind: BodyKind::Inner { body },
        }
    }
}

/// Empty, see [`ResponseBody`].
impl<R> Default for LayerBody<R> {
    fn default() -> Self {
        Self::endpoint(ResponseBody::default())
    }
}

impl<R: Body<Data = Bytes>> Body for LayerBody<R> {
    type Data = Bytes;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, R::Error>>> {
        match self.project().kind.project() {
            BodyKindProjection::Endpoint { body } => {
                body.poll_frame(cx).map_err(|never| match never {})
            }
            BodyKindProjection::Inner { body } => body.poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            BodyKind::Endpoint { body } => body.is_end_stream(),
            BodyKind::Inner { body } => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            BodyKind::Endpoint { body } => body.size_hint(),
            BodyKind::Inner { body } => body.size_hint(),
        }
    }
}

impl<R> fmt::Debug for LayerBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LayerBody")
    }
}
