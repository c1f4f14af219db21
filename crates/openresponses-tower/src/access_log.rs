//! One line of the log for each request.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::header::CONTENT_LENGTH;
use http::{Request, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "ws")]
use crate::error::Error;
use crate::ids::RandomIds;
use crate::request_context::{REQUEST_ID, RequestContext};
use crate::trace::TracePropagation;

/// The method in the lines of turns on a WebSocket.
const WEBSOCKET: &str = "WEBSOCKET";

/// Logs one line for each request at its end, under the target `openresponses::access` at the level
/// of information.
///
/// | field | value |
/// |---|---|
/// | `method`, `route`, `status` | the route is a template below the prefix such as `/responses/{id}`; empty for unknown paths |
/// | `request_bytes`, `bytes` | declared length of the request's body; bytes of the response's body |
/// | `first_output_ms` | time to the first output that the client could see |
/// | `duration_ms` | time to the end of the response's body |
/// | `tenant`, `model`, `provider`, `request_id`, `response_id` | see [`RequestContext`] |
/// | `error` | code of the error that the client received |
/// | `complete` | false where the client disconnected before the end |
/// | `trace_id` | see [`trace`](crate::trace) |
///
/// Each turn of a WebSocket has a line as well, with the method `WEBSOCKET`, the status that its
/// refusal would have over HTTP, and the bytes of its messages. The line of the handshake is
/// written when it is answered.
///
/// The layer puts a [`RequestContext`] into the request's extensions and runs the inner service in
/// its span. It sends the request id back as `x-request-id`.
///
/// ```
/// use tower::ServiceBuilder;
/// # use http::{Request, Response};
/// # use openresponses_tower::{Error, OutputStream, Provider};
/// # use openresponses_types::Turn;
/// use openresponses_tower::access_log::AccessLogLayer;
/// use openresponses_tower::{Config, OpenResponses};
/// # struct Model;
/// # impl Provider for Model {
/// #     async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
/// #         Err(Error::overloaded())
/// #     }
/// # }
///
/// let service = ServiceBuilder::new()
///     .layer(AccessLogLayer::new())
///     .service(OpenResponses::new(Model, Config::new()));
/// # let _ = service;
/// ```
#[derive(Clone, Debug, Default)]
pub struct AccessLogLayer {
    propagation: TracePropagation,
}

impl AccessLogLayer {
    /// Creates the layer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how trace contexts of clients are taken in and sent on. Default: valid ones are sent on
    /// as they came.
    #[must_use]
    pub fn trace_propagation(mut self, propagation: TracePropagation) -> Self {
        self.propagation = propagation;
        self
    }
}

impl<S> Layer<S> for AccessLogLayer {
    type Service = AccessLog<S>;

    fn layer(&self, inner: S) -> AccessLog<S> {
        AccessLog {
            inner,
            propagation: self.propagation.clone(),
        }
    }
}

/// A service whose requests are logged, created by an [`AccessLogLayer`].
#[derive(Clone, Debug)]
pub struct AccessLog<S> {
    inner: S,
    propagation: TracePropagation,
}

impl<S, B, R> Service<Request<B>> for AccessLog<S>
where
    S: Service<Request<B>, Response = Response<R>>,
    R: Body,
{
    type Response = Response<AccessLogBody<R>>;
    type Error = S::Error;
    type Future = AccessLogFuture<S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let (method, headers) = (request.method(), request.headers());
        let propagation = &self.propagation;
        let context = RequestContext::begin_with(method, headers, &RandomIds, propagation, true);
        request.extensions_mut().insert(context.clone());
        let length = request.headers().get(CONTENT_LENGTH);
        let line = AccessLine {
            of_turn: false,
            request_bytes: length.and_then(|value| value.to_str().ok()?.parse().ok()),
            status: None,
            bytes: 0,
            complete: false,
            context,
        };
        let span = line.context.span().clone();
        AccessLogFuture {
            future: span.in_scope(|| self.inner.call(request)),
            line: Some(line),
        }
    }
}

/// What is known about a request or a turn of a WebSocket; its line is written when this is dropped.
pub(crate) struct AccessLine {
    /// It is the line of a turn on a WebSocket.
    of_turn: bool,
    request_bytes: Option<u64>,
    /// `None` where the service has not answered.
    status: Option<StatusCode>,
    bytes: u64,
    complete: bool,
    context: RequestContext,
}

#[cfg(feature = "ws")]
impl AccessLine {
    /// Begins the line of a turn whose message has this many bytes.
    pub(crate) fn of_turn(context: RequestContext, request_bytes: u64) -> Self {
        Self {
            of_turn: true,
            request_bytes: Some(request_bytes),
            status: None,
            bytes: 0,
            complete: false,
            context,
        }
    }

    /// The turn has started.
    pub(crate) fn started(&mut self) {
        self.status = Some(StatusCode::OK);
    }

    /// Counts a message of the turn.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    /// The turn was refused with this error.
    pub(crate) fn refused(&mut self, error: &Error) {
        self.status = Some(error.kind().status());
        self.context.record_error(error);
        self.complete = true;
    }

    /// All events of the turn were sent.
    pub(crate) fn ended(&mut self) {
        self.complete = true;
    }
}

impl Drop for AccessLine {
    fn drop(&mut self) {
        let context = &self.context;
        let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1_000.0;
        let (model, provider) = (context.model(), context.provider());
        // Without a parent: the line has the ids itself.
        tracing::info!(
            target: "openresponses::access",
            parent: None,
            method = if self.of_turn { WEBSOCKET } else { context.method().as_str() },
            route = context.route().unwrap_or_default(),
            status = self.status.map(|status| status.as_u16()),
            request_bytes = self.request_bytes,
            bytes = self.bytes,
            first_output_ms = context.first_output().map(milliseconds),
            duration_ms = milliseconds(context.elapsed()),
            tenant = context.tenant(),
            model = model.as_deref(),
            provider = provider.as_deref(),
            trace_id = context.trace_id(),
            request_id = context.request_id(),
            response_id = context.response_id(),
            error = context.error(),
            complete = self.complete,
            "request"
        );
    }
}

pin_project! {
    /// The response future of [`AccessLog`].
    pub struct AccessLogFuture<F> {
        #[pin]
        future: F,
        line: Option<AccessLine>,
    }
}

impl<F, R, E> Future for AccessLogFuture<F>
where
    F: Future<Output = Result<Response<R>, E>>,
    R: Body,
{
    type Output = Result<Response<AccessLogBody<R>>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let entered = this.line.as_ref().map(|line| line.context.span().enter());
        let answer = ready!(this.future.poll(cx));
        drop(entered);
        let mut line = this.line.take();
        Poll::Ready(answer.map(|mut response| {
            if let Some(line) = &mut line {
                line.status = Some(response.status());
                line.complete = response.body().is_end_stream();
                line.context.record_status(response.status());
                let id = line.context.request_id_value();
                response.headers_mut().entry(REQUEST_ID).or_insert(id);
            }
            response.map(|body| AccessLogBody { body, line })
        }))
    }
}

impl<F> fmt::Debug for AccessLogFuture<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLogFuture")
    }
}

pin_project! {
    /// A response body whose bytes are counted.
    pub struct AccessLogBody<R> {
        #[pin]
        body: R,
        line: Option<AccessLine>,
    }
}

impl<R> AccessLogBody<R> {
    /// Wraps a body that is not logged.
    #[must_use]
    pub fn unlogged(body: R) -> Self {
        Self { body, line: None }
    }
}

impl<R: Default> Default for AccessLogBody<R> {
    fn default() -> Self {
        Self::unlogged(R::default())
    }
}

impl<R: Body> Body for AccessLogBody<R> {
    type Data = R::Data;
    type Error = R::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<R::Data>, R::Error>>> {
        let mut this = self.project();
        let frame = ready!(this.body.as_mut().poll_frame(cx));
        if let Some(line) = this.line {
            match &frame {
                Some(Ok(frame)) => {
                    let length = frame.data_ref().map_or(0, bytes::Buf::remaining);
                    line.bytes += length as u64;
                    line.complete = this.body.is_end_stream();
                }
                Some(Err(_)) => {}
                None => line.complete = true,
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl<R> fmt::Debug for AccessLogBody<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessLogBody")
    }
}
