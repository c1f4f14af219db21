//! Streams to check, event by event.

use serde_json::{Value, json};

/// A response with all required members.
pub(super) fn response(status: &str, output: &[Value]) -> Value {
    json!({
        "id": "resp_1", "object": "response", "created_at": 1, "completed_at": null,
        "status": status, "incomplete_details": null, "model": "m",
        "previous_response_id": null, "instructions": null, "output": output, "error": null,
        "tools": [], "tool_choice": "auto", "truncation": "disabled",
        "parallel_tool_calls": true, "text": {"format": {"type": "text"}}, "top_p": 1,
        "presence_penalty": 0, "frequency_penalty": 0, "top_logprobs": 0, "temperature": 1,
        "reasoning": null, "usage": null, "max_output_tokens": null, "max_tool_calls": null,
        "store": false, "background": false, "service_tier": "default", "metadata": {},
        "safety_identifier": null, "prompt_cache_key": null,
    })
}

pub(super) fn snapshot(kind: &str, status: &str, output: &[Value]) -> Value {
    json!({"type": format!("response.{kind}"), "response": response(status, output)})
}

pub(super) fn started() -> Vec<Value> {
    vec![
        snapshot("created", "in_progress", &[]),
        snapshot("in_progress", "in_progress", &[]),
    ]
}

pub(super) fn message(id: &str, status: &str, parts: &[Value]) -> Value {
    json!({"type": "message", "id": id, "role": "assistant", "status": status, "content": parts})
}

pub(super) fn text(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

pub(super) fn added(index: usize, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

pub(super) fn done(index: usize, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

/// An event about the first part of an item.
pub(super) fn part(kind: &str, id: &str, index: usize, more: &Value) -> Value {
    let mut event = json!({
        "type": format!("response.{kind}"), "item_id": id, "output_index": index,
        "content_index": 0,
    });
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

/// The events of a message, and the message.
pub(super) fn whole_message(id: &str, index: usize, deltas: &[&str]) -> (Vec<Value>, Value) {
    let whole = text(&deltas.concat());
    let item = message(id, "completed", std::slice::from_ref(&whole));
    let mut events = vec![
        added(index, &message(id, "in_progress", &[])),
        part("content_part.added", id, index, &json!({"part": text("")})),
    ];
    for delta in deltas {
        let more = json!({"delta": delta, "logprobs": []});
        events.push(part("output_text.delta", id, index, &more));
    }
    let more = json!({"text": whole["text"], "logprobs": []});
    events.push(part("output_text.done", id, index, &more));
    events.push(part(
        "content_part.done",
        id,
        index,
        &json!({"part": whole}),
    ));
    events.push(done(index, &item));
    (events, item)
}

pub(super) fn call(status: &str, arguments: &str) -> Value {
    json!({
        "type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "f",
        "arguments": arguments, "status": status,
    })
}

/// The events of a call, and the call.
pub(super) fn whole_call(index: usize, deltas: &[&str]) -> (Vec<Value>, Value) {
    let item = call("completed", &deltas.concat());
    let mut events = vec![added(index, &call("in_progress", ""))];
    for delta in deltas {
        events.push(json!({
            "type": "response.function_call_arguments.delta", "item_id": "fc_1",
            "output_index": index, "delta": delta,
        }));
    }
    events.push(json!({
        "type": "response.function_call_arguments.done", "item_id": "fc_1",
        "output_index": index, "arguments": deltas.concat(),
    }));
    events.push(done(index, &item));
    (events, item)
}

/// A whole stream that says hello.
pub(super) fn hello() -> Vec<Value> {
    let (events, item) = whole_message("msg_1", 0, &["Hel", "lo"]);
    [
        started(),
        events,
        vec![snapshot("completed", "completed", &[item])],
    ]
    .concat()
}

/// Numbers the events that have no number yet.
pub(super) fn number(mut events: Vec<Value>) -> Vec<Value> {
    for (number, event) in events.iter_mut().enumerate() {
        let event = event.as_object_mut().unwrap();
        event.entry("sequence_number").or_insert(json!(number));
    }
    events
}

/// The frames of some events, and the end mark.
pub(super) fn frames(events: Vec<Value>) -> Vec<String> {
    let event = |event: Value| {
        let name = event["type"].as_str().unwrap();
        format!("event: {name}\ndata: {event}\n\n")
    };
    let mut frames: Vec<_> = number(events).into_iter().map(event).collect();
    frames.push("data: [DONE]\n\n".into());
    frames
}

pub(super) fn transcript(events: Vec<Value>) -> String {
    frames(events).concat()
}
