//! Valid transcripts.

use serde_json::{Value, json};

use super::build::*;
use super::{compatible, rules, strict};

fn passes(what: &str, transcript: &str) {
    let checked = strict(transcript);
    assert_eq!(rules(&checked), [""; 0], "{what}, strict: {checked:#?}");
    assert!(
        checked.warnings.is_empty(),
        "{what}: {:?}",
        checked.warnings
    );
    let checked = compatible(transcript);
    assert_eq!(rules(&checked), [""; 0], "{what}, compatible");
    assert!(
        checked.warnings.is_empty(),
        "{what}: {:?}",
        checked.warnings
    );
}

fn stream(events: Vec<Value>, end: Value) -> String {
    transcript([started(), events, vec![end]].concat())
}

fn completed(output: &[Value]) -> Value {
    snapshot("completed", "completed", output)
}

#[test]
fn any_framing() {
    let plain = transcript(hello());
    passes("plain", &plain);
    passes("CRLF", &plain.replace('\n', "\r\n"));
    passes("CR", &plain.replace('\n', "\r"));
    passes("a BOM", &format!("\u{FEFF}{plain}"));
    passes(
        "no space",
        &plain.replace(": {", ":{").replace(": [D", ":[D"),
    );
    passes(
        "comments and fields",
        &format!(
            ": hi\n\nretry: 100\n\n{}: bye\n",
            plain.replace("data: {", ": beside\nretry: 5\nunknown: x\nfoo\ndata: {")
        ),
    );
    passes("blank lines", &plain.replace("\n\n", "\n\n\n\n"));
    passes("data lines", &plain.replace("data: {", "data: {\ndata: "));
    let swap = |frame: String| match frame.split_once('\n') {
        Some((first, rest)) if first.starts_with("event") => {
            format!("{}\n{first}\n\n", rest.trim_end())
        }
        _ => frame,
    };
    let swapped: String = frames(hello()).into_iter().map(swap).collect();
    passes("data first", &swapped);
    passes("a comment at the very end", &format!("{plain}: bye"));
    passes(
        "unicode",
        &plain
            .replace("lo\"", "lö 🎈\"")
            .replace("Hello", "Hellö 🎈"),
    );
}

#[test]
fn any_output() {
    passes("nothing", &stream(vec![], completed(&[])));
    passes(
        "no in_progress",
        &transcript(vec![
            snapshot("created", "in_progress", &[]),
            completed(&[]),
        ]),
    );
    passes(
        "queued",
        &transcript(vec![
            snapshot("created", "queued", &[]),
            snapshot("queued", "queued", &[]),
            snapshot("in_progress", "in_progress", &[]),
            completed(&[]),
        ]),
    );
    let (events, item) = whole_message("msg_1", 0, &[]);
    passes("no deltas", &stream(events, completed(&[item])));
    let (events, item) = whole_call(0, &["{", "}"]);
    passes("a call", &stream(events, completed(&[item])));

    // Two interleaved items.
    let (one, first) = whole_message("msg_1", 0, &["a", "b"]);
    let (two, second) = whole_call(1, &["{", "}"]);
    let mut both = vec![];
    for at in 0..one.len().max(two.len()) {
        both.extend(one.get(at).cloned());
        both.extend(two.get(at).cloned());
    }
    passes("interleaved", &stream(both, completed(&[first, second])));
}

#[test]
fn refusal_and_reasoning() {
    let refusal = json!({"type": "refusal", "refusal": "No."});
    let item = message("msg_1", "completed", std::slice::from_ref(&refusal));
    let empty = json!({"part": {"type": "refusal", "refusal": ""}});
    let events = vec![
        added(0, &message("msg_1", "in_progress", &[])),
        part("content_part.added", "msg_1", 0, &empty),
        part("refusal.delta", "msg_1", 0, &json!({"delta": "No."})),
        part("refusal.done", "msg_1", 0, &json!({"refusal": "No."})),
        part("content_part.done", "msg_1", 0, &json!({"part": refusal})),
        done(0, &item),
    ];
    passes("refusal", &stream(events, completed(&[item])));

    let summary = |text: &str| json!({"type": "summary_text", "text": text});
    let item = json!({"type": "reasoning", "id": "rs_1", "summary": [summary("Hm")]});
    let event = |kind: &str, name: &str, value: Value| {
        json!({
            "type": format!("response.reasoning_summary_{kind}"), "item_id": "rs_1",
            "output_index": 0, "summary_index": 0, name: value,
        })
    };
    let events = vec![
        added(
            0,
            &json!({"type": "reasoning", "id": "rs_1", "summary": []}),
        ),
        event("part.added", "part", summary("")),
        event("text.delta", "delta", json!("Hm")),
        event("text.done", "text", json!("Hm")),
        event("part.done", "part", summary("Hm")),
        done(0, &item),
    ];
    passes("a summary", &stream(events, completed(&[item])));
}

#[test]
fn every_end() {
    let (mut events, item) = whole_message("msg_1", 0, &["Hel"]);
    let mut cut = item.clone();
    cut["status"] = json!("incomplete");
    *events.last_mut().unwrap() = done(0, &cut);
    let mut end = snapshot("incomplete", "incomplete", &[cut]);
    end["response"]["incomplete_details"] = json!({"reason": "max_output_tokens"});
    passes("incomplete", &stream(events.clone(), end));

    let error = json!({"code": "server_error", "message": "It broke."});
    let mut end = snapshot("failed", "failed", &[]);
    end["response"]["error"] = error;
    events.truncate(3);
    passes("failed", &stream(events.clone(), end.clone()));
    events.push(json!({"type": "error", "error": {
        "type": "server_error", "code": "server_error", "message": "It broke.", "param": null,
    }}));
    passes("error, then failed", &stream(events, end));
}

#[test]
fn extensions() {
    let mut events = hello();
    events.insert(3, json!({"type": "acme:trace", "anything": {"n": [1]}}));
    passes("an event", &transcript(events));
    let item = json!({"type": "acme:search", "id": "x_1", "status": "completed", "hits": 3});
    let mut open = item.clone();
    open["status"] = json!("in_progress");
    let events = vec![added(0, &open), done(0, &item)];
    passes("an item", &stream(events, completed(&[item])));
}

#[test]
fn other_servers() {
    let warnings = |transcript: &str| {
        let checked = compatible(transcript);
        assert_eq!(rules(&checked), [""; 0]);
        let names = checked.warnings.iter().map(|warning| warning.name);
        names.collect::<Vec<_>>()
    };
    let mut events = hello();
    for event in &mut events {
        if let Some(response) = event.get_mut("response") {
            response.as_object_mut().unwrap().remove("completed_at");
        }
    }
    assert_eq!(
        warnings(&transcript(events.clone())),
        ["missing_nullable_member"]
    );
    events.insert(3, json!({"type": "response.web_search_call.searching"}));
    assert_eq!(
        warnings(&transcript(events)),
        ["missing_nullable_member", "unknown_event"]
    );
    let plain = transcript(hello());
    let with_ids = plain.replace("data: {", "id: 7\ndata: {");
    assert_eq!(warnings(&with_ids), ["sse_id"]);
}
