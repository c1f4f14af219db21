//! Allocations of a checked event.
#![allow(clippy::unwrap_used)]

mod streams;

use openresponses_types::check::Checker;
use serde_json::json;
use streams::*;

#[test]
fn a_delta_that_passes_costs_only_its_text() {
    const DELTAS: usize = 1000;
    let (hello, call) = (hello(), calling());
    let dialect = part(
        "reasoning_text.delta",
        "rs_1",
        0,
        0,
        &json!({"delta": "word "}),
    );
    let thinking = [
        created(),
        in_progress(),
        added(0, &reasoning("rs_1", &[], &[])),
        part(
            "content_part.added",
            "rs_1",
            0,
            0,
            &json!({"part": {"type": "reasoning_text", "text": ""}}),
        ),
    ];
    for (before, delta) in [
        (&hello[..4], &hello[4]),
        (&call[..3], &call[3]),
        (&thinking[..], &dialect),
    ] {
        let mut events = before.to_vec();
        events.extend(std::iter::repeat_n(delta.clone(), DELTAS));
        let events = read(&events);
        let mut checker = Checker::new();
        for event in &events[..before.len()] {
            checker.push(event, None);
        }
        let cost = allocation_counter::measure(|| {
            for event in &events[before.len()..] {
                checker.push(event, Some(event.event_type()));
            }
        });
        assert_eq!(checker.violation_count(), 0);
        // The text doubles as it grows.
        assert!(cost.count_total <= 16, "{}", cost.count_total);
    }
}
