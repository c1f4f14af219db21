//! Faults of upstreams, of which nothing may get out or cost more than its size.
#![allow(clippy::unwrap_used)]

mod streams;

use openresponses_types::relay::{Frame, RelayMode, RelayOptions, Repair};
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
