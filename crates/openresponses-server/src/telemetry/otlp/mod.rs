//! Export over OTLP, as protobuf over HTTP.

mod both_recorders;
mod client;
mod recorder;
mod sampler;
mod span_lists;
mod spans;

use std::time::Duration;

use openresponses_tower::trace::TracePropagation;
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{MetricExporter, SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SdkTracerProvider};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Layer;
use tracing_subscriber::registry::Registry;

use super::settings::OtlpSettings;
use super::{TelemetryError, TraceContextMode};
pub(super) use both_recorders::BothRecorders;
use client::OtlpClient;
use recorder::OtlpRecorder;
use sampler::ClientSampler;
use span_lists::SpanLists;
use spans::SpanTracer;

const NAME: &str = "openresponses-server";

/// What exports; both are `None` where nothing is exported.
#[derive(Default)]
pub(crate) struct Export {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
}

impl Export {
    pub(super) fn start(
        settings: Option<&OtlpSettings>,
        mode: TraceContextMode,
    ) -> Result<Self, TelemetryError> {
        let Some(settings) = settings else {
            return Ok(Self::default());
        };
        let resource = resource();
        let traces = settings.traces.then(|| {
            let endpoint = &settings.traces_endpoint;
            let client = OtlpClient::new("traces", endpoint, settings.traces_timeout)?;
            let exporter = SpanExporter::builder().with_http().with_http_client(client);
            let exporter = exporter.build().map_err(unusable)?;
            let batches = BatchSpanProcessor::builder(exporter).build();
            let provider = SdkTracerProvider::builder()
                .with_span_processor(SpanLists::new(batches))
                .with_sampler(ClientSampler::from_env(mode)?)
                .with_resource(resource.clone());
            Ok(provider.build())
        });
        let metrics = settings.metrics.then(|| {
            let endpoint = &settings.metrics_endpoint;
            let client = OtlpClient::new("metrics", endpoint, settings.metrics_timeout)?;
            let exporter = MetricExporter::builder()
                .with_http()
                .with_http_client(client);
            let exporter = exporter.build().map_err(unusable)?;
            let provider = SdkMeterProvider::builder().with_periodic_exporter(exporter);
            Ok(provider.with_resource(resource.clone()).build())
        });
        Ok(Self {
            traces: traces.transpose()?,
            metrics: metrics.transpose()?,
        })
    }

    /// Connects spans with those of clients and of servers behind this one.
    pub(super) fn connect(&self, propagation: TracePropagation) -> TracePropagation {
        match &self.traces {
            Some(_) => propagation.tracer(SpanTracer),
            None => propagation,
        }
    }

    /// Returns what receives the spans of this server. Events are lines of the log, and spans of
    /// other crates may hold anything, so neither is exported.
    pub(crate) fn layer(&self) -> Option<Box<dyn Layer<Registry> + Send + Sync>> {
        let tracer = self.traces.as_ref()?.tracer_with_scope(scope());
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false)
            // Spans are found through `tracing`, so contexts need not be kept current.
            .with_context_activation(false);
        let is_own = filter_fn(|metadata| {
            metadata.is_span() && metadata.target().starts_with("openresponses")
        });
        Some(layer.with_filter(is_own).boxed())
    }

    /// Returns what receives the metrics.
    pub(crate) fn recorder(&self) -> Option<OtlpRecorder> {
        let meter = self.metrics.as_ref()?.meter_with_scope(scope());
        Some(OtlpRecorder::new(meter))
    }

    /// Exports what is left, within this time at most.
    pub(crate) async fn flush(self, within: Duration) {
        let Self { traces, metrics } = self;
        // They block their thread.
        let flushed = tokio::task::spawn_blocking(move || {
            let ended = |result: Option<OTelSdkResult>| result.is_none_or(|it| it.is_ok());
            let traces = traces.map(|it| it.shutdown_with_timeout(within));
            let metrics = metrics.map(|it| it.shutdown_with_timeout(within));
            ended(traces) && ended(metrics)
        });
        match tokio::time::timeout(within, flushed).await {
            Ok(Ok(true)) => {}
            Ok(_) | Err(_) => {
                tracing::warn!(target: "openresponses::otlp", "the last traces or metrics were not exported");
            }
        }
    }
}

fn unusable(error: impl std::fmt::Display) -> TelemetryError {
    TelemetryError(format!("OTLP: {error}"))
}

fn scope() -> InstrumentationScope {
    InstrumentationScope::builder(NAME)
        .with_version(env!("CARGO_PKG_VERSION"))
        .build()
}

/// Returns what describes the process. Variables of OpenTelemetry precede the name of the program.
fn resource() -> Resource {
    let names_service = |text: String| text.split(',').any(|it| it.starts_with("service.name="));
    let is_named = std::env::var("OTEL_SERVICE_NAME").is_ok_and(|name| !name.is_empty())
        || std::env::var("OTEL_RESOURCE_ATTRIBUTES").is_ok_and(names_service);
    let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
    let mut resource = Resource::builder().with_attribute(version);
    if !is_named {
        resource = resource.with_service_name(NAME);
    }
    resource.build()
}
