//! The metrics of OpenTelemetry's conventions, where metrics are exported.

use openresponses_gateway::observe::{AttemptEnd, GenAiMetrics, Observer, RequestEnd};

/// Records them only for an export, since `GET /metrics` has the same under names of its own.
pub(crate) struct ExportedMetrics;

impl Observer for ExportedMetrics {
    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        if super::exports_metrics() {
            GenAiMetrics.attempt_ended(attempt);
        }
    }

    fn request_ended(&self, request: &RequestEnd<'_>) {
        if super::exports_metrics() {
            GenAiMetrics.request_ended(request);
        }
    }
}
