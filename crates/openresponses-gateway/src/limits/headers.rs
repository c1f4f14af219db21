use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

use super::report::LimitReport;

/// Adds what is left of a caller's limits to each answer.
///
/// | header | value |
/// |---|---|
/// | `x-ratelimit-limit-requests`, `-tokens`, `-cost` | the limit |
/// | `x-ratelimit-remaining-requests`, `-tokens`, `-cost` | what is left, reservations of requests in progress deducted |
/// | `x-ratelimit-reset-requests`, `-tokens`, `-cost` | time until all of it is available again, such as `6m0s` |
///
/// Headers appear for the resources that are limited. Of several limits the one with the least left
/// is shown. They replace those of a provider, which are about the host's own account.
///
/// ```
/// use std::time::Duration;
/// use http::Request;
/// use openresponses_gateway::auth::{ApiKeys, Auth, Credentials, RateLimit};
/// use openresponses_gateway::limits::LimitHeadersLayer;
/// # use openresponses_tower::{Error, OutputStream, Provider};
/// # use openresponses_types::{Turn, sequence::Delta};
/// use openresponses_tower::{Config, OpenResponses};
/// use tower::{ServiceBuilder, ServiceExt};
///
/// # struct Model;
/// # impl Provider for Model {
/// #     async fn respond(&self, _: Request<Turn>) -> Result<http::Response<OutputStream>, Error> {
/// #         Ok(http::Response::new(OutputStream::from_deltas([Delta::text("Hi"), Delta::complete()])))
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let keys = ApiKeys::new().key("acme", "sk-acme-0123456789").unwrap();
/// let auth = Auth::new(Credentials::new().api_keys(keys))
///     .rate_limit(RateLimit::new(60, Duration::from_secs(60)));
/// let service = ServiceBuilder::new()
///     .layer(LimitHeadersLayer::new())
///     .service(OpenResponses::new(Model, Config::new().authorize(auth)));
/// let request = Request::post("/v1/responses")
///     .header("content-type", "application/json")
///     .header("authorization", "Bearer sk-acme-0123456789")
///     .body(String::from(r#"{"model":"m","input":"Hello"}"#));
/// let answer = service.oneshot(request.unwrap()).await.unwrap();
/// assert_eq!(answer.headers()["x-ratelimit-limit-requests"], "60");
/// assert_eq!(answer.headers()["x-ratelimit-remaining-requests"], "59");
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct LimitHeadersLayer(());

impl LimitHeadersLayer {
    /// Creates the layer.
    #[must_use]
    pub fn new() -> Self {
        Self(())
    }
}

impl<S> Layer<S> for LimitHeadersLayer {
    type Service = LimitHeaders<S>;

    fn layer(&self, inner: S) -> LimitHeaders<S> {
        LimitHeaders { inner }
    }
}

/// A service whose answers have the headers, created by a [`LimitHeadersLayer`].
#[derive(Clone, Debug)]
pub struct LimitHeaders<S> {
    inner: S,
}

impl<S, B, R> Service<Request<B>> for LimitHeaders<S>
where
    S: Service<Request<B>, Response = Response<R>>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = LimitHeadersFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let report = LimitReport::default();
        request.extensions_mut().insert(report.clone());
        LimitHeadersFuture {
            future: self.inner.call(request),
            report,
        }
    }
}

pin_project! {
    /// The response future of [`LimitHeaders`].
    #[derive(Debug)]
    pub struct LimitHeadersFuture<F> {
        #[pin]
        future: F,
        report: LimitReport,
    }
}

impl<F, R, E> Future for LimitHeadersFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let mut answer = ready!(this.future.poll(cx));
        if let Ok(answer) = &mut answer {
            this.report.add_to(answer.headers_mut());
        }
        Poll::Ready(answer)
    }
}
