//! The events of streams of every kind.

use serde_json::{Value, json};

use crate::build::*;

pub(crate) fn stream(middle: Vec<Value>, end: Value) -> Vec<Value> {
    [started(), middle, vec![end]].concat()
}

pub(crate) fn completed(output: &[Value]) -> Value {
    snapshot("completed", "completed", output)
}

fn summary(text: &str) -> Value {
    json!({"type": "summary_text", "text": text})
}

/// An event about the first part of a summary.
fn summing(kind: &str, name: &str, value: Value) -> Value {
    json!({
        "type": format!("response.reasoning_summary_{kind}"), "item_id": "rs_1",
        "output_index": 0, "summary_index": 0, name: value,
    })
}

/// Reasoning with a summary and a text, and the item.
pub(crate) fn thought() -> (Vec<Value>, Value) {
    let reasoning = |summaries: &[Value], texts: &[Value]| json!({"type": "reasoning", "id": "rs_1", "summary": summaries, "content": texts});
    let text = |text: &str| json!({"type": "reasoning_text", "text": text});
    let saying = |kind: &str, more: Value| part(kind, "rs_1", 0, &more);
    let item = reasoning(&[summary("So.")], &[text("Hm, so")]);
    let events = vec![
        added(0, &reasoning(&[], &[])),
        saying("content_part.added", json!({"part": text("")})),
        saying("reasoning.delta", json!({"delta": "Hm, "})),
        saying("reasoning.delta", json!({"delta": "so"})),
        saying("reasoning.done", json!({"text": "Hm, so"})),
        saying("content_part.done", json!({"part": text("Hm, so")})),
        summing("part.added", "part", summary("")),
        summing("text.delta", "delta", json!("So.")),
        summing("text.done", "text", json!("So.")),
        summing("part.done", "part", summary("So.")),
        done(0, &item),
    ];
    (events, item)
}

pub(crate) fn refusal(id: &str, index: usize) -> (Vec<Value>, Value) {
    let refusal = |text: &str| json!({"type": "refusal", "refusal": text});
    let item = message(id, "completed", &[refusal("I won't.")]);
    let events = vec![
        added(index, &message(id, "in_progress", &[])),
        part(
            "content_part.added",
            id,
            index,
            &json!({"part": refusal("")}),
        ),
        part("refusal.delta", id, index, &json!({"delta": "I "})),
        part("refusal.delta", id, index, &json!({"delta": "won't."})),
        part("refusal.done", id, index, &json!({"refusal": "I won't."})),
        part(
            "content_part.done",
            id,
            index,
            &json!({"part": refusal("I won't.")}),
        ),
        done(index, &item),
    ];
    (events, item)
}

/// Another call than the one of [`whole_call`].
pub(crate) fn other_call(index: usize) -> (Vec<Value>, Value) {
    let (events, item) = whole_call(index, &["{\"b\"", ":2}"]);
    let renamed = |value: &Value| -> Value {
        let text = value.to_string();
        serde_json::from_str(&text.replace("fc_1", "fc_2").replace("call_1", "call_2")).unwrap()
    };
    (events.iter().map(renamed).collect(), renamed(&item))
}

/// Two calls with interleaved events.
pub(crate) fn parallel_calls() -> Vec<Value> {
    let (one, first) = whole_call(0, &["{\"a\"", ":1}"]);
    let (two, second) = other_call(1);
    let mut both = Vec::new();
    for (left, right) in one.into_iter().zip(two) {
        both.extend([left, right]);
    }
    stream(both, completed(&[first, second]))
}

/// Reasoning, a message with a citation, a call, and an implementer's event.
///
/// | 2 to 12 | 13 | 14 | 15, 16 | 17 | 18 | 19 | 20 | 21 to 25 | 26 | 27 |
/// |---|---|---|---|---|---|---|---|---|---|---|
/// | reasoning | item added | part added | deltas | annotation | text done | part done | item done | call | extension | completed |
pub(crate) fn everything() -> Vec<Value> {
    let (mut events, reasoning) = thought();
    let (mut text, mut message) = whole_message("msg_1", 1, &["Hel", "lo"]);
    let citation = json!({
        "type": "url_citation", "url": "https://a.example", "title": "A", "start_index": 0,
        "end_index": 5,
    });
    message["content"][0]["annotations"] = json!([citation]);
    text[5]["part"]["annotations"] = json!([citation]);
    text[6]["item"] = message.clone();
    let annotation = json!({"annotation_index": 0, "annotation": citation});
    text.insert(
        4,
        part("output_text.annotation.added", "msg_1", 1, &annotation),
    );
    let (called, call) = whole_call(2, &["{\"a\"", ":1}"]);
    events.extend(text);
    events.extend(called);
    events.push(json!({"type": "acme:trace_event", "latency_ms": 34}));
    stream(events, completed(&[reasoning, message, call]))
}

/// An incomplete message.
pub(crate) fn incomplete() -> Vec<Value> {
    let (mut events, mut item) = whole_message("msg_1", 0, &["Hel"]);
    item["status"] = json!("incomplete");
    events[5] = done(0, &item);
    let mut end = snapshot("incomplete", "incomplete", &[item]);
    end["response"]["incomplete_details"] = json!({"reason": "max_output_tokens"});
    stream(events, end)
}

/// A response that fails in the middle of a message.
pub(crate) fn failed() -> Vec<Value> {
    let (mut events, _) = whole_message("msg_1", 0, &["Hel"]);
    events.truncate(3);
    events.push(json!({"type": "error", "error": {
        "type": "server_error", "code": "server_error", "message": "It broke.", "param": null,
    }}));
    let item = message("msg_1", "in_progress", &[text("Hel")]);
    let mut end = snapshot("failed", "failed", &[item]);
    end["response"]["error"] = json!({"code": "server_error", "message": "It broke."});
    stream(events, end)
}
