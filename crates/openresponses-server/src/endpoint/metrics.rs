//! `GET /metrics`, in the text format of Prometheus.

use std::error::Error;
use std::time::Duration;

use hyper::{Response, StatusCode};
use metrics::{counter, describe_counter, describe_gauge, gauge};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use openresponses_gateway::observe::{GenAiMetrics, MetricsObserver, TenantMetrics};
use openresponses_tower::service::ResponseBody;

use super::body::document;
use super::held::Held;
use super::process;
use crate::measured_store;
use crate::telemetry::{self, SECONDS, Telemetry};
use crate::usage_file::LOST;

/// How often records are merged into buckets; until then each takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

/// 0 is closed, 1 half open, 2 open.
pub(super) const CIRCUITS: &str = "openresponses_circuit_state";

/// What the series of [`TenantMetrics`] begin with.
const OF_TENANTS: &str = "openresponses_tenant_";

const ANSWERS: &str = "openresponses_http_responses_total";

/// All metrics of this process.
#[derive(Clone)]
pub(crate) struct Metrics {
    recorder: PrometheusHandle,
    held: Held,
    /// Whether there is a page, or only an export.
    is_shown: bool,
}

impl Metrics {
    /// Installs the recorder, for a page (`is_shown`) or for an export alone. Needs a runtime.
    ///
    /// # Errors
    /// When the process has a recorder already.
    pub(crate) fn record(
        held: Held,
        telemetry: &Telemetry,
        is_shown: bool,
    ) -> Result<Self, Box<dyn Error>> {
        let seconds = Matcher::Suffix("_seconds".into());
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(seconds, &SECONDS)?
            .build_recorder();
        let handle = recorder.handle();
        telemetry.install(recorder)?;
        MetricsObserver::describe();
        if telemetry::exports_metrics() {
            GenAiMetrics::describe();
            openresponses_tools::record_gen_ai_metrics();
        }
        TenantMetrics::describe();
        process::describe();
        measured_store::describe();
        describe_gauge!(
            CIRCUITS,
            "State of a provider's circuit: 0 is closed, 1 half open, 2 open."
        );
        describe_gauge!("openresponses_build_info", "The running version; always 1.");
        gauge!("openresponses_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        openresponses_tools::describe_metrics();
        describe_counter!(
            ANSWERS,
            "Answers over HTTP, including those without a model call."
        );
        describe_counter!(LOST, "Lines of the usage file that could not be written.");
        Held::describe();
        let upkeep = handle.clone();
        drop(tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        }));
        Ok(Self {
            recorder: handle,
            held,
            is_shown,
        })
    }

    /// Returns true if `GET /metrics` is answered.
    pub(super) fn is_shown(&self) -> bool {
        self.is_shown
    }

    /// Records what is only known when it is looked at.
    pub(super) fn record_gauges(&self) {
        self.held.record();
        process::record();
    }

    /// Answers with all series, or without those that name tenants.
    pub(super) fn tell(&self, names_tenants: bool) -> Response<ResponseBody> {
        self.record_gauges();
        let mut text = self.recorder.render();
        if !names_tenants {
            text = without_tenants(&text);
        }
        document("text/plain; version=0.0.4; charset=utf-8", text)
    }
}

/// Leaves out the series that name tenants, with their descriptions.
fn without_tenants(text: &str) -> String {
    let names_tenant = |line: &str| {
        let name = line
            .strip_prefix("# HELP ")
            .or_else(|| line.strip_prefix("# TYPE "));
        name.unwrap_or(line).starts_with(OF_TENANTS)
    };
    let lines = text.split_inclusive('\n');
    lines.filter(|line| !names_tenant(line)).collect()
}

/// Returns the label of a path, one of three words, since paths are unbounded.
pub(super) fn route(prefix: &str, path: &str) -> &'static str {
    let rest = path
        .strip_prefix(prefix)
        .and_then(|rest| rest.strip_prefix('/'));
    match rest.and_then(|rest| rest.split('/').next()) {
        Some("responses") => "responses",
        Some("models") => "models",
        _ => "other",
    }
}

/// Counts a response.
pub(super) fn answered(route: &'static str, status: StatusCode) {
    counter!(ANSWERS, "route" => route, "status" => status.as_str().to_owned()).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_of_tenants_are_left_out_whole() {
        let others = "# HELP openresponses_tokens_total T.\n# TYPE openresponses_tokens_total counter\n\
            openresponses_tokens_total{model=\"openresponses_tenant_m\"} 1\n\n";
        let tenants = "# HELP openresponses_tenant_tokens_total T.\n# TYPE openresponses_tenant_tokens_total counter\n\
            openresponses_tenant_tokens_total{tenant=\"acme\",key=\"k\"} 1\n";
        assert_eq!(
            without_tenants(&format!("{others}{tenants}{others}")),
            format!("{others}{others}")
        );
    }

    #[test]
    fn routes() {
        for (path, expected) in [
            ("/v1/responses", "responses"),
            ("/v1/responses/resp_1", "responses"),
            ("/v1/models", "models"),
            ("/v1/modelsx", "other"),
            ("/v1", "other"),
            ("/", "other"),
        ] {
            assert_eq!(route("/v1", path), expected, "{path}");
        }
        assert_eq!(route("", "/responses"), "responses");
    }
}
