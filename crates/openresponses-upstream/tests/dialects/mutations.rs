//! Whatever an upstream sends, the reader does not panic and ends the response, which is legal.

use openresponses_upstream::Dialect;
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::gemini::Gemini;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::read;

fn messages() -> Vec<Value> {
    let start = |index: u64, block: Value| json!({"type": "content_block_start", "index": index, "content_block": block});
    let delta = |index: u64, delta: Value| json!({"type": "content_block_delta", "index": index, "delta": delta});
    let stop = |index: u64| json!({"type": "content_block_stop", "index": index});
    vec![
        json!({"type": "message_start", "message": {"id": "m", "content": [{"type": "text", "text": "a", "citations": [{"type": "web_search_result_location", "url": "u"}]}], "usage": {"input_tokens": 1, "output_tokens": 1}}}),
        start(
            0,
            json!({"type": "thinking", "thinking": "", "signature": ""}),
        ),
        delta(0, json!({"type": "thinking_delta", "thinking": "b"})),
        delta(0, json!({"type": "signature_delta", "signature": "c"})),
        stop(0),
        start(1, json!({"type": "text", "text": ""})),
        delta(1, json!({"type": "text_delta", "text": "d"})),
        delta(
            1,
            json!({"type": "citations_delta", "citation": {"type": "search_result_location", "source": "u"}}),
        ),
        stop(1),
        start(
            2,
            json!({"type": "tool_use", "id": "t", "name": "f", "input": {}}),
        ),
        delta(2, json!({"type": "input_json_delta", "partial_json": "{}"})),
        stop(2),
        start(3, json!({"type": "redacted_thinking", "data": "e"})),
        stop(3),
        json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}),
        json!({"type": "message_stop"}),
    ]
}

fn chunks() -> Vec<Value> {
    let chunk = |part: Value| json!({"candidates": [{"index": 0, "content": {"role": "model", "parts": [part]}}]});
    vec![
        chunk(json!({"text": "a", "thought": true, "thoughtSignature": "s"})),
        chunk(json!({"text": "b"})),
        chunk(json!({"text": "", "thoughtSignature": "s"})),
        chunk(
            json!({"functionCall": {"id": "i", "name": "f", "args": {"a": 1}}, "thoughtSignature": "s"}),
        ),
        chunk(json!({"functionCall": {"name": "g", "willContinue": true}})),
        chunk(
            json!({"functionCall": {"partialArgs": [{"jsonPath": "$.a[0].b", "stringValue": "c"}], "willContinue": true}}),
        ),
        chunk(json!({"functionCall": {"partialArgs": [{"jsonPath": "$.a[1]", "numberValue": 1}]}})),
        json!({"promptFeedback": {"blockReason": "SAFETY"}}),
        json!({"candidates": [{"finishReason": "STOP"}], "usageMetadata": {"promptTokenCount": 1, "candidatesTokenCount": 2}}),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        Just(json!(true)),
        Just(json!(-1)),
        Just(json!(1e300)),
        Just(json!("")),
        Just(json!("text")),
        Just(json!("$.x[9999999999]")),
        Just(json!([])),
        Just(json!([{}, 1, "a"])),
        Just(json!({})),
        Just(json!({"type": "text", "text": "t"})),
        Just(json!({"error": {"message": "No"}})),
    ]
}

/// The places of all values.
fn places(at: &str, value: &Value, all: &mut Vec<String>) {
    all.push(at.to_owned());
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                places(&format!("{at}/{name}"), value, all);
            }
        }
        Value::Array(elements) => {
            for (index, value) in elements.iter().enumerate() {
                places(&format!("{at}/{index}"), value, all);
            }
        }
        _ => {}
    }
}

/// Changes some values, leaves some events out, and reads what is left.
fn mutate(dialect: &impl Dialect, events: Vec<Value>, changes: &[(usize, Value)], cut: usize) {
    let mut all = Value::Array(events);
    for (at, value) in changes {
        let mut every = Vec::new();
        places("", &all, &mut every);
        // The first is the list itself.
        let place = &every[1..][at % (every.len() - 1)];
        *all.pointer_mut(place).unwrap() = value.clone();
    }
    let events = all.as_array().unwrap().iter();
    let mut lines: Vec<_> = events.map(|event| format!("data: {event}\n\n")).collect();
    lines.remove(cut % lines.len());
    let answered = read(dialect, &lines.concat());
    let statuses = ["completed", "incomplete", "failed"];
    assert!(statuses.contains(&answered.status()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invalid_messages_end_the_response(
        changes in prop::collection::vec((any::<usize>(), value()), 0..4),
        cut in any::<usize>(),
    ) {
        mutate(&Anthropic::new(), messages(), &changes, cut);
    }

    #[test]
    fn invalid_chunks_end_the_response(
        changes in prop::collection::vec((any::<usize>(), value()), 0..4),
        cut in any::<usize>(),
    ) {
        mutate(&Gemini::new(), chunks(), &changes, cut);
    }
}
