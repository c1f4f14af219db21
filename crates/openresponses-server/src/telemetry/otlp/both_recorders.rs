//! One recorder for `GET /metrics` and for the export.

use std::sync::Arc;

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use metrics_exporter_prometheus::PrometheusRecorder;

use super::recorder::OtlpRecorder;

/// The beginning of the names of the conventions' metrics.
const BY_CONVENTIONS: &str = "gen_ai.";

/// Passes everything to both, except the metrics of the conventions, which are only exported: the
/// page has the same under names of its own.
pub(crate) struct BothRecorders {
    pub(crate) prometheus: PrometheusRecorder,
    pub(crate) otlp: OtlpRecorder,
}

fn is_exported_only(key: &Key) -> bool {
    key.name().starts_with(BY_CONVENTIONS)
}

impl Recorder for BothRecorders {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.prometheus
            .describe_counter(key.clone(), unit, text.clone());
        self.otlp.describe_counter(key, unit, text);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.prometheus
            .describe_gauge(key.clone(), unit, text.clone());
        self.otlp.describe_gauge(key, unit, text);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, text: SharedString) {
        self.prometheus
            .describe_histogram(key.clone(), unit, text.clone());
        self.otlp.describe_histogram(key, unit, text);
    }

    fn register_counter(&self, key: &Key, metadata: &Metadata<'_>) -> Counter {
        let otlp = self.otlp.register_counter(key, metadata);
        if is_exported_only(key) {
            return otlp;
        }
        let prometheus = self.prometheus.register_counter(key, metadata);
        Counter::from_arc(Arc::new(Both(prometheus, otlp)))
    }

    fn register_gauge(&self, key: &Key, metadata: &Metadata<'_>) -> Gauge {
        let otlp = self.otlp.register_gauge(key, metadata);
        if is_exported_only(key) {
            return otlp;
        }
        let prometheus = self.prometheus.register_gauge(key, metadata);
        Gauge::from_arc(Arc::new(Both(prometheus, otlp)))
    }

    fn register_histogram(&self, key: &Key, metadata: &Metadata<'_>) -> Histogram {
        let otlp = self.otlp.register_histogram(key, metadata);
        if is_exported_only(key) {
            return otlp;
        }
        let prometheus = self.prometheus.register_histogram(key, metadata);
        Histogram::from_arc(Arc::new(Both(prometheus, otlp)))
    }
}

struct Both<M>(M, M);

impl CounterFn for Both<Counter> {
    fn increment(&self, value: u64) {
        self.0.increment(value);
        self.1.increment(value);
    }

    fn absolute(&self, value: u64) {
        self.0.absolute(value);
        self.1.absolute(value);
    }
}

impl GaugeFn for Both<Gauge> {
    fn increment(&self, value: f64) {
        self.0.increment(value);
        self.1.increment(value);
    }

    fn decrement(&self, value: f64) {
        self.0.decrement(value);
        self.1.decrement(value);
    }

    fn set(&self, value: f64) {
        self.0.set(value);
        self.1.set(value);
    }
}

impl HistogramFn for Both<Histogram> {
    fn record(&self, value: f64) {
        self.0.record(value);
        self.1.record(value);
    }
}
