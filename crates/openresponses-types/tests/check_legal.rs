//! Legal streams of servers, all of which must be accepted.

#![allow(clippy::unwrap_used)]

mod streams;

use openresponses_types::Fold;
use serde_json::{Value, json};
use streams::*;

fn legal(name: &str, events: &[Value]) {
    let events = read(events);
    assert_eq!(rules(&events), [], "{name}");
    assert_legal(&events, name);
    let mut fold = Fold::new();
    for event in &events {
        fold.push(event);
    }
    let last = events.last().unwrap().response().unwrap();
    assert_eq!(fold.finish().as_ref(), Ok(&**last), "{name}");
}

#[test]
fn messages_and_calls() {
    legal("message", &hello());
    legal("call", &calling());
    legal("nothing", &[created(), completed(&[])]);

    let (mut events, first) = whole_message("msg_1", 0, &["One"]);
    let (call, second) = whole_call("fc_1", 1, &["{", "}"]);
    events.extend(call);
    legal(
        "message, then call",
        &stream(events, completed(&[first, second])),
    );

    let item = message("msg_1", "completed", &[text("A"), text("B")]);
    let mut events = vec![added(0, &message("msg_1", "in_progress", &[]))];
    events.extend(text_part("msg_1", 0, 0, &["A"]));
    events.extend(text_part("msg_1", 0, 1, &["B"]));
    events.push(done(0, &item));
    legal("two parts", &stream(events, completed(&[item])));

    let refusal = json!({"type": "refusal", "refusal": "No."});
    let item = message("msg_1", "completed", std::slice::from_ref(&refusal));
    let events = vec![
        added(0, &message("msg_1", "in_progress", &[])),
        part(
            "content_part.added",
            "msg_1",
            0,
            0,
            &json!({"part": {"type": "refusal", "refusal": ""}}),
        ),
        part("refusal.delta", "msg_1", 0, 0, &json!({"delta": "No."})),
        part("refusal.done", "msg_1", 0, 0, &json!({"refusal": "No."})),
        part(
            "content_part.done",
            "msg_1",
            0,
            0,
            &json!({"part": refusal}),
        ),
        done(0, &item),
    ];
    legal("refusal", &stream(events, completed(&[item])));
}

#[test]
fn what_has_no_deltas() {
    let (events, item) = whole_message("msg_1", 0, &[]);
    legal("a text without deltas", &stream(events, completed(&[item])));

    let item = message("msg_1", "completed", &[]);
    let events = vec![
        added(0, &message("msg_1", "in_progress", &[])),
        done(0, &item),
    ];
    legal(
        "a message without parts",
        &stream(events, completed(&[item])),
    );

    let item = call("fc_1", "completed", "{}");
    let events = vec![added(0, &item), done(0, &item)];
    legal(
        "a call announced whole",
        &stream(events, completed(&[item])),
    );

    let item = message("msg_1", "completed", &[text("All of it")]);
    let events = vec![
        added(0, &message("msg_1", "in_progress", &[text("All of it")])),
        done(0, &item),
    ];
    legal(
        "a message announced whole",
        &stream(events, completed(&[item])),
    );

    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "Zg"});
    let first = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "Z"});
    let last = json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "Zh", "status": "completed"});
    let events = vec![added(0, &first), done(0, &item)];
    legal(
        "encrypted anew for each event",
        &stream(events, completed(&[last])),
    );

    let item = json!({"type": "compaction", "id": "cmp_1", "encrypted_content": "x"});
    let events = vec![
        added(
            0,
            &json!({"type": "compaction", "id": "cmp_1", "encrypted_content": ""}),
        ),
        done(0, &item),
    ];
    legal("compaction", &stream(events, completed(&[item])));

    let first = json!({"type": "function_call_output", "id": "fco_1", "call_id": "c", "output": "", "status": "in_progress"});
    let item = json!({"type": "function_call_output", "id": "fco_1", "call_id": "c", "output": "42", "status": "completed"});
    legal(
        "output of a call",
        &stream(vec![added(0, &first), done(0, &item)], completed(&[item])),
    );
}

#[test]
fn interleaved_items() {
    let first = call("fc_1", "completed", "{\"a\":1}");
    let second = call("fc_2", "completed", "{}");
    let delta = |id: &str, index, delta: &str| {
        part(
            "function_call_arguments.delta",
            id,
            index,
            0,
            &json!({"delta": delta}),
        )
    };
    let end = |id: &str, index, all: &str| {
        part(
            "function_call_arguments.done",
            id,
            index,
            0,
            &json!({"arguments": all}),
        )
    };
    let events = vec![
        added(0, &call("fc_1", "in_progress", "")),
        delta("fc_1", 0, "{\"a\""),
        added(1, &call("fc_2", "in_progress", "")),
        delta("fc_2", 1, "{}"),
        delta("fc_1", 0, ":1}"),
        end("fc_2", 1, "{}"),
        done(1, &second),
        end("fc_1", 0, "{\"a\":1}"),
        done(0, &first),
    ];
    legal(
        "parallel calls",
        &stream(events, completed(&[first, second])),
    );
}

#[test]
fn reasoning_in_every_dialect() {
    for (name, delta, end, opened, closed, kind) in [
        (
            "the specification's",
            "reasoning.delta",
            "reasoning.done",
            "content_part.added",
            "content_part.done",
            "reasoning_text",
        ),
        (
            "as the text shows it",
            "reasoning.delta",
            "reasoning.done",
            "content_part.added",
            "content_part.done",
            "output_text",
        ),
        (
            "OpenAI's",
            "reasoning_text.delta",
            "reasoning_text.done",
            "content_part.added",
            "content_part.done",
            "reasoning_text",
        ),
        (
            "vLLM's",
            "reasoning_text.delta",
            "reasoning_text.done",
            "reasoning_part.added",
            "reasoning_part.done",
            "reasoning_text",
        ),
    ] {
        let whole = json!({"type": kind, "text": "Hm."});
        let item = reasoning("rs_1", &[], std::slice::from_ref(&whole));
        let events = vec![
            added(0, &reasoning("rs_1", &[], &[])),
            part(
                opened,
                "rs_1",
                0,
                0,
                &json!({"part": {"type": kind, "text": ""}}),
            ),
            part(delta, "rs_1", 0, 0, &json!({"delta": "H"})),
            part(delta, "rs_1", 0, 0, &json!({"delta": "m."})),
            part(end, "rs_1", 0, 0, &json!({"text": "Hm."})),
            part(closed, "rs_1", 0, 0, &json!({"part": whole})),
            done(0, &item),
        ];
        legal(name, &stream(events, completed(&[item])));
    }
    let whole = json!({"type": "summary_text", "text": "So."});
    let item = reasoning("rs_1", std::slice::from_ref(&whole), &[]);
    let mut first = reasoning("rs_1", &[], &[]);
    first["content"] = Value::Null;
    let events = vec![
        added(0, &first),
        part(
            "reasoning_summary_part.added",
            "rs_1",
            0,
            0,
            &json!({"part": {"type": "summary_text", "text": ""}}),
        ),
        part(
            "reasoning_summary_text.delta",
            "rs_1",
            0,
            0,
            &json!({"delta": "So.", "obfuscation": "xyz"}),
        ),
        part(
            "reasoning_summary_text.done",
            "rs_1",
            0,
            0,
            &json!({"text": "So."}),
        ),
        part(
            "reasoning_summary_part.done",
            "rs_1",
            0,
            0,
            &json!({"part": whole}),
        ),
        done(0, &item),
    ];
    legal("summary", &stream(events, completed(&[item])));
}

#[test]
fn ends_of_every_kind() {
    let cut = message("msg_1", "incomplete", &[text("He")]);
    let mut events = vec![added(0, &message("msg_1", "in_progress", &[]))];
    events.extend(text_part("msg_1", 0, 0, &["He"]));
    events.push(done(0, &cut));
    legal("incomplete", &stream(events, incomplete(&[cut])));

    let (events, item) = whole_message("msg_1", 0, &["He"]);
    legal(
        "incomplete behind a whole item",
        &stream(events, incomplete(&[item])),
    );

    let open = || {
        vec![
            added(0, &message("msg_1", "in_progress", &[])),
            part(
                "content_part.added",
                "msg_1",
                0,
                0,
                &json!({"part": text("")}),
            ),
            part("output_text.delta", "msg_1", 0, 0, &json!({"delta": "He"})),
        ]
    };
    let item = message("msg_1", "in_progress", &[text("He")]);
    legal(
        "failed",
        &stream(open(), failed(std::slice::from_ref(&item))),
    );
    let mut events = open();
    events.push(error());
    legal("error, then failed", &stream(events, failed(&[item])));
    let mut events = open();
    events.push(error());
    events.push(json!({"type": "acme:trace", "a": 1}));
    legal("failed without its output", &stream(events, failed(&[])));
    legal("failed at once", &[created(), error(), failed(&[])]);
}

#[test]
fn queued_responses() {
    let queued = |kind: &str| snapshot(kind, "queued", &[]);
    legal(
        "queued",
        &[
            queued("created"),
            queued("queued"),
            in_progress(),
            completed(&[]),
        ],
    );
    legal(
        "queued first",
        &[queued("queued"), created(), in_progress(), completed(&[])],
    );
    legal("never in progress", &[created(), completed(&[])]);
}

#[test]
fn types_of_implementers() {
    let searching = json!({"type": "acme:search_call", "id": "s_1", "status": "in_progress"});
    let found = json!({"type": "acme:search_call", "id": "s_1", "status": "partially_done", "results": [1]});
    let kept =
        json!({"type": "acme:search_call", "id": "s_1", "status": "completed", "results": [1, 2]});
    let events = vec![
        json!({"type": "acme:trace", "phase": "search"}),
        added(0, &searching),
        json!({"type": "acme:search.progress", "item_id": "s_1", "percent": 50}),
        done(0, &found),
    ];
    legal(
        "an item of an implementer's",
        &stream(events, completed(&[kept])),
    );

    let item = json!({"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search"}});
    let progress = |what: &str| json!({"type": format!("response.web_search_call.{what}"), "item_id": "ws_1", "output_index": 0});
    let events = vec![
        added(
            0,
            &json!({"type": "web_search_call", "id": "ws_1", "status": "in_progress"}),
        ),
        progress("in_progress"),
        progress("searching"),
        progress("completed"),
        done(0, &item),
    ];
    legal("OpenAI's hosted tools", &stream(events, completed(&[item])));

    let item = json!({"type": "image_generation_call", "id": "ig_1", "status": "generating", "result": "aGk="});
    let events = vec![
        added(
            0,
            &json!({"type": "image_generation_call", "id": "ig_1", "status": "in_progress"}),
        ),
        done(0, &item),
    ];
    legal(
        "a status that lags behind",
        &stream(events, completed(&[item])),
    );

    let image = json!({"type": "acme:image", "url": "x"});
    let whole = message("msg_1", "completed", &[text("See:"), image.clone()]);
    let mut events = vec![added(0, &message("msg_1", "in_progress", &[]))];
    events.extend(text_part("msg_1", 0, 0, &["See:"]));
    events.push(done(0, &whole));
    legal(
        "a part of an implementer's that is not streamed",
        &stream(events, completed(&[whole])),
    );

    let whole = message("msg_1", "completed", std::slice::from_ref(&image));
    let events = vec![
        added(0, &message("msg_1", "in_progress", &[])),
        part(
            "content_part.added",
            "msg_1",
            0,
            0,
            &json!({"part": {"type": "acme:image"}}),
        ),
        json!({"type": "acme:image.progress"}),
        part("content_part.done", "msg_1", 0, 0, &json!({"part": image})),
        done(0, &whole),
    ];
    legal(
        "a part of an implementer's that is",
        &stream(events, completed(&[whole])),
    );
}

#[test]
fn small_differences() {
    let mut events = hello();
    for event in &mut events {
        event["x_vendor"] = json!({"n": 1});
    }
    events[4]["logprobs"] =
        json!([{"token": "Hello, ", "logprob": -0.5, "bytes": [], "top_logprobs": []}]);
    events[5]["obfuscation"] = json!("abc");
    events[8]["item"]["phase"] = json!("final_answer");
    events[8]["item"]["content"][0]
        .as_object_mut()
        .unwrap()
        .remove("logprobs");
    events[9]["response"]["output"][0]["content"][0]["annotations"] = Value::Null;
    events[9]["response"]["output"][0]
        .as_object_mut()
        .unwrap()
        .remove("status");
    events[9]["response"]["completed_at"] = json!(9);
    events[9]["response"]["model"] = json!("m-2026-04-24");
    legal("members more and less", &events);

    let mut events = calling();
    events[2]["item"]["call_id"] = json!("");
    legal("what is not known yet is announced empty", &events);

    let citation =
        json!({"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1});
    let mut events = hello();
    events[7]["part"]["annotations"] = json!([citation]);
    events[8]["item"]["content"][0]["annotations"] = json!([citation]);
    legal("annotations that were not streamed", &events);
    let event = part(
        "output_text.annotation.added",
        "msg_1",
        0,
        0,
        &json!({"annotation_index": 0, "annotation": citation}),
    );
    events.insert(6, event);
    legal("annotations that were", &events);
}
