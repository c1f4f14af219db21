//! Observability of a gateway.
//!
//! Each request and each attempt is a `tracing` span with OpenTelemetry's attributes for generative
//! AI (`gen_ai.*`), from its start to the end of its stream or its cancellation. An [`Observer`]
//! receives the same as plain values, for metrics.

mod conventions;
#[cfg(feature = "metrics")]
mod gen_ai_metrics;
#[cfg(feature = "metrics")]
mod label;
#[cfg(feature = "metrics")]
mod metric_keys;
#[cfg(feature = "metrics")]
mod metrics;
mod observed;
mod observer;
mod settled;
mod span_facts;
#[cfg(feature = "metrics")]
mod tenant_metrics;
mod usage_log;
mod watch;

#[cfg(feature = "metrics")]
pub use self::gen_ai_metrics::{GenAiMetric, GenAiMetrics};
#[cfg(feature = "metrics")]
pub use self::metrics::MetricsObserver;
pub use conventions::GEN_AI_CONVENTIONS;
pub use observed::Observed;
pub use observer::{AttemptEnd, Chunks, Observer, Outcome, RelayEnd, RequestEnd};
pub(crate) use settled::{LastPiece, settle};
pub(crate) use span_facts::Asked;
#[cfg(feature = "metrics")]
pub use tenant_metrics::TenantMetrics;
pub use usage_log::UsageLog;
pub(crate) use watch::Watch;
