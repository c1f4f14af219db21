//! Transcripts with one fault each.

use serde_json::{Value, json};

use super::build::*;
use super::{compatible, rules, strict};
use crate::args::CheckProfile;

/// Both profiles report exactly this rule, in this event.
fn breaks(rule: &str, event: u64, transcript: &str) {
    for checked in [strict(transcript), compatible(transcript)] {
        assert_eq!(rules(&checked), [rule], "{checked:#?}");
        let found = &checked.violations[0];
        let at = found.at.unwrap();
        assert_eq!(at.event, event, "{rule}: {found:#?}");
        assert!(found.section.is_some());
        let rest = &transcript[usize::try_from(at.offset).unwrap()..];
        assert!(
            rest.is_empty() || rest.starts_with("event: ") || rest.starts_with("data: "),
            "{rule}: {rest}"
        );
    }
}

fn edited(edit: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut events = hello();
    edit(&mut events);
    transcript(events)
}

/// [`hello`] after an edit that keeps its numbers.
fn renumbered(edit: impl FnOnce(&mut Vec<Value>)) -> String {
    let mut events = number(hello());
    edit(&mut events);
    transcript(events)
}

// created, in_progress, item added, part added, delta, delta, text done, part done, item done,
// completed
#[test]
fn order_of_events() {
    breaks(
        "sequence-number",
        5,
        &renumbered(|all| {
            for event in &mut all[5..] {
                event["sequence_number"] = json!(event["sequence_number"].as_u64().unwrap() + 1);
            }
        }),
    );
    breaks(
        "sequence-number",
        5,
        &renumbered(|all| all[5]["sequence_number"] = json!(4)),
    );
    breaks(
        "lifecycle-event-repeated",
        1,
        &edited(|all| {
            all.insert(1, all[0].clone());
        }),
    );
    breaks(
        "first-event-not-created",
        0,
        &edited(|all| drop(all.drain(..2))),
    );
    breaks("terminal-event-missing", 9, &edited(|all| drop(all.pop())));
    breaks(
        "event-after-terminal",
        10,
        &edited(|all| all.push(all[4].clone())),
    );
    breaks(
        "event-after-terminal",
        10,
        &edited(|all| all.push(all[9].clone())),
    );
}

#[test]
fn items_and_parts() {
    breaks("item-not-done", 8, &edited(|all| drop(all.remove(8))));
    breaks("part-not-done", 7, &edited(|all| drop(all.remove(7))));
    breaks("text-not-done", 6, &edited(|all| drop(all.remove(6))));
    breaks("item-not-added", 2, &edited(|all| drop(all.remove(2))));
    breaks("part-not-added", 3, &edited(|all| drop(all.remove(3))));
    breaks("text-mismatch", 5, &edited(|all| drop(all.remove(5))));
    breaks(
        "text-mismatch",
        6,
        &edited(|all| all[6]["text"] = json!("Bye")),
    );
    breaks(
        "delta-after-done",
        7,
        &edited(|all| all.insert(7, all[5].clone())),
    );
    breaks(
        "delta-after-done",
        8,
        &edited(|all| all.insert(8, all[5].clone())),
    );
    breaks(
        "delta-after-done",
        9,
        &edited(|all| all.insert(9, all[5].clone())),
    );
    breaks(
        "output-index",
        4,
        &edited(|all| all[4]["output_index"] = json!(3)),
    );
    breaks(
        "output-index",
        2,
        &edited(|all| {
            for event in &mut all[2..9] {
                event["output_index"] = json!(1);
            }
        }),
    );
    breaks(
        "content-index",
        3,
        &edited(|all| {
            for event in &mut all[3..8] {
                event["content_index"] = json!(1);
            }
        }),
    );
    breaks(
        "item-id-mismatch",
        4,
        &edited(|all| all[4]["item_id"] = json!("msg_2")),
    );
    breaks(
        "item-done-twice",
        9,
        &edited(|all| all.insert(9, all[8].clone())),
    );
    breaks(
        "item-added-twice",
        3,
        &edited(|all| all.insert(3, all[2].clone())),
    );
    breaks(
        "item-status",
        8,
        &edited(|all| all[8]["item"]["status"] = json!("in_progress")),
    );
    breaks(
        "incomplete-item-response-status",
        9,
        &edited(|all| {
            all[8]["item"]["status"] = json!("incomplete");
            all[9]["response"]["output"][0]["status"] = json!("incomplete");
        }),
    );
    breaks(
        "terminal-output-mismatch",
        9,
        &edited(|all| {
            all[9]["response"]["output"] = json!([]);
        }),
    );
    breaks(
        "response-identity",
        9,
        &edited(|all| all[9]["response"]["id"] = json!("resp_2")),
    );
    breaks(
        "response-status",
        9,
        &edited(|all| {
            all[9]["response"]["status"] = json!("in_progress");
        }),
    );
}

#[test]
fn calls() {
    let stream = |edit: &dyn Fn(&mut Vec<Value>)| {
        let (mut events, item) = whole_call(0, &["{", "}"]);
        edit(&mut events);
        let end = snapshot("completed", "completed", &[item]);
        transcript([started(), events, vec![end]].concat())
    };
    breaks(
        "arguments-mismatch",
        5,
        &stream(&|all| all[3]["arguments"] = json!("{ }")),
    );
    breaks("arguments-not-done", 5, &stream(&|all| drop(all.remove(3))));
}

#[test]
fn framing() {
    let plain = transcript(hello());
    let renamed = plain.replacen(
        "event: response.content_part.added",
        "event: response.content_part.done",
        1,
    );
    breaks("event-name-mismatch", 3, &renamed);
    let all = frames(hello());
    let count = all.len() - 1;
    breaks("done-marker-missing", count as u64, &all[..count].concat());
    breaks(
        "done-marker-repeated",
        10,
        &format!("{plain}data: [DONE]\n\n"),
    );
    breaks("event-after-done-marker", 10, &format!("{plain}{}", all[4]));
    let mut early = all.clone();
    early.swap(count, count - 1);
    breaks("done-marker-before-terminal-event", 9, &early.concat());
    breaks("event-incomplete", 10, plain.trim_end());
    breaks(
        "event-unreadable",
        4,
        &plain.replacen(r#""delta":"Hel""#, r#""delta":"Hel"#, 1),
    );
    let lines = edited(|all| {
        all.insert(3, json!({"type": "acme:a\nb"}));
    });
    breaks("event-type-invalid", 3, &lines);
}

#[test]
fn not_utf8() {
    let mut bytes = transcript(hello()).into_bytes();
    let at = bytes
        .windows(3)
        .position(|window| window == b"Hel")
        .unwrap();
    bytes[at] = 0xFF;
    let checked = super::check(&bytes, crate::args::CheckProfile::Strict);
    assert_eq!(rules(&checked), ["invalid-utf8"]);
    let found = checked.violations[0].at.unwrap();
    assert_eq!((found.event, found.offset), (4, at as u64));
}

#[test]
fn shapes_of_events() {
    breaks(
        "ResponseOutputTextDeltaStreamingEvent.delta:required",
        4,
        &edited(|all| {
            all[4].as_object_mut().unwrap().remove("delta");
        }),
    );
    breaks(
        "ResponseOutputTextDeltaStreamingEvent.item_id:type",
        4,
        &edited(|all| {
            all[4]["item_id"] = json!(7);
        }),
    );
    breaks(
        "ResponseOutputItemAddedStreamingEvent.output_index:type",
        2,
        &edited(|all| {
            all[2]["output_index"] = json!("0");
        }),
    );
    let checked = strict(&edited(|all| all[9]["response"]["output"] = json!("none")));
    assert_eq!(rules(&checked), ["ResponseResource.output:type"]);
    let checked = strict(&edited(|all| {
        all.insert(4, json!({"type": "trace", "n": 1}));
    }));
    assert_eq!(rules(&checked).len(), 1, "{checked:#?}");
}

#[test]
fn a_stream_that_was_cut() {
    let plain = transcript(hello());
    let cut = plain.find("lo\"").unwrap();
    let checked = strict(&plain[..cut]);
    assert_eq!(
        rules(&checked),
        ["event-incomplete", "terminal-event-missing"]
    );
    assert_eq!(checked.violations[0].at.unwrap().event, 5);
    assert_eq!(rules(&strict(""))[..], ["terminal-event-missing"]);
}

/// A stream with a fault at its end, after more findings than are kept that are no faults here.
#[test]
fn what_is_excused_hides_no_fault() {
    let faulty = |mut events: Vec<Value>| {
        events = number(events);
        events.last_mut().unwrap()["sequence_number"] = json!(9_999);
        transcript(events)
    };
    let mut unprefixed = hello();
    unprefixed.splice(2..2, vec![json!({"type": "trace"}); 1_200]);
    let checked = compatible(&faulty(unprefixed));
    assert_eq!(rules(&checked), ["sequence-number"], "{checked:#?}");

    let (mut events, item) = whole_message("msg_1", 0, &["a"; 1_200]);
    for (number, event) in events.iter_mut().enumerate() {
        if event["type"] == "response.output_text.delta" {
            event["item_id"] = json!(format!("msg_{number}"));
        }
    }
    let end = snapshot("completed", "completed", &[item]);
    let stream = faulty([started(), events, vec![end]].concat());
    let checked = super::check(stream.as_bytes(), CheckProfile::Vendor);
    assert_eq!(rules(&checked), ["sequence-number"], "{checked:#?}");
    assert!(!checked.more);
    assert_eq!(checked.notes[0].quirk.name, "changing-ids");
    assert!(checked.notes[0].count > 1_000, "{:?}", checked.notes);
}
