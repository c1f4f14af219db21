//! What a gateway tells its operators.
//!
//! Each request and each attempt is a `tracing` span in OpenTelemetry's conventions for generative
//! AI (`gen_ai.*`), from its beginning to the end of its stream, be it cancelled. An [`Observer`] is
//! told the same as plain values, for metrics.

#[cfg(feature = "metrics")]
mod metrics;
mod observed;
mod observer;
mod watch;

#[cfg(feature = "metrics")]
pub use self::metrics::MetricsObserver;
pub use observed::Observed;
pub use observer::{AttemptEnd, Observer, Outcome, RequestEnd};
pub(crate) use watch::{Asking, Watch};
