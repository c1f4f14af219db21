use std::time::Duration;

use metrics::{
    Counter, Histogram, Key, Level, Metadata, Unit, counter, describe_counter, describe_gauge,
    describe_histogram, gauge, with_recorder,
};

use super::label::label;
use super::metric_keys::target_keys;
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
/// Attempts are calls: a provider that is passed over, since it is busy or its circuit open, makes none.
/// A request for which no provider was called has `none` for model and provider.
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
            "Calls of providers that have ended."
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
        let keys = target_keys(model, provider);
        histogram_of(&keys.first_output).record(after.as_secs_f64());
    }

    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        let keys = target_keys(attempt.model, attempt.provider);
        let keys = keys.outcome(attempt.outcome.label());
        counter_of(&keys.attempts).increment(1);
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
        let model = request.model.unwrap_or("none");
        let keys = target_keys(model, request.provider.unwrap_or("none"));
        gauge!("openresponses_active_requests").decrement(1.0);
        let outcome = keys.outcome(request.outcome.label());
        counter_of(&outcome.requests).increment(1);
        histogram_of(&keys.duration).record(request.took.as_secs_f64());
        if let Some(usage) = request.usage {
            counter_of(&keys.input_tokens).increment(usage.input_tokens);
            counter_of(&keys.output_tokens).increment(usage.output_tokens);
        }
    }
}

static METADATA: Metadata<'static> =
    Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// Returns the counter of a key, as [`counter!`] does of a name and its labels.
fn counter_of(key: &Key) -> Counter {
    with_recorder(|recorder| recorder.register_counter(key, &METADATA))
}

fn histogram_of(key: &Key) -> Histogram {
    with_recorder(|recorder| recorder.register_histogram(key, &METADATA))
}
