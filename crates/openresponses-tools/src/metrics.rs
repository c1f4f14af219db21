use metrics::{Unit, describe_counter, describe_histogram};

pub(crate) const CALLS: &str = "openresponses_tool_calls_total";
pub(crate) const DURATION: &str = "openresponses_tool_call_duration_seconds";

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
