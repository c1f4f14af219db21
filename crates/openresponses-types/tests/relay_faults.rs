//! Faults of upstreams, of which nothing may get out or cost more than its size.
#![allow(clippy::unwrap_used)]

mod streams;

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
        let frames: Vec<String> = events.iter().map(ToString::to_string).collect();
        for (limit, fails) in [(4_000, true), (40_000, false)] {
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
}
