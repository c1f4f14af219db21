use std::fmt;
use std::sync::Arc;

use http::HeaderMap;
use tracing::Span;

use super::context::TraceContext;

/// Connects `tracing` spans with spans of other processes. A host implements it for its exporter,
/// such as OpenTelemetry's.
///
/// ```
/// use openresponses_tower::trace::{TraceContext, TracePropagation, Tracer};
/// use tracing::Span;
///
/// /// Traces nothing itself.
/// struct Nothing;
///
/// impl Tracer for Nothing {
///     fn set_parent(&self, _: &Span, _: &TraceContext) {}
///     fn set_local_parent(&self, _: &Span, _: &Span) {}
///     fn context(&self, _: &Span) -> Option<TraceContext> {
///         None
///     }
/// }
///
/// let propagation = TracePropagation::new().tracer(Nothing);
/// # let _ = propagation;
/// ```
pub trait Tracer: Send + Sync + 'static {
    /// Makes `span` a child of a span elsewhere. Called before the span is entered.
    fn set_parent(&self, span: &Span, parent: &TraceContext);

    /// Makes `span` a child of `parent`, a span of this process, in the trace alone: in the log it stays
    /// without a parent. Called before the span is entered.
    fn set_local_parent(&self, span: &Span, parent: &Span);

    /// Returns the context of a span, for servers and tools that are called in it. `None` if the
    /// span is not traced.
    fn context(&self, span: &Span) -> Option<TraceContext>;
}

/// Whether clients' trace contexts are taken in, and how spans are connected with them.
///
/// ```
/// use openresponses_tower::access_log::AccessLogLayer;
/// use openresponses_tower::trace::TracePropagation;
///
/// // For an endpoint whose clients must not choose ids of traces.
/// let layer = AccessLogLayer::new().trace_propagation(TracePropagation::new().accept(false));
/// # let _ = layer;
/// ```
#[derive(Clone)]
pub struct TracePropagation {
    accepts: bool,
    tracer: Option<Arc<dyn Tracer>>,
}

impl Default for TracePropagation {
    fn default() -> Self {
        Self::new()
    }
}

impl TracePropagation {
    /// Takes in valid trace contexts of clients and sends them on, without a tracer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            accepts: true,
            tracer: None,
        }
    }

    /// Sets whether a client's trace context is taken in. Otherwise it is neither recorded nor sent
    /// on. Default: true.
    #[must_use]
    pub fn accept(mut self, accept: bool) -> Self {
        self.accepts = accept;
        self
    }

    /// Sets what connects spans with those of other processes.
    #[must_use]
    pub fn tracer(mut self, tracer: impl Tracer) -> Self {
        self.tracer = Some(Arc::new(tracer));
        self
    }

    /// Reads the client's context.
    pub(crate) fn read(&self, headers: &HeaderMap) -> Option<TraceContext> {
        self.accepts
            .then(|| TraceContext::from_headers(headers))
            .flatten()
    }

    pub(crate) fn set_parent(&self, span: &Span, parent: Option<&TraceContext>) {
        if let (Some(tracer), Some(parent)) = (&self.tracer, parent) {
            tracer.set_parent(span, parent);
        }
    }

    pub(crate) fn set_local_parent(&self, span: &Span, parent: &Span) {
        if let Some(tracer) = &self.tracer {
            tracer.set_local_parent(span, parent);
        }
    }

    /// Returns the context of a span.
    pub(crate) fn context(&self, span: &Span) -> Option<TraceContext> {
        self.tracer.as_ref()?.context(span)
    }
}

impl fmt::Debug for TracePropagation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TracePropagation")
            .field("accepts", &self.accepts)
            .field("tracer", &self.tracer.is_some())
            .finish()
    }
}
