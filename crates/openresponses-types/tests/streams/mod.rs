//! Streams to check, built event by event.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

pub mod chaos;
pub mod mutations;
pub mod walks;

use openresponses_types::StreamEvent;
use std::sync::Arc;

use openresponses_types::Response;
use openresponses_types::check::{Checker, StreamRule};
use openresponses_types::relay::{Frame, Relay, RelayMode, RelayOptions, Relayed, Repair};
use openresponses_types::sequence::{CountingIds, FixedClock, Sequencer, ToolPolicy};
use serde_json::{Value, json};

/// Numbers the events from 0 where they have no number yet, and reads them.
pub fn read(events: &[Value]) -> Vec<StreamEvent> {
    events
        .iter()
        .enumerate()
        .map(|(number, event)| {
            let mut event = event.clone();
            let members = event.as_object_mut().unwrap();
            members.entry("sequence_number").or_insert(json!(number));
            StreamEvent::from_json(event.to_string().as_bytes()).unwrap()
        })
        .collect()
}

/// What a checker finds.
pub fn rules(events: &[StreamEvent]) -> Vec<StreamRule> {
    let mut checker = Checker::new();
    for event in events {
        checker.push(event, Some(event.event_type()));
    }
    checker.finish().iter().map(|found| found.rule).collect()
}

/// What leaves a relay: the client's stream, and what was found.
pub fn through(mode: RelayMode, events: &[StreamEvent]) -> (Vec<StreamEvent>, Relay) {
    relayed(RelayOptions::new(mode), events, |relay, event, client| {
        relay.push_event(event.clone(), client);
    })
}

/// The same for frames.
pub fn frames_through<'f>(
    options: RelayOptions,
    frames: impl IntoIterator<Item = Frame<'f>>,
) -> (Vec<StreamEvent>, Relay) {
    relayed(options, frames, |relay, frame, client| {
        assert_eq!(relay.push(frame, client), Relayed::Queued);
    })
}

fn relayed<T>(
    options: RelayOptions,
    all: impl IntoIterator<Item = T>,
    push: impl Fn(&mut Relay, T, &mut Sequencer),
) -> (Vec<StreamEvent>, Relay) {
    let mut client = Sequencer::new(
        Response::new("resp_1", "m", 7),
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(8)),
    );
    client.start();
    let mut relay = Relay::new(options);
    for one in all {
        if !client.is_finished() {
            push(&mut relay, one, &mut client);
        }
    }
    if !client.is_finished() {
        relay.end(&mut client);
    }
    client.conclude();
    (std::iter::from_fn(|| client.pop()).collect(), relay)
}

/// The events about items.
pub fn inner(events: &[StreamEvent]) -> Vec<StreamEvent> {
    events
        .iter()
        .filter(|event| event.response().is_none() && event.event_type() != "error")
        .map(|event| event.clone().with_sequence_number(0))
        .collect()
}

/// Panics when the stream breaks a rule, or is changed by a relay.
pub fn assert_legal(events: &[StreamEvent], why: &str) {
    let mut checker = Checker::new();
    for event in events {
        checker.push(event, None);
    }
    let found = checker.finish();
    let found: Vec<_> = found
        .iter()
        .filter(|found| found.rule.ends_stream())
        .map(|found| format!("{found}"))
        .collect();
    assert!(found.is_empty(), "{why}: {found:#?}\n{}", lines(events));
    for mode in [RelayMode::Enforce, RelayMode::Repair] {
        let (sent, relay) = through(mode, events);
        // An item may be announced as completed, but it is not known then whether more comes. The
        // checker leaves open what the schema knows: statuses, and the names of calls.
        let schema = [
            Repair::ItemAnnouncedFinished,
            Repair::ItemStatus,
            Repair::MemberFilled,
        ];
        let by_schema = schema.iter().any(|it| relay.repairs().count(*it) > 0);
        assert!(
            (by_schema && mode == RelayMode::Repair) || inner(&sent) == inner(events),
            "{why}, {mode:?}: it changed, {:?}\n{}\nbecame\n{}",
            relay.repairs().iter().collect::<Vec<_>>(),
            lines(events),
            lines(&sent)
        );
    }
}

/// The events in print, the snapshots of the response cut to what the stream says.
pub fn lines(events: &[StreamEvent]) -> String {
    let short = |event: &StreamEvent| match event.response() {
        Some(response) => format!(
            "{} {:?} {} {:?}",
            event.event_type(),
            event.sequence_number(),
            response.id,
            response.output.value().map(|output| output
                .iter()
                .map(openresponses_types::Item::to_json)
                .collect::<Vec<_>>())
        ),
        None => event.to_json(),
    };
    events.iter().map(|event| short(event) + "\n").collect()
}

pub fn snapshot(kind: &str, status: &str, output: &[Value]) -> Value {
    json!({
        "type": format!("response.{kind}"),
        "response": {
            "object": "response", "id": "resp_1", "model": "m", "created_at": 7,
            "status": status, "output": output, "usage": null,
        },
    })
}

pub fn created() -> Value {
    snapshot("created", "in_progress", &[])
}

pub fn in_progress() -> Value {
    snapshot("in_progress", "in_progress", &[])
}

pub fn completed(output: &[Value]) -> Value {
    snapshot("completed", "completed", output)
}

pub fn incomplete(output: &[Value]) -> Value {
    snapshot("incomplete", "incomplete", output)
}

pub fn failed(output: &[Value]) -> Value {
    let mut event = snapshot("failed", "failed", output);
    event["response"]["error"] = json!({"code": "server_error", "message": "It broke."});
    event
}

pub fn error() -> Value {
    json!({"type": "error", "error": {"type": "server_error", "code": "server_error", "message": "It broke.", "param": null}})
}

pub fn added(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

pub fn done(index: u64, item: &Value) -> Value {
    json!({"type": "response.output_item.done", "output_index": index, "item": item})
}

/// An event about part `part` of item `index`.
pub fn part(kind: &str, id: &str, index: u64, part: u64, more: &Value) -> Value {
    let mut event =
        json!({"type": format!("response.{kind}"), "item_id": id, "output_index": index});
    let member = if kind.starts_with("reasoning_summary") {
        "summary_index"
    } else {
        "content_index"
    };
    if !kind.starts_with("function_call") {
        event[member] = json!(part);
    }
    for (name, value) in more.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

pub fn text(text: &str) -> Value {
    json!({"type": "output_text", "text": text, "annotations": [], "logprobs": []})
}

pub fn message(id: &str, status: &str, parts: &[Value]) -> Value {
    json!({"type": "message", "id": id, "role": "assistant", "status": status, "content": parts})
}

pub fn call(id: &str, status: &str, arguments: &str) -> Value {
    json!({
        "type": "function_call", "id": id, "call_id": format!("call_{id}"), "name": "f",
        "arguments": arguments, "status": status,
    })
}

pub fn reasoning(id: &str, summary: &[Value], content: &[Value]) -> Value {
    json!({"type": "reasoning", "id": id, "summary": summary, "content": content})
}

/// All events of one part that is a text.
pub fn text_part(id: &str, index: u64, at: u64, deltas: &[&str]) -> Vec<Value> {
    let mut events = vec![part(
        "content_part.added",
        id,
        index,
        at,
        &json!({"part": text("")}),
    )];
    for delta in deltas {
        events.push(part(
            "output_text.delta",
            id,
            index,
            at,
            &json!({"delta": delta}),
        ));
    }
    let whole = deltas.concat();
    events.push(part(
        "output_text.done",
        id,
        index,
        at,
        &json!({"text": whole}),
    ));
    events.push(part(
        "content_part.done",
        id,
        index,
        at,
        &json!({"part": text(&whole)}),
    ));
    events
}

/// All events of a message of one text, and the message.
pub fn whole_message(id: &str, index: u64, deltas: &[&str]) -> (Vec<Value>, Value) {
    let item = message(id, "completed", &[text(&deltas.concat())]);
    let mut events = vec![added(index, &message(id, "in_progress", &[]))];
    events.extend(text_part(id, index, 0, deltas));
    events.push(done(index, &item));
    (events, item)
}

/// All events of a call, and the call.
pub fn whole_call(id: &str, index: u64, deltas: &[&str]) -> (Vec<Value>, Value) {
    let arguments = deltas.concat();
    let item = call(id, "completed", &arguments);
    let mut events = vec![added(index, &call(id, "in_progress", ""))];
    for delta in deltas {
        let more = json!({"delta": delta});
        events.push(part("function_call_arguments.delta", id, index, 0, &more));
    }
    let more = json!({"arguments": arguments});
    events.push(part("function_call_arguments.done", id, index, 0, &more));
    events.push(done(index, &item));
    (events, item)
}

/// A whole stream of these events in the middle.
pub fn stream(middle: Vec<Value>, end: Value) -> Vec<Value> {
    let mut events = vec![created(), in_progress()];
    events.extend(middle);
    events.push(end);
    events
}

/// A stream of one message: `Hello, you`, in ten events.
///
/// | 0 | 1 | 2 | 3 | 4, 5 | 6 | 7 | 8 | 9 |
/// |---|---|---|---|---|---|---|---|---|
/// | created | in_progress | item added | part added | deltas | text done | part done | item done | completed |
pub fn hello() -> Vec<Value> {
    let (events, item) = whole_message("msg_1", 0, &["Hello, ", "you"]);
    stream(events, completed(&[item]))
}

/// A stream of one call: `{"a":1}`.
///
/// | 0 | 1 | 2 | 3, 4 | 5 | 6 | 7 |
/// |---|---|---|---|---|---|---|
/// | created | in_progress | item added | deltas | arguments done | item done | completed |
pub fn calling() -> Vec<Value> {
    let (events, item) = whole_call("fc_1", 0, &["{\"a\":", "1}"]);
    stream(events, completed(&[item]))
}

/// A stream of reasoning, a message of two parts, two interleaved calls, and an implementer's
/// event.
pub fn everything() -> Vec<Value> {
    let summary = |text: &str| json!({"type": "summary_text", "text": text});
    let thought = reasoning("rs_1", &[summary("Hm so")], &[]);
    let thinking = |kind: &str, more: Value| part(kind, "rs_1", 0, 0, &more);
    let saying = |kind: &str, at: u64, more: Value| part(kind, "msg_1", 1, at, &more);
    let citation =
        json!({"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1});
    let mut cited = text("Hello, you");
    cited["annotations"] = json!([citation]);
    let refusal = |text: &str| json!({"type": "refusal", "refusal": text});
    let answer = message("msg_1", "completed", &[cited.clone(), refusal("No.")]);
    let (first, second) = (
        call("fc_1", "completed", "{\"a\":1}"),
        call("fc_2", "completed", "{}"),
    );
    let calling = |kind: &str, at: u64, more: Value| {
        let kind = format!("function_call_arguments.{kind}");
        part(&kind, &format!("fc_{}", at - 1), at, 0, &more)
    };
    let middle = vec![
        added(0, &reasoning("rs_1", &[], &[])),
        thinking("reasoning_summary_part.added", json!({"part": summary("")})),
        thinking("reasoning_summary_text.delta", json!({"delta": "Hm "})),
        thinking("reasoning_summary_text.delta", json!({"delta": "so"})),
        thinking("reasoning_summary_text.done", json!({"text": "Hm so"})),
        thinking(
            "reasoning_summary_part.done",
            json!({"part": summary("Hm so")}),
        ),
        done(0, &thought),
        added(1, &message("msg_1", "in_progress", &[])),
        saying("content_part.added", 0, json!({"part": text("")})),
        saying("output_text.delta", 0, json!({"delta": "Hello, "})),
        saying("output_text.delta", 0, json!({"delta": "you"})),
        saying(
            "output_text.annotation.added",
            0,
            json!({"annotation_index": 0, "annotation": citation}),
        ),
        saying("output_text.done", 0, json!({"text": "Hello, you"})),
        saying("content_part.done", 0, json!({"part": cited})),
        saying("content_part.added", 1, json!({"part": refusal("")})),
        saying("refusal.delta", 1, json!({"delta": "No."})),
        saying("refusal.done", 1, json!({"refusal": "No."})),
        saying("content_part.done", 1, json!({"part": refusal("No.")})),
        done(1, &answer),
        added(2, &call("fc_1", "in_progress", "")),
        calling("delta", 2, json!({"delta": "{\"a\":"})),
        added(3, &call("fc_2", "in_progress", "")),
        calling("delta", 3, json!({"delta": "{}"})),
        calling("delta", 2, json!({"delta": "1}"})),
        calling("done", 2, json!({"arguments": "{\"a\":1}"})),
        done(2, &first),
        calling("done", 3, json!({"arguments": "{}"})),
        done(3, &second),
        json!({"type": "acme:trace"}),
    ];
    stream(middle, completed(&[thought, answer, first, second]))
}
