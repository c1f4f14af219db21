//! Trace contexts of clients, and export of traces and metrics over OTLP.

mod exported_metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod settings;

use std::error::Error;
use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusRecorder;
use openresponses_tower::trace::TracePropagation;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::Registry;

pub(crate) use exported_metrics::ExportedMetrics;
#[cfg(feature = "otlp")]
use otlp::{BothRecorders, Export};
pub(crate) use settings::{TelemetrySettings, TraceContextMode};

/// Upper bounds of the duration buckets in seconds, from an embedded model to a slow one.
pub(crate) const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

/// Counts exports by signal and outcome.
#[cfg(feature = "otlp")]
pub(crate) const EXPORTS: &str = "openresponses_otlp_exports_total";

/// Whether metrics are exported, which observers ask.
static EXPORTS_METRICS: OnceLock<bool> = OnceLock::new();

/// Returns true if metrics are exported over OTLP.
pub(crate) fn exports_metrics() -> bool {
    EXPORTS_METRICS.get().copied().unwrap_or(false)
}

/// The export cannot be started.
#[derive(Debug)]
pub(crate) struct TelemetryError(String);

impl fmt::Display for TelemetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for TelemetryError {}

/// What runs for traces and metrics.
pub(crate) struct Telemetry {
    pub(crate) propagation: TracePropagation,
    #[cfg(feature = "otlp")]
    export: Export,
}

impl Telemetry {
    /// Starts the export where the settings ask for it. Needs a runtime.
    ///
    /// # Errors
    /// Settings that cannot be honored.
    pub(crate) fn start(settings: &TelemetrySettings) -> Result<Self, TelemetryError> {
        let otlp = settings.otlp().map_err(TelemetryError)?;
        let accepts = settings.trace_context != TraceContextMode::Ignore;
        let propagation = TracePropagation::new().accept(accepts);
        let _ = EXPORTS_METRICS.set(otlp.as_ref().is_some_and(|otlp| otlp.metrics));
        #[cfg(feature = "otlp")]
        {
            let export = Export::start(otlp.as_ref(), settings.trace_context)?;
            Ok(Self {
                propagation: export.connect(propagation),
                export,
            })
        }
        #[cfg(not(feature = "otlp"))]
        Ok(Self { propagation })
    }

    /// Returns what receives the spans.
    pub(crate) fn layer(&self) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        #[cfg(feature = "otlp")]
        return self.export.layer();
        #[cfg(not(feature = "otlp"))]
        None
    }

    /// Makes `prometheus` the recorder of all metrics, beside the export if there is one.
    ///
    /// # Errors
    /// When the process has a recorder already.
    pub(crate) fn install(&self, prometheus: PrometheusRecorder) -> Result<(), Box<dyn Error>> {
        #[cfg(feature = "otlp")]
        if let Some(otlp) = self.export.recorder() {
            metrics::set_global_recorder(BothRecorders { prometheus, otlp })
                .map_err(|error| error.to_string())?;
            return Ok(());
        }
        metrics::set_global_recorder(prometheus).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// Exports what is left, within this time at most.
    pub(crate) async fn flush(self, within: Duration) {
        #[cfg(feature = "otlp")]
        self.export.flush(within).await;
        #[cfg(not(feature = "otlp"))]
        let _ = within;
    }
}
