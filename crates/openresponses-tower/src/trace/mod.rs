//! Trace context of W3C: what a client sends in `traceparent` and `tracestate`, and what is sent on.
//!
//! The endpoint reads the two headers once and keeps them in the
//! [`RequestContext`](crate::RequestContext). A provider that calls another server asks that
//! context for the headers to send ([`RequestContext::trace_context`](crate::RequestContext::trace_context)):
//! those of the current span where the host has a [`Tracer`], otherwise those of the client as they
//! came, so that the server behind continues the client's trace.
//!
//! Headers that are not valid by the specification are as good as absent: they are neither recorded
//! nor sent on.

mod context;
mod propagation;
mod state;

pub use context::TraceContext;
pub use propagation::{TracePropagation, Tracer};
