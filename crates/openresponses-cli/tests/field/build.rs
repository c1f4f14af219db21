//! The events of an upstream, built for tests: short, one fact each.

use serde_json::{Value, json};

pub(crate) fn snapshot(status: &str, output: Value) -> Value {
    let usage = match status {
        "in_progress" => Value::Null,
        _ => json!({
            "input_tokens": 1, "output_tokens": 2, "total_tokens": 3,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens_details": {"reasoning_tokens": 0},
        }),
    };
    json!({
        "id": "resp_theirs", "object": "response", "created_at": 1, "completed_at": null,
        "status": status, "incomplete_details": null, "model": "theirs",
        "previous_response_id": null, "instructions": null, "output": output, "error": null,
        "tools": [], "tool_choice": "auto", "truncation": "disabled",
        "parallel_tool_calls": true, "text": {"format": {"type": "text"}}, "top_p": 1.0,
        "presence_penalty": 0.0, "frequency_penalty": 0.0, "top_logprobs": 0,
        "temperature": 1.0, "reasoning": null, "usage": usage, "max_output_tokens": null,
        "max_tool_calls": null, "store": false, "background": false,
        "service_tier": "default", "metadata": {}, "safety_identifier": null,
        "prompt_cache_key": null,
    })
}

pub(crate) fn opening() -> Vec<Value> {
    ["response.created", "response.in_progress"]
        .map(|name| json!({"type": name, "response": snapshot("in_progress", json!([]))}))
        .to_vec()
}

pub(crate) fn completed(output: Value) -> Value {
    json!({"type": "response.completed", "response": snapshot("completed", output)})
}

/// The events, numbered from 0.
pub(crate) fn numbered(events: impl IntoIterator<Item = Value>) -> Vec<Value> {
    let events = events.into_iter().enumerate();
    events
        .map(|(number, mut event)| {
            if event["type"].is_string() {
                event["sequence_number"] = number.into();
            }
            event
        })
        .collect()
}

pub(crate) fn message(status: &str, text: Option<&str>) -> Value {
    let part =
        |text| json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []});
    let content: Vec<Value> = text.into_iter().map(part).collect();
    json!({"type": "message", "id": "msg_1", "status": status, "role": "assistant", "content": content})
}

/// The events of a message `Hello` at `index`.
pub(crate) fn hello_at(index: u64) -> Vec<Value> {
    let about = |name: &str, rest: Value| {
        let mut event = json!({
            "type": format!("response.{name}"), "item_id": "msg_1",
            "output_index": index, "content_index": 0,
        });
        for (name, value) in rest.as_object().unwrap() {
            event[name] = value.clone();
        }
        event
    };
    let part = |text| json!({"part": {"type": "output_text", "text": text, "annotations": [], "logprobs": []}});
    vec![
        json!({"type": "response.output_item.added", "output_index": index, "item": message("in_progress", None)}),
        about("content_part.added", part("")),
        about("output_text.delta", json!({"delta": "Hel", "logprobs": []})),
        about("output_text.delta", json!({"delta": "lo", "logprobs": []})),
        about("output_text.done", json!({"text": "Hello", "logprobs": []})),
        about("content_part.done", part("Hello")),
        json!({"type": "response.output_item.done", "output_index": index, "item": message("completed", Some("Hello"))}),
    ]
}

pub(crate) fn hello() -> Vec<Value> {
    let output = json!([message("completed", Some("Hello"))]);
    numbered([opening(), hello_at(0), vec![completed(output)]].concat())
}

/// A whole answer `Hello` whose terminal response is changed.
pub(crate) fn hello_ending(change: impl Fn(&mut Value)) -> Vec<Value> {
    let mut events = hello();
    change(&mut events.last_mut().unwrap()["response"]);
    events
}

pub(crate) fn call(index: u64, name: &str, deltas: &[&str]) -> Vec<Value> {
    let id = format!("fc_{index}");
    let item = |status: &str, arguments: &str| {
        json!({
            "type": "function_call", "id": id, "call_id": format!("call_{index}"),
            "name": name, "arguments": arguments, "status": status,
        })
    };
    let whole = deltas.concat();
    let added = json!({"type": "response.output_item.added", "output_index": index, "item": item("in_progress", "")});
    let mut events = vec![added];
    for delta in deltas {
        events.push(json!({
            "type": "response.function_call_arguments.delta", "item_id": id,
            "output_index": index, "delta": delta,
        }));
    }
    events.push(json!({
        "type": "response.function_call_arguments.done", "item_id": id,
        "output_index": index, "arguments": whole,
    }));
    events.push(json!({"type": "response.output_item.done", "output_index": index, "item": item("completed", &whole)}));
    events
}

pub(crate) fn one_call(name: &str) -> Vec<Value> {
    let events = call(0, name, &["{\"a\"", ":1}"]);
    let item = events.last().unwrap()["item"].clone();
    numbered([opening(), events, vec![completed(json!([item]))]].concat())
}

pub(crate) fn custom_call(name: &str) -> Vec<Value> {
    let item = |status: &str, input: &str| json!({"type": "custom_tool_call", "id": "ctc_1", "call_id": "c", "name": name, "input": input, "status": status});
    let done = item("completed", "ls");
    numbered([
        opening(),
        vec![
            json!({"type": "response.output_item.added", "output_index": 0, "item": item("in_progress", "")}),
            json!({"type": "response.custom_tool_call_input.delta", "output_index": 0, "item_id": "ctc_1", "delta": "ls"}),
            json!({"type": "response.custom_tool_call_input.done", "output_index": 0, "item_id": "ctc_1", "input": "ls"}),
            json!({"type": "response.output_item.done", "output_index": 0, "item": done}),
            completed(json!([done])),
        ],
    ]
    .concat())
}

pub(crate) fn failing(events: Vec<Value>) -> Vec<Value> {
    numbered([opening(), events].concat())
}

pub(crate) fn failed(error: Value) -> Value {
    let mut response = snapshot("failed", json!([]));
    response["error"] = error;
    response["usage"] = Value::Null;
    json!({"type": "response.failed", "response": response})
}

pub(crate) fn reasoning(summary: &[&str]) -> Value {
    let part = |text: &&str| json!({"type": "summary_text", "text": text});
    let summary: Vec<Value> = summary.iter().map(part).collect();
    json!({"type": "reasoning", "id": "rs_1", "summary": summary, "encrypted_content": null})
}

pub(crate) fn summary_delta() -> Vec<Value> {
    vec![
        json!({"type": "response.output_item.added", "output_index": 0, "item": reasoning(&[])}),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0, "item_id": "rs_1", "summary_index": 0, "delta": "hm"}),
    ]
}

/// A stream that opens, has `events`, and completes with `output`.
pub(crate) fn around(events: Vec<Value>, output: Value) -> Vec<Value> {
    numbered([opening(), events, vec![completed(output)]].concat())
}

/// An answer that fails with `code`: as `response.failed`, as `error`, and untyped.
pub(crate) fn failing_with(code: &str) -> [Vec<Value>; 3] {
    let error = json!({"code": code, "message": "so it is"});
    [
        failing(vec![failed(error.clone())]),
        failing(vec![json!({"type": "error", "error": error})]),
        vec![json!({"error": error})],
    ]
}
