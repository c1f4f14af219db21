//! The endpoint as a `tower::Service`: by itself, or in front of another service.

use std::convert::Infallible;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use crate::config::Config;
use crate::endpoint::Core;
use crate::error::{BoxError, Error};
use crate::provider::Provider;
use crate::scope::Scope;

pub use crate::body::LayerBody;
pub use crate::endpoint::{ResponseBody, answer_unread};
pub use crate::future::OpenResponsesFuture;
pub use crate::hop_by_hop::HOP_BY_HOP;
pub use crate::prefix::Prefix;
pub use crate::turn::Task;

/// The endpoint as a standalone service. Other paths are answered with 404 in the protocol's error
/// envelope.
///
/// ```
/// # use http::{Request, Response};
/// # use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
/// # use openresponses_types::{Turn, sequence::Delta};
/// # struct Echo;
/// # impl Provider for Echo {
/// #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
/// #         Ok(Response::new(OutputStream::from_deltas([Delta::text("Hi"), Delta::complete()])))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// use http_body_util::BodyExt;
/// use tower::ServiceExt;
///
/// let service = OpenResponses::new(Echo, Config::new());
/// let request = Request::post("/v1/responses")
///     .header("content-type", "application/json")
///     .body(String::from(r#"{"model":"m","input":"Hello"}"#))
///     .unwrap();
/// let answer = service.clone().oneshot(request).await.unwrap();
/// assert_eq!(answer.status(), 200);
///
/// let refused = service.oneshot(Request::get("/v1/nothing").body(String::new()).unwrap()).await.unwrap();
/// assert_eq!(refused.status(), 404);
/// let body = refused.into_body().collect().await.unwrap().to_bytes();
/// assert!(body.starts_with(br#"{"error":{"message":"Unknown request URL"#));
/// # }
/// ```
pub struct OpenResponses<P>(Arc<Core<P>>);

impl<P: Provider> OpenResponses<P> {
    /// Creates the endpoint.
    #[must_use]
    pub fn new(provider: P, config: Config) -> Self {
        Self(Arc::new(Core::new(provider, config)))
    }

    /// Starts to look for [interrupted](Config::interrupted) background responses in the store, which
    /// otherwise begins with the first request. Has no effect without a store and
    /// [`Config::background`], or when called again. The function that spawns may need a runtime.
    pub fn watch_background(&self) {
        self.0.watch_background();
    }

    /// Deletes everything that a tenant has stored, and stops its background responses, for requests
    /// under data-protection law. Returns the number of responses. Responses to requests in progress
    /// are saved at their end: revoke the tenant's keys first.
    ///
    /// # Errors
    /// The store failed, and something may be left. It can be called again.
    pub async fn delete_scope(&self, scope: &Scope) -> Result<u64, Error> {
        self.0.delete_scope(scope).await
    }

    /// Returns one stored response with the conversation that led to it, as a JSON document with
    /// `response`, `input` (all items that the model read, earlier turns first) and `own_input` (the
    /// index of the first item of `input` that this turn added). Items that clients do not see, such
    /// as calls of the server's own tools, are included: they are in `input`, and where the response
    /// has some, `output` repeats its output with them. Returns `None` for an unknown id.
    ///
    /// # Errors
    /// When the store cannot tell, or the tenant's [`Bounds`](crate::bounds::Bounds) have no room for it.
    pub async fn export(&self, scope: &Scope, id: &str) -> Result<Option<String>, Error> {
        self.0.export(scope, id).await
    }

    /// Reads the body of a request for a path of the host's own, and returns what `work` makes of it.
    ///
    /// The limits are those of the endpoint: a body has the same [time](Config::body_timeout), and the
    /// request and its body count for the tenant's [`Bounds`](crate::bounds::Bounds) until `work` ends.
    /// That runs beside the threads that serve connections if the body is larger than 64 KiB.
    /// [`answer_unread`] completes the answer.
    ///
    /// ```
    /// # use http::{Request, Response};
    /// # use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider, Scope};
    /// # use openresponses_types::{Turn, sequence::Delta};
    /// # struct Echo;
    /// # impl Provider for Echo {
    /// #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
    /// #         Ok(Response::new(OutputStream::from_deltas([Delta::text("Hi"), Delta::complete()])))
    /// #     }
    /// # }
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let service = OpenResponses::new(Echo, Config::new());
    /// let (tenant, body) = (Scope::new("acme"), String::from("one\ntwo"));
    /// let lines = |text: &[u8]| text.split(|byte| *byte == b'\n').count();
    /// assert_eq!(service.with_body(&tenant, body, 1024, lines).await.ok(), Some(2));
    /// # }
    /// ```
    ///
    /// # Errors
    /// The refusal of a body of more than `limit` bytes (413), one that takes too long (408), fails (400)
    /// or is beyond the bounds (429 and 503), and of any at the end of a shutdown (503). A panic of
    /// `work` is 500.
    pub async fn with_body<B, T, F>(
        &self,
        scope: &Scope,
        body: B,
        limit: u64,
        work: F,
    ) -> Result<T, Error>
    where
        B: Body,
        B::Error: Into<BoxError>,
        T: Send + 'static,
        F: FnOnce(&[u8]) -> T + Send + 'static,
    {
        self.0.with_body(scope, body, limit, work).await
    }
}

impl<P> Clone for OpenResponses<P> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<P> fmt::Debug for OpenResponses<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OpenResponses")
            .field(&self.0.config)
            .finish()
    }
}

impl<P, B> Service<Request<B>> for OpenResponses<P>
where
    P: Provider,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    /// Always ready: the provider's readiness is awaited after the body was read, so that a slow
    /// upload does not hold a permit.
    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // Other paths are answered as well, with 404.
        let _ = self.0.answers(request.uri().path());
        Box::pin(Arc::clone(&self.0).answer(request, Ok))
    }
}

/// A service with the endpoint in front of it, created by
/// [`OpenResponsesLayer`](crate::OpenResponsesLayer).
pub struct OpenResponsesService<S, P> {
    inner: S,
    core: Arc<Core<P>>,
}

impl<S, P> OpenResponsesService<S, P> {
    pub(crate) fn new(inner: S, core: Arc<Core<P>>) -> Self {
        Self { inner, core }
    }
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
        if self.core.answers(request.uri().path()) {
            let answer = Arc::clone(&self.core).answer(request, |answer| answer);
            OpenResponsesFuture::endpoint(Box::pin(answer))
        } else {
            OpenResponsesFuture::inner(self.inner.call(request))
        }
    }
}
