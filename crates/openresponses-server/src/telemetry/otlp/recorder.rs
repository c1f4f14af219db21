//! Metrics of the `metrics` facade as instruments of OpenTelemetry.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};
use openresponses_gateway::observe::GenAiMetric;
use opentelemetry::KeyValue;
use opentelemetry::metrics::Meter;

use crate::telemetry::SECONDS;

/// Records every metric of this server, those of `GET /metrics` included. There is one instrument
/// for each set of labels, which are bounded.
pub(crate) struct OtlpRecorder {
    meter: Meter,
    described: RwLock<HashMap<KeyName, (Option<Unit>, SharedString)>>,
    counters: RwLock<HashMap<Key, Counter>>,
    gauges: RwLock<HashMap<Key, Gauge>>,
    histograms: RwLock<HashMap<Key, Histogram>>,
}

impl OtlpRecorder {
    pub(super) fn new(meter: Meter) -> Self {
        Self {
            meter,
            described: RwLock::default(),
            counters: RwLock::default(),
            gauges: RwLock::default(),
            histograms: RwLock::default(),
        }
    }

    fn describe(&self, name: KeyName, unit: Option<Unit>, text: SharedString) {
        let mut all = self
            .described
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        all.insert(name, (unit, text));
    }

    /// Returns unit and description of a metric.
    fn described(&self, name: &str) -> (&'static str, String) {
        let all = self
            .described
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let (unit, text) = all.get(name).cloned().unwrap_or((None, "".into()));
        (unit_of(name, unit), text.to_string())
    }
}

/// Returns the unit in OpenTelemetry's spelling.
fn unit_of(name: &str, unit: Option<Unit>) -> &'static str {
    match unit {
        Some(Unit::Seconds) => "s",
        Some(Unit::Bytes) => "By",
        Some(Unit::Count) if name.ends_with("tokens") => "{token}",
        _ => "",
    }
}

/// Returns the metric of a key, which is made once.
fn cached<K: Clone + Eq + Hash, V: Clone>(
    all: &RwLock<HashMap<K, V>>,
    key: &K,
    make: impl FnOnce() -> V,
) -> V {
    let found = all
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(key)
        .cloned();
    found.unwrap_or_else(|| {
        let mut all = all.write().unwrap_or_else(PoisonError::into_inner);
        all.entry(key.clone()).or_insert_with(make).clone()
    })
}

fn attributes(key: &Key) -> Vec<KeyValue> {
    let labels = key.labels();
    labels
        .map(|label| KeyValue::new(label.key().to_owned(), label.value().to_owned()))
        .collect()
}

/// Returns the upper bounds of a histogram.
fn buckets(name: &str) -> Vec<f64> {
    if name == openresponses_tools::GEN_AI_DURATION {
        return openresponses_tools::GEN_AI_DURATION_BUCKETS.to_vec();
    }
    let by_conventions = GenAiMetric::ALL.iter().find(|metric| metric.name() == name);
    let buckets = by_conventions.and_then(|metric| metric.buckets());
    buckets.unwrap_or(&SECONDS).to_vec()
}

impl Recorder for OtlpRecorder {
    fn describe_counter(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(key, unit, description);
    }

    fn describe_gauge(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(key, unit, description);
    }

    fn describe_histogram(&self, key: KeyName, unit: Option<Unit>, description: SharedString) {
        self.describe(key, unit, description);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        cached(&self.counters, key, || {
            let (unit, text) = self.described(key.name());
            let counter = self.meter.u64_counter(key.name().to_owned());
            Counter::from_arc(Arc::new(OtlpCounter {
                counter: counter.with_unit(unit).with_description(text).build(),
                attributes: attributes(key),
                total: AtomicU64::new(0),
            }))
        })
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        cached(&self.gauges, key, || {
            let (unit, text) = self.described(key.name());
            let gauge = self.meter.f64_gauge(key.name().to_owned());
            Gauge::from_arc(Arc::new(OtlpGauge {
                gauge: gauge.with_unit(unit).with_description(text).build(),
                attributes: attributes(key),
                bits: AtomicU64::new(0),
            }))
        })
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        cached(&self.histograms, key, || {
            let (unit, text) = self.described(key.name());
            let histogram = self.meter.f64_histogram(key.name().to_owned());
            let histogram = histogram.with_boundaries(buckets(key.name()));
            Histogram::from_arc(Arc::new(OtlpHistogram {
                histogram: histogram.with_unit(unit).with_description(text).build(),
                attributes: attributes(key),
            }))
        })
    }
}

struct OtlpCounter {
    counter: opentelemetry::metrics::Counter<u64>,
    attributes: Vec<KeyValue>,
    total: AtomicU64,
}

impl CounterFn for OtlpCounter {
    fn increment(&self, value: u64) {
        self.total.fetch_add(value, Ordering::Relaxed);
        self.counter.add(value, &self.attributes);
    }

    fn absolute(&self, value: u64) {
        let before = self.total.fetch_max(value, Ordering::Relaxed);
        if let Some(more) = value.checked_sub(before).filter(|more| *more > 0) {
            self.counter.add(more, &self.attributes);
        }
    }
}

struct OtlpGauge {
    gauge: opentelemetry::metrics::Gauge<f64>,
    attributes: Vec<KeyValue>,
    /// The bits of the value.
    bits: AtomicU64,
}

impl OtlpGauge {
    fn change(&self, change: impl Fn(f64) -> f64) {
        let next = |bits| Some(change(f64::from_bits(bits)).to_bits());
        let (set, read) = (Ordering::AcqRel, Ordering::Acquire);
        if let Ok(before) = self.bits.fetch_update(set, read, next) {
            self.gauge
                .record(change(f64::from_bits(before)), &self.attributes);
        }
    }
}

impl GaugeFn for OtlpGauge {
    fn increment(&self, value: f64) {
        self.change(|held| held + value);
    }

    fn decrement(&self, value: f64) {
        self.change(|held| held - value);
    }

    fn set(&self, value: f64) {
        self.change(|_| value);
    }
}

struct OtlpHistogram {
    histogram: opentelemetry::metrics::Histogram<f64>,
    attributes: Vec<KeyValue>,
}

impl HistogramFn for OtlpHistogram {
    fn record(&self, value: f64) {
        self.histogram.record(value, &self.attributes);
    }
}
