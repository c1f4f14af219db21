//! `[telemetry]`: traces and metrics.

use serde::Deserialize;

use crate::telemetry::TraceContextMode;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Telemetry {
    pub(crate) otlp: Option<bool>,
    pub(crate) trace_context: Option<TraceContextMode>,
}
