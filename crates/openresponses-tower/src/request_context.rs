//! What is known about one request: its ids, tenant, model and progress.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use http::header::HeaderName;
use http::{Extensions, HeaderMap, HeaderValue, Method, StatusCode};
use openresponses_types::diagnostics::Excerpt;
use openresponses_types::sequence::{IdGenerator, IdKind};
use tracing::Span;
use tracing::field::{Empty, display};

use crate::error::Error;
use crate::ids::RandomIds;
use crate::trace::{TraceContext, TracePropagation};

/// The header that identifies a request in the logs of client and server.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The longest name of a model that is kept, in characters. Names are chosen by clients.
const NAME: usize = 256;

/// Facts about one request for logs, traces and metrics, filled in while it is handled.
///
/// The endpoint creates it, or takes the one that an [`AccessLogLayer`](crate::access_log::AccessLogLayer) put
/// into the request's extensions, and leaves it in the extensions of the provider's request. Each
/// turn of a WebSocket has its own. Clones share their facts.
///
/// Everything that belongs to the request runs in its [`span`](Self::span), including the stream
/// after the head, so that each line of a log carries the ids.
///
/// ```
/// use http::Request;
/// use openresponses_tower::{Error, OutputStream, Provider, RequestContext};
/// use openresponses_types::{Turn, sequence::Delta};
///
/// struct Model;
///
/// impl Provider for Model {
///     async fn respond(&self, turn: Request<Turn>) -> Result<http::Response<OutputStream>, Error> {
///         let id = turn.extensions().get::<RequestContext>().map(RequestContext::request_id);
///         let text = format!("You are {}.", id.unwrap_or("unknown"));
///         Ok(http::Response::new(OutputStream::from_deltas([Delta::text(text), Delta::complete()])))
///     }
/// }
/// # let _ = Model;
/// ```
#[derive(Clone)]
pub struct RequestContext(Arc<Facts>);

struct Facts {
    request_id: HeaderValue,
    method: Method,
    span: Span,
    /// What the client sent.
    parent: Option<TraceContext>,
    propagation: TracePropagation,
    /// Whether the request has a line in the log of accesses.
    is_logged: bool,
    started: Instant,
    route: OnceLock<&'static str>,
    tenant: OnceLock<Arc<str>>,
    response_id: OnceLock<Arc<str>>,
    error: OnceLock<Arc<str>>,
    first_output: OnceLock<Duration>,
    target: Mutex<Target>,
    calls: AtomicU32,
}

/// The model and provider that were tried last.
#[derive(Clone, Default)]
struct Target {
    model: Option<Arc<str>>,
    provider: Option<Arc<str>>,
}

impl Facts {
    fn new(method: Method, request_id: HeaderValue, span: Span) -> Self {
        Self {
            request_id,
            method,
            span,
            parent: None,
            propagation: TracePropagation::new(),
            is_logged: false,
            started: Instant::now(),
            route: OnceLock::new(),
            tenant: OnceLock::new(),
            response_id: OnceLock::new(),
            error: OnceLock::new(),
            first_output: OnceLock::new(),
            target: Mutex::default(),
            calls: AtomicU32::new(0),
        }
    }
}

impl RequestContext {
    /// Begins a request with this method and these headers. Its id is that of the header
    /// `x-request-id` if it is short and printable ASCII, otherwise a random one. A valid trace
    /// context is taken in.
    #[must_use]
    pub fn begin(method: &Method, headers: &HeaderMap) -> Self {
        let propagation = TracePropagation::new();
        Self::begin_with(method, headers, &RandomIds, &propagation, false)
    }

    pub(crate) fn method(&self) -> &Method {
        &self.0.method
    }

    pub(crate) fn begin_with(
        method: &Method,
        headers: &HeaderMap,
        ids: &dyn IdGenerator,
        propagation: &TracePropagation,
        is_logged: bool,
    ) -> Self {
        let request_id = request_id(headers, ids);
        // Of the level of errors, so that a filter for warnings does not remove the ids from them.
        let span = tracing::error_span!(
            "openresponses.request",
            otel.kind = "server",
            otel.name = Empty,
            otel.status_code = Empty,
            http.request.method = method.as_str(),
            http.route = Empty,
            http.response.status_code = Empty,
            error.type = Empty,
            trace_id = Empty,
            request_id = request_id.to_str().unwrap_or_default(),
            response_id = Empty,
            tenant = Empty,
        );
        let parent = propagation.read(headers);
        propagation.set_parent(&span, parent.as_ref());
        Self(Arc::new(Facts {
            parent,
            propagation: propagation.clone(),
            is_logged,
            ..Facts::new(method.clone(), request_id, span)
        }))
    }

    /// Begins a turn of a WebSocket whose handshake is this request. Its span is a child of the
    /// handshake's.
    #[cfg(feature = "ws")]
    pub(crate) fn begin_turn(&self) -> Self {
        let span = tracing::error_span!(
            parent: &self.0.span,
            "openresponses.turn",
            otel.kind = "server",
            otel.name = self.route().map(|route| format!("WEBSOCKET {route}")),
            otel.status_code = Empty,
            http.route = self.route(),
            error.type = Empty,
            trace_id = Empty,
            request_id = self.request_id(),
            response_id = Empty,
            tenant = self.tenant(),
        );
        self.continued(span)
    }

    /// Begins the work of a background response that this request asked for. Its span is a child
    /// of the request's in the trace, but not in the log, since the request ends earlier.
    pub(crate) fn begin_background(&self) -> Self {
        let span = tracing::error_span!(
            parent: None,
            "openresponses.background",
            otel.kind = "internal",
            otel.name = "background",
            otel.status_code = Empty,
            error.type = Empty,
            trace_id = Empty,
            request_id = self.request_id(),
            response_id = Empty,
            tenant = self.tenant(),
        );
        self.0.propagation.set_local_parent(&span, &self.0.span);
        self.continued(span)
    }

    /// Returns the context of later work for the same request.
    fn continued(&self, span: Span) -> Self {
        let context = Self(Arc::new(Facts {
            parent: self.0.parent.clone(),
            propagation: self.0.propagation.clone(),
            is_logged: self.0.is_logged,
            ..Facts::new(self.0.method.clone(), self.0.request_id.clone(), span)
        }));
        if let Some(tenant) = self.0.tenant.get() {
            let _ = context.0.tenant.set(Arc::clone(tenant));
        }
        if let Some(route) = self.route() {
            let _ = context.0.route.set(route);
        }
        context.record_trace_id();
        context
    }

    fn record_trace_id(&self) {
        if let Some(id) = self.trace_id() {
            self.0.span.record("trace_id", id);
        }
    }

    /// Returns the id of the trace that the request belongs to: of the host's tracer, or else of
    /// the client.
    #[must_use]
    pub fn trace_id(&self) -> Option<String> {
        let own = self.0.propagation.context(&self.0.span);
        let context = own.or_else(|| self.0.parent.clone());
        context.map(|context| context.trace_id_hex())
    }

    /// Returns the trace context to send to a server or a tool that is called for this request: of
    /// the current span, or without a tracer the client's own.
    #[must_use]
    pub fn trace_context(&self) -> Option<TraceContext> {
        let own = self.0.propagation.context(&Span::current());
        own.or_else(|| self.0.parent.clone())
    }

    #[cfg(feature = "ws")]
    pub(crate) fn is_logged(&self) -> bool {
        self.0.is_logged
    }

    /// Returns the context in the extensions of a request.
    #[must_use]
    pub fn from_extensions(extensions: &Extensions) -> Option<Self> {
        extensions.get().cloned()
    }

    /// Returns the request id, which is sent back as `x-request-id`.
    #[must_use]
    pub fn request_id(&self) -> &str {
        self.0.request_id.to_str().unwrap_or_default()
    }

    pub(crate) fn request_id_value(&self) -> HeaderValue {
        self.0.request_id.clone()
    }

    /// Returns the span of the request.
    #[must_use]
    pub fn span(&self) -> &Span {
        &self.0.span
    }

    /// Returns the time since the request began.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// Returns the route below the prefix, such as `/responses/{id}`: one of a bounded set.
    #[must_use]
    pub fn route(&self) -> Option<&'static str> {
        self.0.route.get().copied()
    }

    /// Sets the route of a request that the endpoint does not answer itself.
    pub fn record_route(&self, route: &'static str) {
        if self.0.route.set(route).is_ok() {
            self.0.span.record("http.route", route);
            let method = &self.0.method;
            let span = &self.0.span;
            span.record("otel.name", display(format_args!("{method} {route}")));
            // A tracer fixes the name of the span when it is asked for its id.
            self.record_trace_id();
        }
    }

    /// Returns the tenant where [`Config::log_tenant`](crate::Config::log_tenant) allows it.
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.get().map(|tenant| &**tenant)
    }

    pub(crate) fn record_tenant(&self, tenant: &str) {
        if !tenant.is_empty() && self.0.tenant.set(Arc::from(tenant)).is_ok() {
            self.0.span.record("tenant", tenant);
        }
    }

    /// Returns the id of the response.
    #[must_use]
    pub fn response_id(&self) -> Option<&str> {
        self.0.response_id.get().map(|id| &**id)
    }

    pub(crate) fn record_response_id(&self, id: &str) {
        if self.0.response_id.set(Arc::from(id)).is_ok() {
            self.0.span.record("response_id", id);
        }
    }

    /// Returns the code of the error that the client received.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.0.error.get().map(|code| &**code)
    }

    /// Records the error that the client receives. One of the client's own does not make the span
    /// an error.
    pub(crate) fn record_error(&self, error: &Error) {
        let code = error.code();
        if self.0.error.set(Arc::from(code)).is_err() {
            return;
        }
        self.0.span.record("error.type", code);
        if error.kind().status().is_server_error() {
            self.0.span.record("otel.status_code", "ERROR");
        }
    }

    /// Records the status of the answer.
    pub(crate) fn record_status(&self, status: StatusCode) {
        let span = &self.0.span;
        span.record("http.response.status_code", i64::from(status.as_u16()));
        if status.is_server_error() {
            span.record("otel.status_code", "ERROR");
        }
    }

    /// Returns the time to the first output that the client could see.
    #[must_use]
    pub fn first_output(&self) -> Option<Duration> {
        self.0.first_output.get().copied()
    }

    pub(crate) fn record_first_output(&self) {
        let _ = self.0.first_output.set(self.elapsed());
    }

    /// Returns the model: the one that was called last, or the one that the client named.
    #[must_use]
    pub fn model(&self) -> Option<Arc<str>> {
        self.target().model
    }

    /// Returns the provider that was called last, where a gateway chose one.
    #[must_use]
    pub fn provider(&self) -> Option<Arc<str>> {
        self.target().provider
    }

    /// Records the model and the provider that are called now.
    pub fn record_target(&self, model: impl Into<Arc<str>>, provider: impl Into<Arc<str>>) {
        self.set_target(Target {
            model: Some(short(model.into())),
            provider: Some(short(provider.into())),
        });
    }

    pub(crate) fn record_model(&self, model: &str) {
        self.set_target(Target {
            model: Some(short(Arc::from(model))),
            provider: None,
        });
    }

    /// Counts a model call, and returns how many the request made before. A tool loop makes several.
    pub fn count_call(&self) -> u32 {
        self.0.calls.fetch_add(1, Ordering::Relaxed)
    }

    fn target(&self) -> Target {
        let target = self.0.target.lock();
        target.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_target(&self, target: Target) {
        let mut held = self.0.target.lock().unwrap_or_else(PoisonError::into_inner);
        *held = target;
    }
}

impl fmt::Debug for RequestContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RequestContext")
            .field("request_id", &self.request_id())
            .field("response_id", &self.response_id())
            .finish_non_exhaustive()
    }
}

fn short(name: Arc<str>) -> Arc<str> {
    match Excerpt::cut(&name, NAME) {
        cut if cut.len() < name.len() => Arc::from(cut),
        _ => name,
    }
}

/// Returns the client's request id if it is short and printable ASCII, otherwise a new one.
fn request_id(headers: &HeaderMap, ids: &dyn IdGenerator) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    });
    given.cloned().unwrap_or_else(|| {
        HeaderValue::try_from(ids.id(IdKind::Request))
            .unwrap_or_else(|_| HeaderValue::from_static("req_0"))
    })
}
