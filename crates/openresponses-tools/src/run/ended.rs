//! How calls end, for spans and metrics.

use std::time::Duration;

use tracing::Span;

/// How a call ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Ok,
    Failed,
    Timeout,
    Panicked,
    Cancelled,
}

impl Ended {
    fn label(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Timeout => "timeout",
            Self::Panicked => "panicked",
            Self::Cancelled => "cancelled",
        }
    }

    /// Writes the end of a call of `tool` into its span and the metrics.
    pub(super) fn record(self, tool: &str, took: Duration, span: &Span) {
        if self != Self::Ok {
            span.record("error.type", self.label());
        }
        #[cfg(feature = "metrics")]
        crate::metrics::record(tool, self.label(), took);
        #[cfg(not(feature = "metrics"))]
        let _ = (tool, took);
    }
}
