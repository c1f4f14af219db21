//! For each rule, one stream that violates exactly this rule.

#![allow(clippy::unwrap_used)]

mod streams;

use openresponses_types::check::{CheckLimits, Checker, StreamRule};
use openresponses_types::relay::{Frame, RelayMode, RelayOptions, Repair};
use openresponses_types::{StreamEvent, Violation};
use serde_json::{Value, json};
use streams::*;

/// The stream violates this rule only. `Enforce` makes it a failure, `Repair` makes it legal.
#[track_caller]
fn breaks(rule: StreamRule, events: &[Value]) {
    breaks_all(&[rule], events);
}

#[track_caller]
fn breaks_all(expected: &[StreamRule], events: &[Value]) {
    let events = read(events);
    assert_eq!(rules(&events), expected, "{}", lines(&events));
    let (sent, checker) = through(RelayMode::Enforce, &events);
    // How a stream begins is left open: the client's own begins as it should.
    if expected[0].ends_stream() && expected[0] != StreamRule::FirstEvent {
        assert_eq!(checker.violations().len(), 1, "{:?}", checker.violations());
        assert_eq!(sent.last().unwrap().event_type(), "response.failed");
    }
    assert_legal(&sent, "enforced");
    let (sent, _) = through(RelayMode::Repair, &events);
    assert_legal(&sent, "repaired");
}

/// `hello` without an event.
fn without(missing: usize) -> Vec<Value> {
    let mut events = hello();
    events.remove(missing);
    events
}

/// `hello` with an event twice.
fn twice(repeated: usize) -> Vec<Value> {
    let mut events = hello();
    events.insert(repeated, events[repeated].clone());
    events
}

/// `hello` with one value changed.
fn edited(event: usize, pointer: &str, value: Value) -> Vec<Value> {
    let mut events = hello();
    *events[event].pointer_mut(pointer).unwrap() = value;
    events
}

#[test]
fn numbers_rise_by_one_from_any_number() {
    let mut events = hello();
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(if number < 4 { number } else { number + 1 });
    }
    breaks(StreamRule::SequenceNumber, &events);
    for (number, event) in events.iter_mut().enumerate() {
        event["sequence_number"] = json!(number + 1);
    }
    // They may count a session.
    assert_eq!(rules(&read(&events)), []);
    let mut events = hello();
    events[5]["sequence_number"] = json!(4);
    breaks(StreamRule::SequenceNumber, &events);
    let mut events = read(&hello());
    events.insert(4, StreamEvent::from_json(br#"{"type":"acme:x"}"#).unwrap());
    assert_eq!(rules(&events)[0], StreamRule::SequenceNumber);
}

#[test]
fn a_response_is_created_proceeds_and_ends_once() {
    breaks(StreamRule::FirstEvent, &without(0));
    let mut events = hello();
    events.insert(0, json!({"type": "acme:early"}));
    breaks(StreamRule::FirstEvent, &events);
    let mut events = hello();
    events.swap(0, 1);
    breaks(StreamRule::FirstEvent, &events);
    events.remove(0);
    events.swap(0, 1);
    breaks(StreamRule::FirstEvent, &events);
    breaks(StreamRule::FirstEvent, &[error(), failed(&[])]);
    breaks(StreamRule::FirstEvent, &[completed(&[])]);
    breaks(StreamRule::LifecycleRepeated, &twice(0));
    breaks(StreamRule::LifecycleRepeated, &twice(1));
    let mut events = hello();
    events.swap(1, 2);
    breaks(StreamRule::LifecycleOrder, &events);
    let mut events = hello();
    events.insert(2, snapshot("queued", "queued", &[]));
    breaks(StreamRule::LifecycleOrder, &events);
    breaks(StreamRule::TerminalMissing, &without(9));
    breaks(StreamRule::TerminalMissing, &[]);
    breaks(StreamRule::AfterTerminal, &twice(9));
    let mut events = hello();
    events.push(json!({"type": "acme:late"}));
    breaks(StreamRule::AfterTerminal, &events);
    breaks(
        StreamRule::ResponseIdentity,
        &edited(9, "/response/id", json!("resp_2")),
    );
    breaks(
        StreamRule::ResponseIdentity,
        &edited(9, "/response/created_at", json!(8)),
    );
    breaks(
        StreamRule::ResponseStatus,
        &edited(9, "/response/status", json!("in_progress")),
    );
    breaks(
        StreamRule::ResponseStatus,
        &edited(1, "/response/status", json!("queued")),
    );
    breaks(
        StreamRule::ResponseStatus,
        &edited(0, "/response/status", json!("completed")),
    );
    let item = message("msg_1", "completed", &[text("Hello, you")]);
    breaks(
        StreamRule::SnapshotOutput,
        &edited(1, "/response/output", json!([item])),
    );
}

#[test]
fn an_error_event_precedes_response_failed() {
    let mut events = hello();
    events.insert(9, error());
    breaks(StreamRule::ErrorNotFollowed, &events);
    let mut events = hello();
    events.truncate(5);
    events.push(error());
    breaks(StreamRule::ErrorNotFollowed, &events);
    let mut events = hello();
    events.truncate(5);
    events.insert(4, error());
    events.push(failed(&[]));
    breaks(StreamRule::ErrorNotFollowed, &events);
    events[5] = error();
    breaks(StreamRule::ErrorNotFollowed, &events);
}

#[test]
fn an_item_is_added_once_and_closed_as_it_was_added() {
    breaks(StreamRule::ItemNotAdded, &without(2));
    breaks(StreamRule::ItemNotDone, &without(8));
    breaks(StreamRule::ItemAddedTwice, &twice(2));
    breaks(StreamRule::ItemDoneTwice, &twice(8));
    breaks(
        StreamRule::ItemMissing,
        &edited(2, "/item", Value::Null)[..3]
            .iter()
            .cloned()
            .chain([completed(&[])])
            .collect::<Vec<_>>(),
    );
    breaks_all(&[StreamRule::ItemMissing], &edited(8, "/item", Value::Null));
    for event in 3..=7 {
        breaks(
            StreamRule::ItemId,
            &edited(event, "/item_id", json!("msg_9")),
        );
        breaks(
            StreamRule::OutputIndex,
            &edited(event, "/output_index", json!(1)),
        );
    }
    breaks(StreamRule::ItemId, &edited(8, "/item/id", json!("msg_9")));
    breaks(
        StreamRule::OutputIndex,
        &edited(8, "/output_index", json!(1)),
    );
    breaks(
        StreamRule::OutputMismatch,
        &edited(9, "/response/output/0/id", json!("msg_9")),
    );
    breaks(
        StreamRule::OutputIndex,
        &edited(2, "/output_index", json!(1)),
    );
    breaks(
        StreamRule::ItemChanged,
        &edited(8, "/item/role", json!("user")),
    );
    breaks(
        StreamRule::ItemStatus,
        &edited(8, "/item/status", json!("in_progress")),
    );
    breaks(
        StreamRule::ItemStatus,
        &edited(9, "/response/output/0/status", json!("in_progress")),
    );

    let mut events = calling();
    events[6]["item"]["name"] = json!("g");
    events[7]["response"]["output"][0]["name"] = json!("g");
    breaks(StreamRule::ItemChanged, &events);
    let mut events = calling();
    events[6]["item"] = message("fc_1", "completed", &[]);
    breaks(StreamRule::ItemChanged, &events);

    let mut events = hello();
    let (more, _) = whole_message("msg_1", 1, &["Again"]);
    events.splice(9..9, more);
    let last = events.len() - 1;
    let again = message("msg_1", "completed", &[text("Again")]);
    events[last]["response"]["output"]
        .as_array_mut()
        .unwrap()
        .push(again);
    breaks(StreamRule::ItemIdRepeated, &events);

    let mut events = hello();
    let (more, again) = whole_message("msg_2", 2, &["Again"]);
    events.splice(9..9, more);
    let last = events.len() - 1;
    events[last]["response"]["output"]
        .as_array_mut()
        .unwrap()
        .push(again);
    breaks(StreamRule::OutputIndex, &events);
}

#[test]
fn an_item_without_id_breaks_a_rule() {
    let mut events = hello();
    for pointer in ["/item", "/response/output/0"] {
        for event in &mut events {
            if let Some(Value::Object(item)) = event.pointer_mut(pointer) {
                item.remove("id");
            }
        }
    }
    for event in &mut events {
        if let Some(id) = event.get_mut("item_id") {
            *id = json!("");
        }
    }
    breaks(StreamRule::ItemIdMissing, &events);
}

#[test]
fn an_incomplete_item_is_the_last_of_an_incomplete_response() {
    let mut events = hello();
    events[8]["item"]["status"] = json!("incomplete");
    events[9]["response"]["output"][0]["status"] = json!("incomplete");
    breaks(StreamRule::IncompleteResponse, &events);
    breaks(
        StreamRule::IncompleteResponse,
        &edited(9, "/response/output/0/status", json!("incomplete")),
    );

    let (mut events, mut first) = whole_message("msg_1", 0, &["One"]);
    let (more, second) = whole_message("msg_2", 1, &["Two"]);
    first["status"] = json!("incomplete");
    events.last_mut().unwrap()["item"] = first.clone();
    events.extend(more);
    breaks(
        StreamRule::IncompleteNotLast,
        &stream(events, incomplete(&[first, second])),
    );

    let mut events = hello();
    events[8]["item"]["status"] = json!("incomplete");
    events[9] = failed(&[]);
    breaks(StreamRule::IncompleteResponse, &events);
}

#[test]
fn a_part_is_added_once_and_closed_within_its_item() {
    breaks(StreamRule::PartNotAdded, &without(3));
    breaks(StreamRule::PartNotDone, &without(7));
    breaks(StreamRule::PartAddedTwice, &twice(3));
    breaks(StreamRule::PartDoneTwice, &twice(7));
    for event in 3..=7 {
        breaks(
            StreamRule::ContentIndex,
            &edited(event, "/content_index", json!(1)),
        );
    }
    let refusal = json!({"type": "refusal", "refusal": "Hello, you"});
    breaks(
        StreamRule::PartChanged,
        &edited(7, "/part", refusal.clone()),
    );
    breaks(
        StreamRule::PartChanged,
        &edited(8, "/item/content/0", refusal),
    );
    breaks(
        StreamRule::PartChanged,
        &edited(8, "/item/content", json!([])),
    );
    breaks(
        StreamRule::DeltasMissing,
        &edited(
            8,
            "/item/content",
            json!([text("Hello, you"), text("more")]),
        ),
    );

    let item = message("msg_1", "completed", &[text("Hi")]);
    let events = vec![
        added(0, &message("msg_1", "in_progress", &[])),
        done(0, &item),
    ];
    breaks(
        StreamRule::DeltasMissing,
        &stream(events, completed(&[item])),
    );

    let whole = json!({"type": "summary_text", "text": "So."});
    let item = reasoning("rs_1", std::slice::from_ref(&whole), &[]);
    let events = |index: u64| {
        vec![
            added(0, &reasoning("rs_1", &[], &[])),
            part(
                "reasoning_summary_part.added",
                "rs_1",
                0,
                index,
                &json!({"part": {"type": "summary_text", "text": ""}}),
            ),
            part(
                "reasoning_summary_text.delta",
                "rs_1",
                0,
                index,
                &json!({"delta": "So."}),
            ),
            part(
                "reasoning_summary_text.done",
                "rs_1",
                0,
                index,
                &json!({"text": "So."}),
            ),
            part(
                "reasoning_summary_part.done",
                "rs_1",
                0,
                index,
                &json!({"part": whole}),
            ),
            done(0, &item),
        ]
    };
    breaks(
        StreamRule::SummaryIndex,
        &stream(events(1), completed(std::slice::from_ref(&item))),
    );
    let mut events = events(0);
    events.remove(1);
    breaks(
        StreamRule::PartNotAdded,
        &stream(events, completed(&[item])),
    );
}

#[test]
fn a_finished_text_is_the_sum_of_its_deltas() {
    breaks(StreamRule::TextMismatch, &without(4));
    breaks(StreamRule::TextMismatch, &without(5));
    breaks(StreamRule::TextMismatch, &twice(4));
    breaks(
        StreamRule::TextMismatch,
        &edited(4, "/delta", json!("Hallo, ")),
    );
    breaks(
        StreamRule::TextMismatch,
        &edited(6, "/text", json!("Hello, you!")),
    );
    breaks(
        StreamRule::TextMismatch,
        &edited(7, "/part/text", json!("Hello")),
    );
    breaks(
        StreamRule::TextMismatch,
        &edited(8, "/item/content/0/text", json!("Hello")),
    );
    breaks(
        StreamRule::OutputMismatch,
        &edited(9, "/response/output/0/content/0/text", json!("Hello")),
    );
    breaks(StreamRule::TextNotDone, &without(6));
    breaks(StreamRule::TextDoneTwice, &twice(6));
    let mut events = hello();
    events.drain(4..=5);
    breaks(StreamRule::DeltasMissing, &events);
    for place in [7, 8, 9] {
        let mut events = hello();
        let delta = events[5].clone();
        events.insert(place, delta);
        breaks(StreamRule::DeltaAfterDone, &events);
    }
    let mut events = hello();
    events[2]["item"]["status"] = json!("completed");
    breaks(StreamRule::DeltaAfterDone, &events);
    let mut events = hello();
    events[5] = part("refusal.delta", "msg_1", 0, 0, &json!({"delta": "No"}));
    assert_eq!(rules(&read(&events))[0], StreamRule::EventMisplaced);
    let mut events = hello();
    events.insert(
        5,
        part(
            "function_call_arguments.delta",
            "msg_1",
            0,
            0,
            &json!({"delta": "{"}),
        ),
    );
    breaks(StreamRule::EventMisplaced, &events);
    let mut events = calling();
    events.insert(
        3,
        part(
            "content_part.added",
            "fc_1",
            0,
            0,
            &json!({"part": text("")}),
        ),
    );
    breaks(StreamRule::EventMisplaced, &events);
}

#[test]
fn a_finished_part_has_its_streamed_annotations() {
    let citation =
        json!({"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1});
    let mut events = hello();
    events[7]["part"]["annotations"] = json!([citation]);
    events[8]["item"]["content"][0]["annotations"] = json!([citation]);
    let at = |index: u64| {
        part(
            "output_text.annotation.added",
            "msg_1",
            0,
            0,
            &json!({"annotation_index": index, "annotation": citation}),
        )
    };
    events.insert(6, at(1));
    breaks(StreamRule::AnnotationIndex, &events);
    events[6] = at(0);
    events.insert(7, at(1));
    breaks(StreamRule::AnnotationMismatch, &events);
    events.remove(7);
    events.insert(9, at(1));
    breaks(StreamRule::DeltaAfterDone, &events);
}

#[test]
fn finished_arguments_are_the_sum_of_their_deltas() {
    let without = |missing: usize| {
        let mut events = calling();
        events.remove(missing);
        events
    };
    breaks(StreamRule::ItemNotAdded, &without(2));
    breaks(StreamRule::ArgumentsMismatch, &without(3));
    breaks(StreamRule::ArgumentsMismatch, &without(4));
    breaks(StreamRule::ArgumentsNotDone, &without(5));
    breaks(StreamRule::ItemNotDone, &without(6));
    let mut events = calling();
    events.insert(5, events[5].clone());
    breaks(StreamRule::TextDoneTwice, &events);
    let mut events = calling();
    events.insert(6, events[4].clone());
    breaks(StreamRule::DeltaAfterDone, &events);
    let mut events = calling();
    events.drain(3..=5);
    breaks(StreamRule::DeltasMissing, &events);
    let mut events = calling();
    events[6]["item"]["arguments"] = json!("{}");
    breaks(StreamRule::ArgumentsMismatch, &events);
    let mut events = calling();
    events[7]["response"]["output"][0]["arguments"] = json!("{}");
    breaks(StreamRule::OutputMismatch, &events);
}

/// Neighbours that changed places break one rule too, though both are in the wrong place.
#[test]
fn an_event_out_of_order_breaks_a_rule() {
    let swapped = |mut events: Vec<Value>, at: usize| {
        events.swap(at, at + 1);
        events
    };
    for (at, rule) in [
        (0, StreamRule::FirstEvent),
        (1, StreamRule::LifecycleOrder),
        (2, StreamRule::ItemNotAdded),
        (3, StreamRule::PartNotAdded),
        (4, StreamRule::TextMismatch),
        (5, StreamRule::DeltaAfterDone),
        (6, StreamRule::TextNotDone),
        (7, StreamRule::PartNotDone),
        (8, StreamRule::AfterTerminal),
    ] {
        assert_eq!(rules(&read(&swapped(hello(), at))), [rule], "{at}");
    }
    for (at, rule) in [
        (2, StreamRule::ItemNotAdded),
        (3, StreamRule::ArgumentsMismatch),
        (4, StreamRule::DeltaAfterDone),
        (5, StreamRule::ArgumentsNotDone),
        (6, StreamRule::AfterTerminal),
    ] {
        assert_eq!(rules(&read(&swapped(calling(), at))), [rule], "{at}");
    }
}

#[test]
fn the_terminal_response_has_the_streamed_output() {
    breaks(
        StreamRule::OutputMismatch,
        &edited(9, "/response/output", json!([])),
    );
    breaks(
        StreamRule::OutputMismatch,
        &edited(9, "/response/output", Value::Null),
    );
    let (mut events, first) = whole_message("msg_1", 0, &["One"]);
    let (more, second) = whole_message("msg_2", 1, &["Two"]);
    events.extend(more);
    let swapped = stream(events.clone(), completed(&[second.clone(), first.clone()]));
    assert_eq!(rules(&read(&swapped))[0], StreamRule::OutputMismatch);
    let twice = stream(
        events.clone(),
        completed(&[first.clone(), second.clone(), first.clone()]),
    );
    breaks(StreamRule::OutputMismatch, &twice);
    let third = message("msg_3", "completed", &[text("Three")]);
    let between = stream(
        events.clone(),
        completed(&[first.clone(), third.clone(), second.clone()]),
    );
    breaks(StreamRule::OutputMismatch, &between);
    // An unclosed item may be omitted as well.
    let mut open = hello();
    open.remove(8);
    open[8]["response"]["output"] = json!([]);
    breaks(StreamRule::ItemNotDone, &open);
    breaks(
        StreamRule::OutputMismatch,
        &stream(events, completed(&[first, second, third])),
    );
}

#[test]
fn vendor_types_without_a_prefix_are_reported() {
    let mut events = hello();
    events.insert(4, json!({"type": "trace_event"}));
    breaks(StreamRule::TypeNotPrefixed, &events);
    let item = json!({"type": "search_thing", "id": "s_1", "status": "completed"});
    let events = vec![added(0, &item), done(0, &item)];
    breaks(
        StreamRule::TypeNotPrefixed,
        &stream(events, completed(&[item])),
    );
}

/// What a checker of an HTTP stream finds, with the marker before the events of these indices.
fn marked(events: &[StreamEvent], marks: &[usize]) -> Vec<StreamRule> {
    let mut checker = Checker::new().expect_done_marker(true);
    for (at, event) in events.iter().enumerate() {
        for _ in marks.iter().filter(|mark| **mark == at) {
            checker.done_marker();
        }
        checker.push(event, Some(event.event_type()));
    }
    for _ in marks.iter().filter(|mark| **mark >= events.len()) {
        checker.done_marker();
    }
    checker.finish().iter().map(|found| found.rule).collect()
}

#[test]
fn the_marker_comes_once_and_last() {
    let events = read(&hello());
    let end = events.len();
    assert_eq!(marked(&events, &[end]), []);
    assert_eq!(marked(&events, &[]), [StreamRule::DoneMarkerMissing]);
    assert_eq!(marked(&events, &[5]), [StreamRule::DoneMarkerEarly]);
    assert_eq!(marked(&events, &[5, end]), [StreamRule::DoneMarkerEarly]);
    assert_eq!(
        marked(&events, &[end, end]),
        [StreamRule::DoneMarkerRepeated]
    );
    let cut = &events[..end - 1];
    assert_eq!(marked(cut, &[end]), [StreamRule::TerminalMissing]);
    let mut more = events.clone();
    more.push(events[end - 1].clone());
    assert_eq!(marked(&more, &[end]), [StreamRule::AfterDoneMarker]);
}

#[test]
fn an_events_name_is_its_type() {
    let events = read(&hello());
    let name = |at: usize| match at {
        4 => "message",
        _ => events[at].event_type(),
    };
    let mut checker = Checker::new();
    for (at, event) in events.iter().enumerate() {
        checker.push(event, Some(name(at)));
    }
    let rules: Vec<_> = checker.finish().iter().map(|found| found.rule).collect();
    assert_eq!(rules, [StreamRule::EventName]);

    let frames: Vec<String> = events.iter().map(StreamEvent::to_json).collect();
    let frames = |mode| {
        let frames = frames.iter().enumerate();
        let frames = frames.map(|(at, data)| Frame::new(data.as_bytes()).name(Some(name(at))));
        frames_through(RelayOptions::new(mode), frames)
    };
    let (sent, relay) = frames(RelayMode::Repair);
    assert_eq!(relay.repairs().count(Repair::EventName), 1);
    assert_eq!(inner(&sent), inner(&events));
    let (sent, relay) = frames(RelayMode::Enforce);
    assert_eq!(relay.violations()[0].rule, StreamRule::EventName);
    assert_eq!(sent.last().unwrap().event_type(), "response.failed");
}

#[test]
fn an_event_that_cannot_be_read_hides_no_other_fault() {
    let lacking = br#"{"type":"response.output_text.delta"}"#;
    let unreadable: Violation = StreamEvent::from_json(lacking).unwrap_err();
    let mut events = hello();
    events.insert(4, json!({"type": "acme:stand-in"}));
    let events = read(&events);
    let mut checker = Checker::new();
    for (at, event) in events.iter().enumerate() {
        match at {
            4 => checker.unreadable(&unreadable),
            _ => checker.push(event, None),
        }
    }
    let found = checker.finish();
    let found: Vec<_> = found
        .iter()
        .map(|found| (found.rule, found.event))
        .collect();
    assert_eq!(found, [(StreamRule::EventUnreadable, 4)]);

    let mut frames: Vec<String> = events.iter().map(StreamEvent::to_json).collect();
    frames[4] = "{\"type\":".into();
    for (mode, end) in [
        (RelayMode::Observe, "response.completed"),
        (RelayMode::Repair, "response.completed"),
        (RelayMode::Enforce, "response.failed"),
    ] {
        let frames = frames.iter().map(|data| Frame::new(data.as_bytes()));
        let (sent, relay) = frames_through(RelayOptions::new(mode), frames);
        assert_eq!(sent.last().unwrap().event_type(), end, "{mode:?}");
        assert_legal(&sent, "after an unreadable event");
        let repaired = relay.repairs().count(Repair::FrameUnreadable);
        assert_eq!(repaired, u32::from(mode == RelayMode::Repair));
    }

    let name = r#"{"type":"x\ndata: y","sequence_number":2}"#;
    let mut events = read(&hello()[..2]);
    events.push(StreamEvent::from_json(name.as_bytes()).unwrap());
    assert_eq!(rules(&events)[0], StreamRule::EventType);
    let (sent, _) = through(RelayMode::Repair, &events);
    assert!(sent.iter().all(|event| !event.event_type().contains('\n')));
}

#[test]
fn what_a_checker_and_a_relay_keep_is_bounded() {
    let mut events = hello();
    events[4]["delta"] = json!("x".repeat(5000));
    let events = read(&events);
    let mut checker = Checker::new().limits(CheckLimits::default().output(4096));
    for event in &events {
        checker.push(event, None);
    }
    let rules: Vec<_> = checker.finish().iter().map(|found| found.rule).collect();
    assert_eq!(rules, [StreamRule::TooLarge]);
    for mode in [RelayMode::Enforce, RelayMode::Repair] {
        let frames: Vec<String> = events.iter().map(StreamEvent::to_json).collect();
        let frames = frames.iter().map(|data| Frame::new(data.as_bytes()));
        let (sent, _) = frames_through(RelayOptions::new(mode).output_limit(4096), frames);
        assert_eq!(sent.last().unwrap().event_type(), "response.failed");
        assert_legal(&sent, "too large");
    }

    let mut checker = Checker::new().limits(CheckLimits::default().violations(3));
    let event = StreamEvent::from_json(br#"{"type":"acme:x"}"#).unwrap();
    for _ in 0..50 {
        checker.push(&event, None);
    }
    assert_eq!(checker.violation_count(), 51);
    assert_eq!(checker.finish().len(), 3);
}

#[test]
fn every_rule_has_a_name_of_its_own() {
    for rule in StreamRule::ALL {
        assert_eq!(StreamRule::from_name(rule.name()), Some(*rule));
        assert!(
            rule.name()
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        );
        assert!(rule.message().ends_with('.'), "{rule}");
    }
}
