use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use metrics::{Label, Unit, counter, describe_counter, describe_histogram, histogram};

const CALLS: &str = "openresponses_tool_calls_total";
const DURATION: &str = "openresponses_tool_call_duration_seconds";

/// The metric of tool calls of OpenTelemetry's conventions for generative AI, which
/// [`record_gen_ai_metrics`] switches on: a histogram of seconds with the labels `gen_ai.tool.name`,
/// `gen_ai.tool.type` and, for calls that failed, `error.type`.
pub const GEN_AI_DURATION: &str = "gen_ai.execute_tool.duration";

/// The upper bounds of the buckets of [`GEN_AI_DURATION`] that the conventions advise, in seconds.
pub const GEN_AI_DURATION_BUCKETS: &[f64] = &[
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];

/// Whether the metric of the conventions is recorded, for the recorder of the process.
static BY_CONVENTIONS: AtomicBool = AtomicBool::new(false);

/// Describes the metrics of tools to the recorder of the `metrics` facade.
///
/// | metric | kind | labels |
/// |---|---|---|
/// | `openresponses_tool_calls_total` | counter | `tool`, `outcome` (`ok`, `failed`, `timeout`, `panicked`, `cancelled`) |
/// | `openresponses_tool_call_duration_seconds` | histogram | `tool` |
///
/// Tools are those that the host registered; `client_mcp` stands for all tools of servers that clients
/// name, so that clients cannot make up labels.
pub fn describe_metrics() {
    describe_counter!(CALLS, "Tool calls that have ended.");
    describe_histogram!(DURATION, Unit::Seconds, "Duration of tool calls.");
}

/// Describes [`GEN_AI_DURATION`], and records it from now on beside the metrics of
/// [`describe_metrics`]. For a recorder that exports metrics by OpenTelemetry's conventions. Default:
/// it is not recorded.
///
/// ```
/// openresponses_tools::describe_metrics();
/// openresponses_tools::record_gen_ai_metrics();
/// ```
pub fn record_gen_ai_metrics() {
    describe_histogram!(GEN_AI_DURATION, Unit::Seconds, "Duration of tool calls.");
    BY_CONVENTIONS.store(true, Ordering::Relaxed);
}

/// Records the end of a call of `tool`. `outcome` is `ok` or the type of the error.
pub(crate) fn record(tool: &str, outcome: &'static str, took: Duration) {
    let took = took.as_secs_f64();
    counter!(CALLS, "tool" => tool.to_owned(), "outcome" => outcome).increment(1);
    histogram!(DURATION, "tool" => tool.to_owned()).record(took);
    if BY_CONVENTIONS.load(Ordering::Relaxed) {
        let mut labels = vec![
            Label::new("gen_ai.tool.name", tool.to_owned()),
            Label::new("gen_ai.tool.type", "function"),
        ];
        if outcome != "ok" {
            labels.push(Label::new("error.type", outcome));
        }
        histogram!(GEN_AI_DURATION, labels).record(took);
    }
}
