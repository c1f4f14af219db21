use std::time::Duration;

use metrics::{
    Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram,
};

use super::label::label;
use super::observer::{AttemptEnd, Observer, RelayEnd, RequestEnd};

/// An [`Observer`] that records through the `metrics` facade.
///
/// | metric | kind | labels |
/// |---|---|---|
/// | `openresponses_requests_total` | counter | `model`, `provider`, `outcome` |
/// | `openresponses_request_duration_seconds` | histogram | `model`, `provider` |
/// | `openresponses_active_requests` | gauge | |
/// | `openresponses_time_to_first_output_seconds` | histogram | `model`, `provider` |
/// | `openresponses_attempts_total` | counter | `model`, `provider`, `outcome` |
/// | `openresponses_relay_repairs_total` | counter | `model`, `provider`, `repair` |
/// | `openresponses_relay_violations_total` | counter | `model`, `provider`, `rule` |
/// | `openresponses_tokens_total` | counter | `model`, `provider`, `kind` (`input`, `output`) |
///
/// Labels are bounded: models and providers are those of the catalog, outcomes are `ok`,
/// `cancelled` and error codes, repairs and rules are those of the relay and the checker.
///
/// ```
/// use openresponses_gateway::Gateway;
/// use openresponses_gateway::observe::MetricsObserver;
/// use openresponses_gateway::registry::{Catalog, Registry};
///
/// MetricsObserver::describe();
/// let gateway = Gateway::new(Registry::new(Catalog::new())?).observer(MetricsObserver);
/// # let _ = gateway;
/// # Ok::<(), openresponses_gateway::registry::CatalogError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MetricsObserver;

impl MetricsObserver {
    /// Describes each metric to the installed recorder.
    pub fn describe() {
        describe_counter!("openresponses_requests_total", "Requests that have ended.");
        describe_histogram!(
            "openresponses_request_duration_seconds",
            Unit::Seconds,
            "Duration of requests, including their streams."
        );
        describe_gauge!(
            "openresponses_active_requests",
            "Requests and streams that are open."
        );
        describe_histogram!(
            "openresponses_time_to_first_output_seconds",
            Unit::Seconds,
            "Time until the client could see the first output."
        );
        describe_counter!(
            "openresponses_attempts_total",
            "Attempts at providers that have ended."
        );
        describe_counter!(
            "openresponses_relay_repairs_total",
            "Faults of relayed streams that were mended, dropped or tolerated."
        );
        describe_counter!(
            "openresponses_relay_violations_total",
            "Rules that relayed streams broke, where they are not mended."
        );
        describe_counter!(
            "openresponses_tokens_total",
            "Tokens, as reported by providers."
        );
    }
}

impl Observer for MetricsObserver {
    fn request_started(&self) {
        gauge!("openresponses_active_requests").increment(1.0);
    }

    fn first_output(&self, model: &str, provider: &str, after: Duration) {
        histogram!("openresponses_time_to_first_output_seconds",
            "model" => label(model), "provider" => label(provider))
        .record(after.as_secs_f64());
    }

    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        counter!("openresponses_attempts_total",
            "model" => label(attempt.model), "provider" => label(attempt.provider),
            "outcome" => label(attempt.outcome.label()))
        .increment(1);
    }

    fn relayed(&self, relay: &RelayEnd<'_>) {
        let labels = || (label(relay.model), label(relay.provider));
        for (repair, count) in relay.report.repairs.iter() {
            let (model, provider) = labels();
            counter!("openresponses_relay_repairs_total",
                "model" => model, "provider" => provider, "repair" => repair.name())
            .increment(count.into());
        }
        for violation in relay.report.violations {
            let (model, provider) = labels();
            counter!("openresponses_relay_violations_total",
                "model" => model, "provider" => provider, "rule" => violation.rule.name())
            .increment(1);
        }
    }

    fn request_ended(&self, request: &RequestEnd<'_>) {
        let model = label(request.model.unwrap_or("none"));
        let provider = label(request.provider.unwrap_or("none"));
        gauge!("openresponses_active_requests").decrement(1.0);
        counter!("openresponses_requests_total",
            "model" => model.clone(), "provider" => provider.clone(),
            "outcome" => label(request.outcome.label()))
        .increment(1);
        histogram!("openresponses_request_duration_seconds",
            "model" => model.clone(), "provider" => provider.clone())
        .record(request.took.as_secs_f64());
        if let Some(usage) = request.usage {
            for (kind, tokens) in [
                ("input", usage.input_tokens),
                ("output", usage.output_tokens),
            ] {
                counter!("openresponses_tokens_total",
                    "model" => model.clone(), "provider" => provider.clone(), "kind" => kind)
                .increment(tokens);
            }
        }
    }
}
