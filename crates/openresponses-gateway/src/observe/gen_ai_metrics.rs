//! Metrics by OpenTelemetry's conventions for generative AI.

use metrics::{Label, Unit, counter, describe_counter, describe_histogram, histogram};

use super::label::label;
use super::observer::{AttemptEnd, Observer, Outcome, RequestEnd};

/// Upper bounds of durations in seconds, as the conventions advise them.
const DURATIONS: &[f64] = &[
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
const TIME_TO_FIRST_TOKEN: &[f64] = &[
    0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];
const TIME_PER_TOKEN: &[f64] = &[
    0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.5,
];
/// Upper bounds of token counts.
const TOKENS: &[f64] = &[
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

macro_rules! metrics_table {
    ($( $variant:ident = $name:literal, $unit:ident, $text:literal $(, $buckets:ident)?; )*) => {
        /// A metric of the conventions for generative AI.
        ///
        /// ```
        /// use openresponses_gateway::observe::GenAiMetric;
        ///
        /// let duration = GenAiMetric::ServerDuration;
        /// assert_eq!(duration.name(), "gen_ai.server.request.duration");
        /// assert_eq!(duration.buckets().map(<[f64]>::len), Some(14));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum GenAiMetric {
            $( #[doc = concat!("`", $name, "`: ", $text)] $variant, )*
        }

        impl GenAiMetric {
            /// All of them.
            pub const ALL: &'static [Self] = &[$( Self::$variant, )*];

            /// Returns the name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $name, )*
                }
            }

            /// Returns the upper bounds of the buckets that the conventions advise; none for a
            /// counter.
            #[must_use]
            pub fn buckets(self) -> Option<&'static [f64]> {
                match self {
                    $( Self::$variant => metrics_table!(@buckets $($buckets)?), )*
                }
            }

            /// Describes the metric to the installed recorder.
            fn describe(self) {
                match self {
                    $( Self::$variant => metrics_table!(@describe $name, $unit, $text $(, $buckets)?), )*
                }
            }
        }
    };
    (@buckets) => { None };
    (@buckets $buckets:ident) => { Some($buckets) };
    (@describe $name:literal, $unit:ident, $text:literal) => {
        describe_counter!($name, Unit::$unit, $text)
    };
    (@describe $name:literal, $unit:ident, $text:literal, $buckets:ident) => {
        describe_histogram!($name, Unit::$unit, $text)
    };
}

metrics_table! {
    ClientDuration = "gen_ai.client.inference.duration", Seconds,
        "Duration of attempts at providers.", DURATIONS;
    ClientTimeToFirstChunk = "gen_ai.client.inference.time_to_first_chunk", Seconds,
        "Time until the first output of streamed attempts.", DURATIONS;
    ClientTimePerOutputChunk = "gen_ai.client.inference.time_per_output_chunk", Seconds,
        "Time between the pieces of streamed attempts: for each attempt its mean.", DURATIONS;
    InputTokens = "gen_ai.client.inference.usage.input_tokens", Count,
        "Input tokens, those of caches included.";
    OutputTokens = "gen_ai.client.inference.usage.output_tokens", Count,
        "Output tokens, those of reasoning included.";
    CacheReadTokens = "gen_ai.client.inference.usage.cache_read.input_tokens", Count,
        "Input tokens that were read from a cache.";
    ReasoningTokens = "gen_ai.client.inference.usage.reasoning.output_tokens", Count,
        "Output tokens that were spent on reasoning.";
    InputTokensPerOperation = "gen_ai.client.inference.operation.input_tokens", Count,
        "Input tokens of an attempt.", TOKENS;
    OutputTokensPerOperation = "gen_ai.client.inference.operation.output_tokens", Count,
        "Output tokens of an attempt.", TOKENS;
    ServerDuration = "gen_ai.server.request.duration", Seconds,
        "Duration of requests, with all their attempts.", DURATIONS;
    ServerTimeToFirstToken = "gen_ai.server.time_to_first_token", Seconds,
        "Time until the client could see output, of requests that succeeded.", TIME_TO_FIRST_TOKEN;
    ServerTimePerOutputToken = "gen_ai.server.time_per_output_token", Seconds,
        "Time for each output token after the first, of streamed requests that succeeded.",
        TIME_PER_TOKEN;
}

/// An [`Observer`] that records the metrics of OpenTelemetry's conventions for generative AI
/// ([`GEN_AI_CONVENTIONS`](super::GEN_AI_CONVENTIONS)) through the `metrics` facade, for a recorder
/// that exports them: each [`GenAiMetric`].
///
/// `gen_ai.client.*` are of attempts at providers, `gen_ai.server.*` of requests with all their
/// attempts. Labels are bounded: `gen_ai.request.model` is the model of the catalog, and
/// `gen_ai.provider.name` its provider.
///
/// ```
/// use openresponses_gateway::Gateway;
/// use openresponses_gateway::observe::{GenAiMetrics, MetricsObserver};
/// use openresponses_gateway::registry::{Catalog, Registry};
///
/// GenAiMetrics::describe();
/// let gateway = Gateway::new(Registry::new(Catalog::new())?).observer((MetricsObserver, GenAiMetrics));
/// # let _ = gateway;
/// # Ok::<(), openresponses_gateway::registry::CatalogError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct GenAiMetrics;

impl GenAiMetrics {
    /// Describes each metric to the installed recorder.
    pub fn describe() {
        GenAiMetric::ALL.iter().for_each(|metric| metric.describe());
    }
}

/// The labels that all metrics have.
fn labels(operation: &str, model: Option<&str>, provider: Option<&str>) -> Vec<Label> {
    vec![
        Label::new("gen_ai.operation.name", label(operation)),
        Label::new("gen_ai.provider.name", label(provider.unwrap_or("none"))),
        Label::new("gen_ai.request.model", label(model.unwrap_or("none"))),
    ]
}

/// The same with the error of one that failed or was cancelled.
fn with_error(labels: &[Label], outcome: Outcome<'_>) -> Vec<Label> {
    let mut labels = labels.to_vec();
    if outcome != Outcome::Ok {
        labels.push(Label::new("error.type", label(outcome.label())));
    }
    labels
}

fn record(metric: GenAiMetric, labels: Vec<Label>, value: f64) {
    histogram!(metric.name(), labels).record(value);
}

fn float(count: u64) -> f64 {
    count as f64
}

impl Observer for GenAiMetrics {
    fn attempt_ended(&self, attempt: &AttemptEnd<'_>) {
        let labels = labels(
            attempt.operation,
            Some(attempt.model),
            Some(attempt.provider),
        );
        let failed = with_error(&labels, attempt.outcome);
        record(
            GenAiMetric::ClientDuration,
            failed,
            attempt.took.as_secs_f64(),
        );
        if let Some(chunks) = attempt.chunks {
            let first = chunks.first.as_secs_f64();
            record(GenAiMetric::ClientTimeToFirstChunk, labels.clone(), first);
            if chunks.later > 0 {
                let rest = attempt.took.saturating_sub(chunks.first).as_secs_f64();
                let count = usize::try_from(chunks.later).unwrap_or(usize::MAX);
                histogram!(GenAiMetric::ClientTimePerOutputChunk.name(), labels.clone())
                    .record_many(rest / float(chunks.later), count);
            }
        }
        let Some(usage) = attempt.usage else {
            return;
        };
        let cached = usage.input_tokens_details.value();
        let reasoning = usage.output_tokens_details.value();
        for (metric, count) in [
            (GenAiMetric::InputTokens, Some(usage.input_tokens)),
            (GenAiMetric::OutputTokens, Some(usage.output_tokens)),
            (
                GenAiMetric::CacheReadTokens,
                cached.map(|it| it.cached_tokens),
            ),
            (
                GenAiMetric::ReasoningTokens,
                reasoning.map(|it| it.reasoning_tokens),
            ),
        ] {
            if let Some(count) = count {
                let mut labels = labels.clone();
                // Providers do not tell which tokens are of texts.
                labels.push(Label::new("gen_ai.token.modality", "unknown"));
                counter!(metric.name(), labels).increment(count);
            }
        }
        for (metric, count) in [
            (GenAiMetric::InputTokensPerOperation, usage.input_tokens),
            (GenAiMetric::OutputTokensPerOperation, usage.output_tokens),
        ] {
            record(metric, labels.clone(), float(count));
        }
    }

    fn request_ended(&self, request: &RequestEnd<'_>) {
        let labels = labels(request.operation, request.model, request.provider);
        let failed = with_error(&labels, request.outcome);
        record(
            GenAiMetric::ServerDuration,
            failed,
            request.took.as_secs_f64(),
        );
        let (Outcome::Ok, Some(chunks)) = (request.outcome, request.chunks) else {
            return;
        };
        let first = chunks.first.as_secs_f64();
        record(GenAiMetric::ServerTimeToFirstToken, labels.clone(), first);
        let tokens = request.usage.map_or(0, |usage| usage.output_tokens);
        if tokens > 1 {
            let rest = request.took.saturating_sub(chunks.first).as_secs_f64();
            let each = rest / float(tokens - 1);
            record(GenAiMetric::ServerTimePerOutputToken, labels, each);
        }
    }
}
