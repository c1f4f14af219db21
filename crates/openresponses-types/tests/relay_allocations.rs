//! Allocations of a relayed frame: none for a delta that goes through as it came.
#![allow(clippy::unwrap_used)]

mod streams;

use std::sync::Arc;

use openresponses_types::Response;
use openresponses_types::relay::{Frame, Relay, RelayMode, RelayOptions, Relayed};
use openresponses_types::sequence::{CountingIds, FixedClock, Sequencer, ToolPolicy};
use serde_json::{Value, json};
use streams::*;

const DELTAS: usize = 1000;

/// Frames of the events, numbered from 2, as the client's stream begins with two of its own.
fn frames(events: &[Value]) -> Vec<(String, String)> {
    let numbered = events.iter().enumerate().map(|(at, event)| {
        let mut event = event.clone();
        event["sequence_number"] = json!(at + 2);
        event
    });
    let events = read(&numbered.collect::<Vec<_>>());
    let frame =
        |event: &openresponses_types::StreamEvent| (event.event_type().to_owned(), event.to_json());
    events.iter().map(frame).collect()
}

/// Relays `before`, then counts the allocations of as many `delta`s as are asked for.
fn allocations(mode: RelayMode, before: &[Value], delta: &Value) -> u64 {
    let mut client = Sequencer::new(
        Response::new("resp_1", "m", 7),
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(8)),
    );
    client.start();
    while client.pop().is_some() {}
    let mut relay = Relay::new(RelayOptions::new(mode));
    let mut events = before.to_vec();
    events.extend(std::iter::repeat_n(delta.clone(), DELTAS + 1));
    let frames = frames(&events);
    let push = |relay: &mut Relay, client: &mut Sequencer, (name, data): &(String, String)| {
        let frame = Frame::new(data.as_bytes()).name(Some(name)).verbatim(true);
        relay.push(frame, client)
    };
    // The first delta's memory is used for the others.
    let (before, after) = frames.split_at(before.len() + 1);
    for frame in before {
        assert_eq!(
            push(&mut relay, &mut client, frame),
            Relayed::AsItCame,
            "{frame:?}"
        );
    }
    let cost = allocation_counter::measure(|| {
        for frame in after {
            assert_eq!(push(&mut relay, &mut client, frame), Relayed::AsItCame);
        }
    });
    assert!(relay.repairs().is_empty());
    cost.count_total
}

#[test]
fn a_frame_that_needs_no_change_costs_only_the_growing_text() {
    let (hello, call) = (hello(), calling());
    let mut padded = hello[4].clone();
    padded["obfuscation"] = json!("abcdef");
    let mut escaped = hello[4].clone();
    escaped["delta"] = json!("a\n\"word\" ");
    for (name, before, delta) in [
        ("text", &hello[2..4], &hello[4]),
        ("padded text", &hello[2..4], &padded),
        ("escaped text", &hello[2..4], &escaped),
        ("arguments", &call[2..3], &call[3]),
    ] {
        for mode in [RelayMode::Repair, RelayMode::Enforce] {
            let cost = allocations(mode, before, delta);
            // The text doubles as it grows, and in Enforce the checker keeps one, too.
            assert!(
                cost <= 32,
                "{mode:?}, {name}: {cost} allocations in {DELTAS} frames"
            );
        }
    }
}
