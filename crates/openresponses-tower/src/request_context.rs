//! What is known about one request: its ids, tenant, model and progress.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use http::header::HeaderName;
use http::{Extensions, HeaderMap, HeaderValue, Method};
use openresponses_types::sequence::{IdGenerator, IdKind};
use tracing::Span;
use tracing::field::Empty;

use crate::ids::RandomIds;

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
    span: Span,
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

impl RequestContext {
    /// Begins a request with this method and these headers. Its id is that of the header
    /// `x-request-id` if it is short and printable ASCII, otherwise a random one.
    #[must_use]
    pub fn begin(method: &Method, headers: &HeaderMap) -> Self {
        Self::begin_with(method, headers, &RandomIds)
    }

    pub(crate) fn begin_with(method: &Method, headers: &HeaderMap, ids: &dyn IdGenerator) -> Self {
        let request_id = request_id(headers, ids);
        // Of the level of errors, so that a filter for warnings does not remove the ids from them.
        let span = tracing::error_span!(
            "openresponses.request",
            otel.kind = "server",
            otel.name = Empty,
            http.request.method = method.as_str(),
            http.route = Empty,
            http.response.status_code = Empty,
            error.type = Empty,
            request_id = request_id.to_str().unwrap_or_default(),
            response_id = Empty,
            tenant = Empty,
        );
        Self::of(request_id, span)
    }

    /// Begins a turn of a WebSocket whose handshake is this request.
    #[cfg(feature = "ws")]
    pub(crate) fn begin_turn(&self) -> Self {
        let span = tracing::error_span!(
            parent: &self.0.span,
            "openresponses.turn",
            request_id = self.request_id(),
            response_id = Empty,
            tenant = self.tenant(),
        );
        let turn = Self::of(self.0.request_id.clone(), span);
        if let Some(tenant) = self.0.tenant.get() {
            let _ = turn.0.tenant.set(Arc::clone(tenant));
        }
        if let Some(route) = self.route() {
            let _ = turn.0.route.set(route);
        }
        turn
    }

    fn of(request_id: HeaderValue, span: Span) -> Self {
        Self(Arc::new(Facts {
            request_id,
            span,
            started: Instant::now(),
            route: OnceLock::new(),
            tenant: OnceLock::new(),
            response_id: OnceLock::new(),
            error: OnceLock::new(),
            first_output: OnceLock::new(),
            target: Mutex::default(),
            calls: AtomicU32::new(0),
        }))
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

    pub(crate) fn record_error(&self, code: &str) {
        if self.0.error.set(Arc::from(code)).is_ok() {
            self.0.span.record("error.type", code);
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
    pub fn record_target(&self, model: &str, provider: &str) {
        self.set_target(Target {
            model: Some(short(model)),
            provider: Some(short(provider)),
        });
    }

    pub(crate) fn record_model(&self, model: &str) {
        self.set_target(Target {
            model: Some(short(model)),
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

fn short(name: &str) -> Arc<str> {
    match name.char_indices().nth(NAME) {
        Some((end, _)) => Arc::from(&name[..end]),
        None => Arc::from(name),
    }
}

/// Returns the client's request id if it is short and printable ASCII, otherwise a new one.
fn request_id(headers: &HeaderMap, ids: &dyn IdGenerator) -> HeaderValue {
    let given = headers.get(REQUEST_ID).filter(|value| {
        let bytes = value.as_bytes();
        (1..=128).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    });
    given.cloned().unwrap_or_else(|| {
        HeaderValue::from_str(&ids.id(IdKind::Request))
            .unwrap_or_else(|_| HeaderValue::from_static("req_0"))
    })
}
