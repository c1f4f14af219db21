//! `GET /metrics`, in the text format of Prometheus.

use std::error::Error;
use std::time::Duration;

use hyper::{Response, StatusCode};
use metrics::{counter, describe_counter};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use openresponses_gateway::observe::MetricsObserver;

use super::body::{AnswerBody, document};

/// Upper bounds of the duration buckets in seconds, from an embedded model to a slow one.
const SECONDS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0,
];

/// How often records are merged into buckets; until then each takes memory.
const UPKEEP: Duration = Duration::from_secs(5);

const ANSWERS: &str = "openresponses_http_responses_total";

/// All metrics of this process.
#[derive(Clone)]
pub(crate) struct Metrics(PrometheusHandle);

impl Metrics {
    /// Installs the recorder. Needs a runtime.
    ///
    /// # Errors
    /// When the process has a recorder already.
    pub(crate) fn record() -> Result<Self, Box<dyn Error>> {
        let seconds = Matcher::Suffix("_seconds".into());
        let handle = PrometheusBuilder::new()
            .set_buckets_for_metric(seconds, &SECONDS)?
            .install_recorder()?;
        MetricsObserver::describe();
        openresponses_tools::describe_metrics();
        describe_counter!(
            ANSWERS,
            "Answers over HTTP, including those without a model call."
        );
        let upkeep = handle.clone();
        drop(tokio::spawn(async move {
            loop {
                tokio::time::sleep(UPKEEP).await;
                upkeep.run_upkeep();
            }
        }));
        Ok(Self(handle))
    }

    pub(super) fn tell(&self) -> Response<AnswerBody> {
        document("text/plain; version=0.0.4; charset=utf-8", self.0.render())
    }
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
