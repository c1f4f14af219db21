use serde_json::{Value, json};

use crate::build::*;
use crate::samples::*;
use crate::{check, names};

/// It is valid in both profiles.
fn passes(what: &str, transcript: impl AsRef<[u8]>) {
    for profile in ["compatible", "strict"] {
        let (code, report) = check(transcript.as_ref(), &["--profile", profile]);
        let violations = names(&report, "violations", "rule");
        assert_eq!(violations, [""; 0], "{what}, {profile}: {report:#}");
        assert_eq!((code, &report["ok"]), (Some(0), &json!(true)), "{what}");
        assert_eq!(report["warnings"], json!([]), "{what}, {profile}");
    }
}

/// It passes with these warnings.
fn passes_with(what: &str, warnings: &[&str], transcript: &str) {
    let (code, report) = check(transcript.as_bytes(), &[]);
    assert_eq!(
        names(&report, "violations", "rule"),
        [""; 0],
        "{what}: {report:#}"
    );
    assert_eq!(code, Some(0), "{what}");
    assert_eq!(names(&report, "warnings", "name"), warnings, "{what}");
}

#[test]
fn every_framing_of_server_sent_events_is_read() {
    let plain = transcript(everything());
    passes("LF", &plain);
    passes("CRLF", plain.replace('\n', "\r\n"));
    passes("CR", plain.replace('\n', "\r"));
    passes("a byte order mark", format!("\u{FEFF}{plain}"));
    passes(
        "no space behind the colon",
        plain
            .replace("data: ", "data:")
            .replace("event: ", "event:"),
    );
    passes("data before event", {
        let swap = |frame: &str| match frame.split_once('\n') {
            Some((first, rest)) if first.starts_with("event") => format!("{rest}\n{first}\n\n"),
            _ => format!("{frame}\n\n"),
        };
        plain.split_terminator("\n\n").map(swap).collect::<String>()
    });
    passes(
        "several data lines",
        plain.replace(",\"sequence_number\"", "\ndata: ,\"sequence_number\""),
    );
    passes(
        "heartbeats",
        plain.replace("\n\n", "\n\n: keep-alive\n\n:\n\n"),
    );
    passes(
        "comments inside events",
        plain.replace("\ndata: {", "\n: here it comes\ndata: {"),
    );
    passes(
        "unknown fields, fields without colon",
        plain.replace("\ndata: {", "\nfoo: bar\nfoo\nretry: soon\ndata: {"),
    );
    passes("a reconnection time", format!("retry: 3000\n\n{plain}"));
    passes("a comment at the end", format!("{plain}: that was it"));
    passes("more blank lines", plain.replace("\n\n", "\n\n\n\n"));
    passes_with(
        "ids",
        &["sse_id"],
        &plain.replace("\ndata: {", "\nid: 7\ndata: {"),
    );
}

#[test]
fn every_kind_of_output_is_legal() {
    passes("nothing", transcript(stream(vec![], completed(&[]))));
    passes(
        "nothing, queued",
        transcript(vec![
            snapshot("created", "queued", &[]),
            snapshot("queued", "queued", &[]),
            snapshot("in_progress", "in_progress", &[]),
            completed(&[]),
        ]),
    );
    passes("text", transcript(hello()));
    let (events, item) = whole_message("msg_1", 0, &[]);
    passes(
        "an empty text",
        transcript(stream(events, completed(&[item]))),
    );
    let (events, item) = whole_message("msg_1", 0, &["\u{2028}🎈 \u{85}\r\n", "\\\"\u{0}"]);
    passes(
        "any characters",
        transcript(stream(events, completed(&[item]))),
    );
    let (events, item) = thought();
    passes("reasoning", transcript(stream(events, completed(&[item]))));
    let (events, item) = refusal("msg_1", 0);
    passes("a refusal", transcript(stream(events, completed(&[item]))));
    let (events, item) = whole_call(0, &["{\"a\"", ":1}"]);
    passes("a call", transcript(stream(events, completed(&[item]))));
    passes("parallel calls", transcript(parallel_calls()));
    let item = call("completed", "{}");
    let events = vec![added(0, &call("in_progress", "{}")), done(0, &item)];
    passes(
        "a call in one piece",
        transcript(stream(events, completed(&[item]))),
    );
    let (mut events, first) = whole_message("msg_1", 0, &["One"]);
    let (more, second) = whole_message("msg_2", 1, &["Two"]);
    events.extend(more);
    passes(
        "two messages",
        transcript(stream(events, completed(&[first, second]))),
    );
}

#[test]
fn a_response_may_end_as_completed_incomplete_or_failed() {
    passes("incomplete", transcript(incomplete()));
    passes("error, then failed", transcript(failed()));
    let mut events = failed();
    events.retain(|event| event["type"] != "error");
    passes("failed", transcript(events));
    let mut events = failed();
    events.last_mut().unwrap()["response"]["output"] = json!([]);
    passes("failed without its output", transcript(events));
    let mut events = failed();
    events.drain(1..5);
    events.last_mut().unwrap()["response"]["output"] = json!([]);
    passes("failed at once", transcript(events));
    let (events, item) = whole_message("msg_1", 0, &["Hello"]);
    let mut end = snapshot("incomplete", "incomplete", &[item]);
    end["response"]["incomplete_details"] = json!({"reason": "content_filter"});
    passes(
        "incomplete behind a whole item",
        transcript(stream(events, end)),
    );
}

#[test]
fn extensions_and_unknown_members_are_legal() {
    let mut events = hello();
    let token = |token: &str| {
        json!({
            "token": token, "logprob": -0.5, "bytes": [], "top_logprobs": [],
        })
    };
    events[4]["logprobs"] = json!([token("Hel")]);
    events[5]["logprobs"] = json!([token("lo")]);
    events[6]["logprobs"] = json!([token("Hel"), token("lo")]);
    passes("log probabilities", transcript(events));
    let mut events = number(hello());
    for event in &mut events {
        event["sequence_number"] = json!(event["sequence_number"].as_u64().unwrap() + 100);
    }
    passes("numbers of a session", transcript(events));
    let mut events = hello();
    events[4]["obfuscation"] = json!("Wd6S45xQ7SyQLT");
    events[5]["obfuscation"] = json!("a");
    passes("obfuscation", transcript(events));
    let mut events = hello();
    for event in &mut events {
        event["x_vendor"] = json!({"deep": [1.50, null]});
    }
    passes("members of an implementer's", transcript(events));
    let mut events = hello();
    let usage = json!({
        "input_tokens": 3, "output_tokens": 2, "total_tokens": 5,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    });
    events[9]["response"]["usage"] = usage;
    events[9]["response"]["completed_at"] = json!(2);
    passes("usage", transcript(events));
    let mut events = hello();
    for (at, name) in [(2, "acme:a"), (6, "acme:b.c"), (11, "acme:d_e")] {
        events.insert(at, json!({"type": name, "anything": {"n": 1}}));
    }
    passes("events of an implementer's", transcript(events));
    let item = |status: &str| json!({"type": "acme:search", "id": "x_1", "status": status});
    let (more, message) = whole_message("msg_1", 1, &["Found."]);
    let mut events = vec![added(0, &item("in_progress")), done(0, &item("completed"))];
    events.extend(more);
    passes(
        "an item of an implementer's",
        transcript(stream(events, completed(&[item("completed"), message]))),
    );
}

/// As written by servers of OpenAI's Responses API.
#[test]
fn vendor_types_without_a_prefix_are_accepted_in_compatible() {
    let search = |status: &str| {
        json!({
            "type": "web_search_call", "id": "ws_1", "status": status,
            "action": {"type": "search", "query": "q"},
        })
    };
    let progress = |what: &str| {
        json!({
            "type": format!("response.web_search_call.{what}"), "item_id": "ws_1", "output_index": 0,
        })
    };
    let (more, message) = whole_message("msg_1", 1, &["Found."]);
    let mut events: Vec<Value> = vec![
        added(0, &search("in_progress")),
        progress("in_progress"),
        progress("searching"),
        progress("completed"),
        done(0, &search("completed")),
    ];
    events.extend(more);
    let transcript = transcript(stream(events, completed(&[search("completed"), message])));
    passes_with(
        "hosted search",
        &["unknown_item", "unknown_event", "unknown_item"],
        &transcript,
    );
}
