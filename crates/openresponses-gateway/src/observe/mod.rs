//! Observability of a gateway.
//!
//! Each request and each attempt is a `tracing` span with OpenTelemetry's attributes for generative
//! AI (`gen_ai.*`), from its start to the end of its stream or its cancellation. An [`Observer`]
//! receives the same as plain values, for metrics.

#[cfg(feature = "metrics")]
mod metrics;
mod observed;
mod observer;
#[cfg(feature = "metrics")]
mod tenant_metrics;
mod usage_log;
mod watch;

#[cfg(feature = "metrics")]
pub use self::metrics::MetricsObserver;
pub use observed::Observed;
pub use observer::{AttemptEnd, Observer, Outcome, RelayEnd, RequestEnd};
#[cfg(feature = "metrics")]
pub use tenant_metrics::TenantMetrics;
pub use usage_log::UsageLog;
pub(crate) use watch::{Asking, Watch};
