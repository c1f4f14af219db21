//! The frames of an event stream, split without the project's decoder.

use serde_json::Value;

/// The events of a stream, the last one also where its blank line is missing. Leaves out `[DONE]`
/// and what is no JSON.
pub(crate) fn events(stream: &str) -> Vec<Value> {
    let stream = stream.replace("\r\n", "\n");
    let data = stream.split("\n\n").filter_map(data);
    data.filter_map(|data| serde_json::from_str(&data).ok())
        .collect()
}

/// Prints events the way servers do.
pub(crate) fn printed(events: &[Value]) -> String {
    let mut text = String::new();
    for event in events {
        if let Some(name) = event["type"].as_str() {
            text.push_str(&format!("event: {name}\n"));
        }
        text.push_str(&format!("data: {event}\n\n"));
    }
    text
}

fn data(block: &str) -> Option<String> {
    let lines = block.lines().filter_map(|line| line.strip_prefix("data:"));
    let values: Vec<&str> = lines
        .map(|value| value.strip_prefix(' ').unwrap_or(value))
        .collect();
    (!values.is_empty()).then(|| values.join("\n"))
}
