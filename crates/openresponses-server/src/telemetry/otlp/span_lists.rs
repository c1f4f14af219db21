//! Attributes whose values are lists, which fields of `tracing` cannot be.

use std::time::Duration;

use opentelemetry::{Array, Context, Value};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

/// The attributes whose single value becomes a list.
const LISTS: [&str; 1] = ["gen_ai.response.finish_reasons"];

/// Makes lists of them on the way to `inner`.
#[derive(Debug)]
pub(super) struct SpanLists<P> {
    inner: P,
}

impl<P> SpanLists<P> {
    pub(super) fn new(inner: P) -> Self {
        Self { inner }
    }
}

impl<P: SpanProcessor> SpanProcessor for SpanLists<P> {
    fn on_start(&self, span: &mut Span, context: &Context) {
        self.inner.on_start(span, context);
    }

    fn on_end(&self, mut span: SpanData) {
        for attribute in &mut span.attributes {
            if LISTS.contains(&attribute.key.as_str())
                && let Value::String(value) = &attribute.value
            {
                attribute.value = Value::Array(Array::String(vec![value.clone()]));
            }
        }
        self.inner.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.inner.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.inner.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.inner.set_resource(resource);
    }
}
