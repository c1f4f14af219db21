//! Events in random order: any type, a few ids and indices, any content.

use openresponses_types::StreamEvent;
use proptest::prelude::*;
use serde_json::{Value, json};

pub fn any_events(most: usize) -> impl Strategy<Value = Vec<StreamEvent>> {
    prop::collection::vec(any_event(), 0..most).prop_map(|events| {
        let read = |event: Value| StreamEvent::from_json(event.to_string().as_bytes()).unwrap();
        events.into_iter().map(read).collect()
    })
}

fn id() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "a", "b", "c", ""])
}

fn text() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "x", "x", "xx", "xy"])
}

fn status() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!("in_progress"),
        json!("completed"),
        json!("completed"),
        json!("incomplete"),
        json!("searching"),
        Value::Null,
    ])
}

fn part() -> impl Strategy<Value = Value> {
    let kinds = vec![
        "output_text",
        "output_text",
        "refusal",
        "text",
        "summary_text",
        "reasoning_text",
        "acme:image",
        "input_text",
        "odd",
    ];
    (prop::sample::select(kinds), text(), any::<bool>()).prop_map(|(kind, text, cited)| {
        let mut part = json!({"type": kind, "text": text, "refusal": text});
        if cited && kind == "output_text" {
            part["annotations"] = json!([{"type": "acme:note"}]);
        }
        part
    })
}

fn item() -> impl Strategy<Value = Value> {
    let kinds = vec![
        "message",
        "message",
        "message",
        "reasoning",
        "reasoning",
        "function_call",
        "function_call",
        "function_call_output",
        "compaction",
        "acme:search_call",
        "odd",
        "web_search_call",
    ];
    let parts = || prop::collection::vec(part(), 0..3);
    (
        prop::sample::select(kinds),
        id(),
        status(),
        parts(),
        parts(),
        text(),
        any::<bool>(),
    )
        .prop_map(|(kind, id, status, content, summary, text, named)| {
            let mut item = json!({"type": kind, "status": status});
            let more = match kind {
                "message" if named => json!({"role": "assistant", "content": content}),
                "message" => json!({"role": "user", "content": text}),
                "reasoning" => json!({"content": content, "summary": summary}),
                "function_call" => {
                    json!({"name": if named { "f" } else { "" }, "call_id": "k", "arguments": text})
                }
                "function_call_output" => json!({"call_id": "k", "output": text}),
                "compaction" => json!({"encrypted_content": text}),
                _ => json!({"query": text}),
            };
            for (name, value) in more.as_object().unwrap() {
                item[name] = value.clone();
            }
            if named || !id.is_empty() {
                item["id"] = json!(id);
            }
            item
        })
}

fn response() -> impl Strategy<Value = Value> {
    let output = prop::option::of(prop::collection::vec(item(), 0..4));
    let statuses = vec![
        "in_progress",
        "queued",
        "completed",
        "incomplete",
        "failed",
        "cancelled",
    ];
    (output, prop::sample::select(statuses), id(), 0..2).prop_map(|(output, status, id, at)| {
        json!({"object": "response", "id": id, "model": "m", "created_at": at, "status": status, "output": output})
    })
}

fn any_event() -> impl Strategy<Value = Value> {
    let numbers = prop::option::of(0u64..12);
    let lifecycle = (
        prop::sample::select(vec![
            "created",
            "created",
            "queued",
            "in_progress",
            "completed",
            "incomplete",
            "failed",
        ]),
        response(),
    )
        .prop_map(
            |(kind, response)| json!({"type": format!("response.{kind}"), "response": response}),
        );
    let items = (any::<bool>(), 0u64..4, prop::option::weighted(0.9, item())).prop_map(
        |(done, index, item)| {
            let kind = if done { "done" } else { "added" };
            json!({"type": format!("response.output_item.{kind}"), "output_index": index, "item": item})
        },
    );
    let kinds = vec![
        "content_part.added",
        "content_part.done",
        "reasoning_summary_part.added",
        "reasoning_summary_part.done",
        "reasoning_part.added",
        "reasoning_part.done",
        "output_text.delta",
        "output_text.done",
        "refusal.delta",
        "refusal.done",
        "reasoning.delta",
        "reasoning.done",
        "reasoning_text.delta",
        "reasoning_text.done",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "output_text.annotation.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
    ];
    let parts = (prop::sample::select(kinds), id(), 0u64..3, 0u64..3, part(), text()).prop_map(
        |(kind, id, index, part_index, part, text)| {
            json!({
                "type": format!("response.{kind}"), "item_id": id, "output_index": index,
                "content_index": part_index, "summary_index": part_index, "annotation_index": part_index,
                "part": part, "delta": text, "text": text, "refusal": text, "arguments": text,
                "annotation": {"type": "acme:note"},
            })
        },
    );
    let others = prop::sample::select(vec![
        json!({"type": "error", "error": {"message": "m", "type": "t", "code": "c", "param": null}}),
        json!({"type": "error", "message": "m", "code": "c"}),
        json!({"type": "acme:trace"}),
        json!({"type": "odd"}),
        json!({"type": "line\nbreak"}),
        json!({"type": "response.reasoning_text.delta", "delta": 1}),
    ]);
    let event = prop_oneof![3 => lifecycle, 8 => items, 14 => parts, 1 => others];
    (event, numbers).prop_map(|(mut event, number)| {
        let numberless = event["type"]
            .as_str()
            .is_some_and(|kind| kind.contains(':') || kind == "odd");
        if let Some(number) = number.or((!numberless).then_some(0)) {
            event["sequence_number"] = json!(number);
        }
        event
    })
}
