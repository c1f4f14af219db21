//! Faults of upstreams, of which nothing may get out or cost more than its size.
#![allow(clippy::unwrap_used)]

mod streams;

use openresponses_types::check::{CheckLimits, Checker, StreamRule, StreamViolation};
use openresponses_types::relay::{Frame, RelayMode, RelayOptions, Repair, Repairs};
use serde_json::json;
use streams::*;

/// Relays the frames, in the mode.
fn sent(mode: RelayMode, frames: &[String]) -> (String, bool) {
    let all = frames.iter().map(|data| Frame::new(data.as_bytes()));
    let (sent, relay) = frames_through(RelayOptions::new(mode), all);
    let print = sent.iter().map(|event| event.to_json());
    let misplaced = relay.repairs().count(Repair::EventMisplaced) > 0;
    (print.collect::<Vec<_>>().join("\n"), misplaced)
}

#[test]
fn an_event_with_an_unreadable_index_about_an_unknown_item_does_not_get_out() {
    let types = [
        "response.reasoning_text.delta",
        "response.reasoning.delta",
        "response.reasoning_summary_text.delta",
        "response.output_text.delta",
    ];
    let indices = [
        json!("zero"),
        json!(-1),
        json!(0.5),
        json!(9_223_372_036_854_775_808_u64),
    ];
    for (name, index) in types
        .iter()
        .flat_map(|name| indices.iter().map(move |at| (name, at)))
    {
        let mut events = hello();
        let stray = json!({
            "type": name, "item_id": "rs_none", "output_index": index, "content_index": "x",
            "summary_index": "x", "delta": "SECRET",
        });
        events.insert(2, stray);
        let frames: Vec<String> = events.iter().map(ToString::to_string).collect();
        for mode in [RelayMode::Observe, RelayMode::Enforce, RelayMode::Repair] {
            let (sent, misplaced) = sent(mode, &frames);
            assert!(
                !sent.contains("SECRET"),
                "{mode:?}, {name}, {index}: {sent}"
            );
            let failed = sent.contains("response.failed");
            // What is lost in a response that is mended fails it.
            assert_eq!(
                failed,
                mode != RelayMode::Observe,
                "{mode:?}, {name}, {index}: {sent}"
            );
            assert!(
                misplaced || mode == RelayMode::Enforce,
                "{mode:?}, {name}, {index}"
            );
        }
    }
}

#[test]
fn an_unreadable_index_about_a_known_item_is_inferred_from_its_id() {
    let mut events = hello();
    events[4]["output_index"] = json!("zero");
    let frames: Vec<String> = events.iter().map(ToString::to_string).collect();
    let (sent, _) = sent(RelayMode::Repair, &frames);
    assert!(sent.contains("response.completed"), "{sent}");
}

/// Allocations and bytes of relaying a terminal event with so many unknown members.
fn terminal_event_of(members: usize) -> (u64, u64) {
    let mut events = hello();
    let last = events.len() - 1;
    for n in 0..members {
        events[last]["response"][format!("x_vendor_member_{n}")] = json!(n);
    }
    let frames: Vec<String> = events.iter().map(ToString::to_string).collect();
    let cost = allocation_counter::measure(|| {
        let (sent, _) = sent(RelayMode::Repair, &frames);
        assert!(sent.contains(&format!("x_vendor_member_{}", members - 1)));
    });
    (cost.count_total, cost.bytes_total)
}

#[test]
fn a_terminal_event_with_many_unknown_members_costs_in_proportion_to_its_size() {
    let ((few, few_bytes), (many, many_bytes)) =
        (terminal_event_of(10_000), terminal_event_of(20_000));
    assert!(many < few * 21 / 10, "{few} and {many} allocations");
    assert!(
        many_bytes < few_bytes * 25 / 10,
        "{few_bytes} and {many_bytes} bytes"
    );
    // About 10 MB. A comparison of each member with each would take minutes.
    terminal_event_of(300_000);
}

#[test]
fn a_part_without_deltas_that_is_closed_with_another_text_fails_the_response() {
    let mut events = hello();
    events.truncate(3);
    let part = |name: &str, text: &str| {
        let content = json!({"type": "input_text", "text": text});
        part(name, "msg_1", 0, 0, &json!({"part": content}))
    };
    events.push(part("content_part.added", ""));
    events.push(part("content_part.done", "late"));
    events.push(hello().pop().unwrap());
    let frames: Vec<String> = events.iter().map(ToString::to_string).collect();
    let all = frames.iter().map(|data| Frame::new(data.as_bytes()));
    let (sent, _) = frames_through(RelayOptions::new(RelayMode::Repair), all);
    assert_eq!(sent.last().unwrap().event_type(), "response.failed");
    assert_legal(&sent, "a part without deltas");
}

/// A message that is announced at `index`.
fn added(id: &str, index: usize) -> serde_json::Value {
    let item = json!({
        "type": "message", "id": id, "role": "assistant", "status": "in_progress", "content": [],
    });
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

/// The progress of a call that is announced elsewhere.
fn searching(id: &str, index: usize) -> serde_json::Value {
    json!({"type": "response.web_search_call.searching", "item_id": id, "output_index": index})
}

fn search_call(id: &str, index: usize) -> serde_json::Value {
    let item = json!({"type": "web_search_call", "id": id, "status": "in_progress"});
    json!({"type": "response.output_item.added", "output_index": index, "item": item})
}

fn repaired(events: &[serde_json::Value]) -> (String, Repairs) {
    let frames: Vec<String> = events.iter().map(ToString::to_string).collect();
    let all = frames.iter().map(|data| Frame::new(data.as_bytes()));
    let (sent, relay) = frames_through(RelayOptions::new(RelayMode::Repair), all);
    let sent: Vec<String> = sent.iter().map(|event| event.to_json()).collect();
    (sent.join("\n"), relay.repairs().clone())
}

#[test]
fn an_early_event_waits_for_its_own_item_and_is_counted_once() {
    let (sent, repairs) = repaired(&[
        searching("ws_a", 2),
        searching("ws_b", 3),
        added("m1", 0),
        added("m2", 1),
        search_call("ws_b", 3),
        // The same item as `ws_a`, by its index.
        search_call("ws_other", 2),
    ]);
    assert_eq!(repairs.count(Repair::EventEarly), 2);
    let order: Vec<usize> = [
        "\"id\":\"m2\"",
        "\"id\":\"ws_b\"",
        "\"item_id\":\"ws_b\"",
        "\"id\":\"ws_other\"",
        "\"item_id\":\"ws_other\"",
    ]
    .iter()
    .map(|place| sent.find(place).unwrap())
    .collect();
    assert!(order.is_sorted(), "{sent}");
}

#[test]
fn an_early_event_waits_though_other_items_come_to_its_index() {
    let mut events = vec![searching("ws", 0)];
    events.extend((0..100).map(|n| added(&format!("m{n}"), 0)));
    events.push(search_call("ws", 7));
    let (sent, repairs) = repaired(&events);
    assert_eq!(repairs.count(Repair::EventEarly), 1);
    assert!(sent.contains("web_search_call.searching"), "{sent}");
}

#[test]
fn early_events_and_items_of_others_cost_in_proportion_to_their_number() {
    // 9,000 events at one place that no item takes, and as many items: to place each event again
    // for each item would take minutes.
    let mut events: Vec<_> = (0..9_000).map(|n| searching(&format!("w{n}"), 0)).collect();
    events.extend((0..9_000).map(|n| added(&format!("m{n}"), 0)));
    let (_, repairs) = repaired(&events);
    assert!(repairs.count(Repair::EventEarly) > 5_000);
}

#[test]
fn the_parts_of_an_item_cost_in_proportion_to_their_number() {
    let mut events = vec![added("m", 0)];
    let of_part = |name: &str, index: u64, text: &str| {
        let content = json!({"type": "output_text", "text": text, "annotations": []});
        part(name, "m", 0, index, &json!({"part": content}))
    };
    // To compare each part with each would take minutes.
    for index in 0..40_000 {
        events.push(of_part("content_part.added", index, ""));
    }
    for index in 0..40_000 {
        events.push(of_part("content_part.done", 40_000 + index, ""));
    }
    let (sent, _) = repaired(&events);
    assert!(sent.contains("\"content_index\":39999"));
}

#[test]
fn annotations_count_for_the_limit_on_output() {
    let annotated = |text: &str| {
        let url = "https://example.com/".repeat(10);
        let citation = json!({"type": "url_citation", "url": url, "title": "x", "start_index": 0, "end_index": 1});
        let content =
            json!({"type": "output_text", "text": text, "annotations": vec![citation; 10]});
        (content["annotations"][0].clone(), content)
    };
    let begin = json!({"type": "output_text", "text": "", "annotations": []});
    let (citation, whole) = annotated("");
    let begun = || {
        vec![
            added("m", 0),
            part("content_part.added", "m", 0, 0, &json!({"part": begin})),
        ]
    };
    let mut streamed = begun();
    streamed.extend((0..20).map(|n| {
        let rest = json!({"annotation_index": n, "annotation": citation});
        part("output_text.annotation.added", "m", 0, 0, &rest)
    }));
    let mut with_its_end = begun();
    for n in 0..3 {
        with_its_end.push(part(
            "content_part.added",
            "m",
            0,
            n + 1,
            &json!({"part": begin}),
        ));
        with_its_end.push(part(
            "content_part.done",
            "m",
            0,
            n + 1,
            &json!({"part": whole}),
        ));
    }
    let carried = vec![
        json!({"type": "response.output_item.added", "output_index": 0, "item": {
            "type": "message", "id": "m", "role": "assistant", "status": "in_progress",
            "content": vec![whole; 3],
        }}),
    ];
    for (events, why) in [
        (streamed, "streamed"),
        (with_its_end, "done"),
        (carried, "carried"),
    ] {
        assert_limited(&events, [(4_000, true), (40_000, false)], why);
    }
}

/// Relays events with each limit on output, beyond which the response fails.
fn assert_limited(events: &[serde_json::Value], limits: [(usize, bool); 2], why: &str) {
    let frames: Vec<String> = events.iter().map(ToString::to_string).collect();
    for (limit, fails) in limits {
        let all = frames.iter().map(|data| Frame::new(data.as_bytes()));
        let options = RelayOptions::new(RelayMode::Repair).output_limit(limit);
        let (sent, _) = frames_through(options, all);
        let end = sent.last().unwrap().to_json();
        assert_eq!(
            end.contains("larger than the limit"),
            fails,
            "{why} {limit}: {end}"
        );
    }
}

#[test]
fn everything_that_an_upstream_can_make_long_counts_for_the_limit_on_output() {
    let long = "x".repeat(5_000);
    let with = |name: &str, value: &serde_json::Value| {
        let mut content =
            json!({"type": "output_text", "text": "a", "annotations": [], "logprobs": []});
        content[name] = value.clone();
        content
    };
    let carried = |content: serde_json::Value| {
        let mut item = added("m", 0);
        item["item"]["content"] = json!([content]);
        vec![item]
    };
    let top = json!({"token": "t", "logprob": -1.5, "bytes": [116]});
    let log_prob =
        json!({"token": "t", "logprob": -0.5, "bytes": [116], "top_logprobs": vec![top; 20]});
    let log_probs = json!(vec![log_prob; 3]);
    let begin = json!({"part": with("text", &json!(""))});
    let delta = json!({"delta": "a", "logprobs": log_probs});
    let file = json!({"type": "input_file", "filename": long, "file_url": "u"});
    let mut extra = added("m", 0);
    extra["item"]["x"] = json!(long);
    let call = json!({"type": "function_call", "id": long, "call_id": "c", "name": "f", "arguments": "", "status": "in_progress"});
    for (why, events) in [
        ("id", vec![added(&long, 0)]),
        ("extra of an item", vec![extra]),
        ("extra of a part", carried(with("x", &json!(long)))),
        ("name of a file", carried(file)),
        ("log probabilities", carried(with("logprobs", &log_probs))),
        (
            "log probabilities of a delta",
            vec![
                added("m", 0),
                part("content_part.added", "m", 0, 0, &begin),
                part("output_text.delta", "m", 0, 0, &delta),
            ],
        ),
        (
            "id of a call",
            vec![json!({"type": "response.output_item.added", "output_index": 0, "item": call})],
        ),
    ] {
        assert_limited(&events, [(4_500, true), (60_000, false)], why);
        let mut checker = Checker::new().limits(CheckLimits::default().output(4_500));
        for event in read(&events) {
            checker.push(&event, None);
        }
        let is_over = |found: &StreamViolation| found.rule == StreamRule::TooLarge;
        assert!(checker.finish().iter().any(is_over), "{why}");
    }
}

#[test]
fn what_is_only_observed_has_a_limit_as_well() {
    let call = |n: usize| {
        let item = json!({"type": "function_call", "id": format!("fc_{n}"), "call_id": "c", "name": "f",
            "arguments": "", "status": "in_progress"});
        json!({"type": "response.output_item.added", "output_index": n, "item": item}).to_string()
    };
    for (calls, limit, fails) in [
        (100, 4_000, true),
        (100, 1 << 20, false),
        (20_000, 1 << 30, false),
    ] {
        let frames: Vec<String> = (0..calls).map(call).collect();
        let all = frames.iter().map(|data| Frame::new(data.as_bytes()));
        let options = RelayOptions::new(RelayMode::Observe).output_limit(limit);
        let (sent, _) = frames_through(options, all);
        let end = sent.last().unwrap().to_json();
        assert_eq!(
            end.contains("larger than the limit"),
            fails,
            "{calls} {limit}: {end}"
        );
    }
}

fn citation(n: usize) -> serde_json::Value {
    json!({"type": "url_citation", "url": format!("u{n}"), "title": "x", "start_index": 0, "end_index": 1})
}

fn annotated(text: &str, citations: &[usize]) -> serde_json::Value {
    let all: Vec<_> = citations.iter().map(|n| citation(*n)).collect();
    json!({"type": "output_text", "text": text, "annotations": all, "logprobs": []})
}

fn annotation(at: usize, n: usize) -> serde_json::Value {
    let more = json!({"annotation_index": at, "annotation": citation(n)});
    part("output_text.annotation.added", "m", 0, 0, &more)
}

/// A message whose part is announced with `announced`, gets `streamed`, and is `finished` so.
fn cited(
    announced: &serde_json::Value,
    streamed: Vec<serde_json::Value>,
    finished: &serde_json::Value,
    with_part_done: bool,
) -> Vec<serde_json::Value> {
    let item = message("m", "completed", std::slice::from_ref(finished));
    let mut middle = vec![
        added("m", 0),
        part("content_part.added", "m", 0, 0, &json!({"part": announced})),
        part("output_text.delta", "m", 0, 0, &json!({"delta": "a"})),
    ];
    middle.extend(streamed);
    if with_part_done {
        let done = [
            part("output_text.done", "m", 0, 0, &json!({"text": "a"})),
            part("content_part.done", "m", 0, 0, &json!({"part": finished})),
        ];
        middle.extend(done);
    }
    middle.push(done(0, &item));
    stream(middle, completed(&[item]))
}

#[test]
fn annotations_that_only_the_finished_part_has_are_sent_before_its_end() {
    for with_part_done in [true, false] {
        let events = cited(
            &annotated("", &[]),
            vec![annotation(0, 0)],
            &annotated("a", &[0, 1, 2]),
            with_part_done,
        );
        let (sent, repairs) = repaired(&events);
        let added = sent
            .matches("response.output_text.annotation.added")
            .count();
        assert_eq!(added, 3, "{sent}");
        assert_eq!(repairs.count(Repair::AnnotationSent), 1);
        assert!(sent.ends_with("}") && sent.contains("response.completed"));
        let last = sent.lines().last().unwrap();
        assert!(last.contains("u2"), "{last}");
        assert_legal(
            &read(
                &sent
                    .lines()
                    .map(|line| serde_json::from_str(line).unwrap())
                    .collect::<Vec<_>>(),
            ),
            "annotations",
        );
    }
}

#[test]
fn annotations_that_contradict_those_that_were_streamed_are_counted_as_a_repair() {
    let events = cited(
        &annotated("", &[]),
        vec![annotation(0, 0)],
        &annotated("a", &[1, 2]),
        true,
    );
    let (sent, repairs) = repaired(&events);
    assert_eq!(repairs.count(Repair::AnnotationKept), 1);
    let last = sent.lines().last().unwrap();
    assert!(last.contains("u0") && !last.contains("u1"), "{last}");
}

#[test]
fn the_index_of_an_annotation_counts_those_that_the_part_was_announced_with() {
    let events = cited(
        &annotated("", &[0]),
        vec![annotation(1, 1)],
        &annotated("a", &[0, 1]),
        true,
    );
    assert_legal(&read(&events), "announced with an annotation");
    let (_, repairs) = repaired(&events);
    assert_eq!(repairs.count(Repair::AnnotationIndex), 0);
    // As an index it counted from 0 before.
    let events = cited(
        &annotated("", &[0]),
        vec![annotation(0, 1)],
        &annotated("a", &[0, 1]),
        true,
    );
    let (sent, repairs) = repaired(&events);
    assert_eq!(repairs.count(Repair::AnnotationIndex), 1);
    assert!(sent.contains("\"annotation_index\":1"), "{sent}");
}

/// The items of a terminal response that have no id are matched by type, each with the next that is free.
#[test]
fn the_items_of_a_terminal_response_cost_in_proportion_to_their_number() {
    const MANY: usize = 6_000;
    let item = |kind: &str| json!({"type": kind, "status": "completed"});
    let mut middle = Vec::new();
    for n in 0..MANY {
        let mut item = item("web_search_call");
        item["id"] = json!(format!("w{n}"));
        middle.push(json!({"type": "response.output_item.added", "output_index": n, "item": item}));
        middle.push(done(n as u64, &item));
    }
    // None of the first half matches, and each of the second half matches another.
    let mut output = vec![item("file_search_call"); MANY];
    output.extend(vec![item("web_search_call"); MANY]);
    let (sent, repairs) = repaired(&stream(middle, completed(&output)));
    let last = sent.lines().last().unwrap();
    assert!(last.contains("response.completed"));
    assert_eq!(last.matches("web_search_call").count(), MANY);
    assert_eq!(last.matches("file_search_call").count(), MANY);
    assert_eq!(repairs.count(Repair::OutputRestored), MANY as u32);
}

/// Each repetition of a short text would be looked for in the whole of a long one.
#[test]
fn an_upstream_that_contradicts_its_deltas_again_and_again_fails_the_response() {
    let long = format!("{}b", "a".repeat(1 << 20));
    for (repetitions, end) in [(8, "response.completed"), (10_000, "response.failed")] {
        let mut middle = vec![added("m", 0)];
        middle.extend(text_part("m", 0, 0, &[&long]));
        for _ in 0..repetitions {
            middle.push(part("output_text.done", "m", 0, 0, &json!({"text": "b"})));
        }
        let item = message("m", "completed", &[text(&long)]);
        middle.push(done(0, &item));
        let (sent, repairs) = repaired(&stream(middle, completed(&[item])));
        assert!(sent.lines().last().unwrap().contains(end), "{repetitions}");
        assert_eq!(repairs.count(Repair::TextKept), repetitions);
    }
    // The same with the arguments of a call.
    let long = format!("{{\"a\":\"{}\"}}", "a".repeat(1 << 20));
    let (mut middle, item) = whole_call("c", 0, &[&long]);
    for _ in 0..10_000 {
        middle.push(part(
            "function_call_arguments.done",
            "c",
            0,
            0,
            &json!({"arguments": "{}"}),
        ));
    }
    let (sent, _) = repaired(&stream(middle, completed(&[item])));
    assert!(sent.lines().last().unwrap().contains("response.failed"));
}

/// A call without a name is added with its done event, which has all of its arguments.
#[test]
fn a_call_that_is_announced_without_a_name_may_have_large_arguments() {
    let nameless = json!({
        "type": "function_call", "id": "c", "call_id": "call_c", "name": "", "arguments": "",
        "status": "in_progress",
    });
    let chunk = "a".repeat(1 << 18);
    let whole = format!("{{\"a\":\"{}\"}}", chunk.repeat(6));
    let deltas = [
        "{\"a\":\"",
        &chunk,
        &chunk,
        &chunk,
        &chunk,
        &chunk,
        &chunk,
        "\"}",
    ];
    let item = call("c", "completed", &whole);
    for (ends, end) in [(true, "response.completed"), (false, "response.failed")] {
        let mut middle = vec![
            json!({"type": "response.output_item.added", "output_index": 0, "item": nameless}),
        ];
        middle.extend(deltas.iter().map(|delta| {
            part(
                "function_call_arguments.delta",
                "c",
                0,
                0,
                &json!({"delta": delta}),
            )
        }));
        let mut output = vec![];
        if ends {
            middle.push(done(0, &item));
            output.push(item.clone());
        }
        let (sent, _) = repaired(&stream(middle, completed(&output)));
        let last = sent.lines().last().unwrap();
        assert!(last.contains(end), "{ends}: {}", &last[..200]);
        assert_eq!(last.contains(&chunk), ends);
    }
}

/// Decision 13.
#[test]
fn a_setting_that_the_request_leaves_open_is_what_the_provider_says_it_is() {
    use openresponses_types::normalize::Normalizer;
    use openresponses_types::relay::Relay;
    use openresponses_types::sequence::{CountingIds, FixedClock, Sequencer};
    use openresponses_types::{CreateRequest, Profile};
    use std::sync::Arc;

    let upstream = json!({"type": "response.completed", "response": {
        "status": "completed", "temperature": 0.6, "top_p": 0.9, "presence_penalty": 0.5,
        "frequency_penalty": -0.5, "top_logprobs": 3,
    }});
    for (request, expected) in [
        (
            json!({"model": "m", "input": "x"}),
            [0.6, 0.9, 0.5, -0.5, 3.0],
        ),
        (
            json!({"model": "m", "input": "x", "temperature": 0.0, "top_p": 0.25, "top_logprobs": 0}),
            [0.0, 0.25, 0.5, -0.5, 0.0],
        ),
    ] {
        let request = CreateRequest::from_json(request.to_string().as_bytes()).unwrap();
        let turn = Normalizer::new(Profile::Compatible).turn(request).unwrap();
        let ids = Arc::new(CountingIds::default());
        let response = turn.response("resp_1", 1);
        let mut client = Sequencer::new(response, turn.tool_policy(), ids, Arc::new(FixedClock(2)))
            .provider_settings(turn.provider_settings());
        client.start();
        let mut relay = Relay::new(RelayOptions::new(RelayMode::Repair));
        let _ = relay.push(Frame::new(upstream.to_string().as_bytes()), &mut client);
        let response = client.response();
        let found = [
            response.temperature.get().unwrap(),
            response.top_p.get().unwrap(),
            response.presence_penalty.get().unwrap(),
            response.frequency_penalty.get().unwrap(),
            response.top_logprobs.get().unwrap() as f64,
        ];
        assert_eq!(found, expected);
    }
}
