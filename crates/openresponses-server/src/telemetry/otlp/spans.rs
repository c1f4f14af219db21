//! Connects spans with those of other processes.

use openresponses_tower::trace::{TraceContext, Tracer};
use opentelemetry::Context;
use opentelemetry::trace::{
    SpanContext, SpanId, TraceContextExt as _, TraceFlags, TraceId, TraceState,
};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// Reads and sets the OpenTelemetry contexts of `tracing` spans.
pub(super) struct SpanTracer;

impl Tracer for SpanTracer {
    fn set_parent(&self, span: &Span, parent: &TraceContext) {
        let state = parent.tracestate().and_then(|state| state.parse().ok());
        let context = SpanContext::new(
            TraceId::from_bytes(parent.trace_id().to_be_bytes()),
            SpanId::from_bytes(parent.span_id().to_be_bytes()),
            TraceFlags::new(parent.flags()),
            true,
            state.unwrap_or(TraceState::NONE),
        );
        // Fails for a span that is not traced.
        let _ = span.set_parent(Context::new().with_remote_span_context(context));
    }

    fn set_local_parent(&self, span: &Span, parent: &Span) {
        let _ = span.set_parent(parent.context());
    }

    fn context(&self, span: &Span) -> Option<TraceContext> {
        let context = span.context();
        let span = context.span();
        let context = span.span_context();
        let own = TraceContext::new(
            u128::from_be_bytes(context.trace_id().to_bytes()),
            u64::from_be_bytes(context.span_id().to_bytes()),
            context.trace_flags().to_u8(),
        )?;
        Some(own.with_state(&context.trace_state().header()))
    }
}
