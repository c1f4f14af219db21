use serde_json::{Value, json};

use crate::build::*;
use crate::samples::*;
use crate::{check, names};

/// Both profiles report exactly this rule, in event `event`.
fn breaks(rule: &str, event: u64, what: &str, transcript: &str) {
    for profile in ["compatible", "strict"] {
        let (code, report) = check(transcript.as_bytes(), &["--profile", profile]);
        let violations = names(&report, "violations", "rule");
        assert_eq!(violations, [rule], "{what}, {profile}: {report:#}");
        let found = &report["violations"][0];
        assert_eq!(found["event"], event, "{what}: {found:#}");
        assert!(
            found["section"].is_string() && found["offset"].is_u64(),
            "{what}"
        );
        assert_eq!((code, &report["ok"]), (Some(1), &json!(false)), "{what}");
    }
}

/// [`everything`] with one fault and renumbered events.
fn broken(rule: &str, event: u64, what: &str, edit: impl FnOnce(&mut Vec<Value>)) {
    let mut events = everything();
    edit(&mut events);
    breaks(rule, event, what, &transcript(events));
}

/// [`everything`] after an edit that keeps its numbers.
fn misnumbered(event: u64, what: &str, edit: impl FnOnce(&mut Vec<Value>)) {
    let mut events = number(everything());
    edit(&mut events);
    breaks("sequence-number", event, what, &transcript(events));
}

#[test]
fn a_wrong_number_breaks_a_rule() {
    let shift = |events: &mut [Value], by: i64| {
        for event in events {
            event["sequence_number"] = json!(event["sequence_number"].as_i64().unwrap() + by);
        }
    };
    misnumbered(7, "a gap", |all| shift(&mut all[7..], 1));
    misnumbered(7, "a number twice", |all| shift(&mut all[7..], -1));
    misnumbered(7, "one number wrong", |all| {
        all[7]["sequence_number"] = json!(99)
    });
    misnumbered(7, "two events change places", |all| {
        let (seventh, eighth) = (
            all[7]["sequence_number"].clone(),
            all[8]["sequence_number"].clone(),
        );
        all[7]["sequence_number"] = eighth;
        all[8]["sequence_number"] = seventh;
    });
    misnumbered(13, "it starts again", |all| shift(&mut all[13..], -13));
}

#[test]
fn a_missing_or_repeated_lifecycle_event_breaks_a_rule() {
    broken("first-event-not-created", 0, "no created", |all| {
        drop(all.remove(0))
    });
    broken(
        "first-event-not-created",
        0,
        "neither created nor in progress",
        |all| drop(all.drain(..2)),
    );
    broken("lifecycle-event-repeated", 1, "created twice", |all| {
        all.insert(1, all[0].clone())
    });
    broken(
        "lifecycle-event-order",
        4,
        "in progress behind the first item",
        |all| {
            let late = all.remove(1);
            all.insert(4, late);
        },
    );
    broken("terminal-event-missing", 27, "no end", |all| {
        drop(all.pop())
    });
    broken("event-after-terminal", 28, "completed twice", |all| {
        all.push(all[27].clone())
    });
    broken(
        "event-after-terminal",
        28,
        "completed, then failed",
        |all| {
            let mut failed = snapshot("failed", "failed", &[]);
            failed["response"]["error"] = json!({"code": "server_error", "message": "It broke."});
            all.push(failed);
        },
    );
    broken(
        "event-after-terminal",
        28,
        "a delta behind the end",
        |all| all.push(all[15].clone()),
    );
    broken(
        "event-after-terminal",
        26,
        "the end before the last item's",
        |all| {
            let end = all.pop().unwrap();
            all.truncate(26);
            all.insert(25, end);
        },
    );
    broken("response-identity", 27, "another id", |all| {
        all[27]["response"]["id"] = json!("resp_2")
    });
    broken("response-status", 27, "in progress at the end", |all| {
        all[27]["response"]["status"] = json!("in_progress");
    });
    let mut events = failed();
    events.pop();
    breaks(
        "error-without-response-failed",
        6,
        "error alone",
        &transcript(events),
    );
    let mut events = failed();
    let output = events[6]["response"]["output"].clone();
    events[6] = completed(output.as_array().unwrap());
    let (code, report) = check(transcript(events).as_bytes(), &[]);
    assert_eq!(code, Some(1));
    let first = &names(&report, "violations", "rule")[0];
    assert_eq!(first, "error-without-response-failed", "{report:#}");
}

#[test]
fn an_item_that_is_not_added_and_closed_once_breaks_a_rule() {
    broken("item-not-added", 13, "a message", |all| {
        drop(all.remove(13))
    });
    broken("item-not-added", 21, "a call", |all| drop(all.remove(21)));
    broken("item-not-added", 2, "reasoning", |all| drop(all.remove(2)));
    broken("item-not-added", 13, "added behind its part", |all| {
        all.swap(13, 14)
    });
    broken("item-added-twice", 14, "added twice", |all| {
        all.insert(14, all[13].clone())
    });
    broken("item-not-done", 26, "a message", |all| drop(all.remove(20)));
    broken("item-not-done", 26, "a call", |all| drop(all.remove(25)));
    broken("item-done-twice", 21, "done twice", |all| {
        all.insert(21, all[20].clone())
    });
    broken("item-id-mismatch", 15, "a delta of another item", |all| {
        all[15]["item_id"] = json!("msg_x")
    });
    broken("item-id-mismatch", 20, "done under another id", |all| {
        all[20]["item"]["id"] = json!("msg_x")
    });
    broken("item-id-mismatch", 14, "added under another id", |all| {
        all[13]["item"]["id"] = json!("msg_x")
    });
    broken("output-index", 15, "a delta", |all| {
        all[15]["output_index"] = json!(7)
    });
    broken("output-index", 13, "added", |all| {
        all[13]["output_index"] = json!(7)
    });
    broken("output-index", 13, "a whole item", |all| {
        for event in &mut all[13..21] {
            event["output_index"] = json!(7);
        }
    });
    broken("output-index", 2, "from 1", |all| {
        for event in &mut all[2..26] {
            event["output_index"] = json!(event["output_index"].as_u64().unwrap() + 1);
        }
    });
    broken("item-status", 20, "in progress when done", |all| {
        all[20]["item"]["status"] = json!("in_progress")
    });
    broken(
        "incomplete-item-not-last",
        21,
        "incomplete in the middle",
        |all| {
            all[20]["item"]["status"] = json!("incomplete");
            all[27]["response"]["output"][1]["status"] = json!("incomplete");
        },
    );
    broken(
        "item-status",
        27,
        "in progress in a completed response",
        |all| {
            all[27]["response"]["output"][1]["status"] = json!("in_progress");
        },
    );
    let mut events = incomplete();
    let output = events.last().unwrap()["response"]["output"].clone();
    *events.last_mut().unwrap() = completed(output.as_array().unwrap());
    breaks(
        "incomplete-item-response-status",
        8,
        "an incomplete item, a completed response",
        &transcript(events),
    );
    broken("item-changed", 20, "another role", |all| {
        all[20]["item"]["role"] = json!("user")
    });
}

#[test]
fn a_part_or_text_that_differs_from_its_deltas_breaks_a_rule() {
    broken("part-not-added", 14, "no part added", |all| {
        drop(all.remove(14))
    });
    broken("part-not-done", 19, "no part done", |all| {
        drop(all.remove(19))
    });
    broken("part-not-done", 11, "no summary part done", |all| {
        drop(all.remove(11))
    });
    broken("content-index", 14, "a part's index", |all| {
        all[14]["content_index"] = json!(1)
    });
    broken("content-index", 15, "a delta's index", |all| {
        all[15]["content_index"] = json!(1)
    });
    broken("text-not-done", 18, "no text done", |all| {
        drop(all.remove(18))
    });
    broken("text-done-twice", 19, "text done twice", |all| {
        all.insert(19, all[18].clone())
    });
    broken("text-mismatch", 17, "a delta lost", |all| {
        drop(all.remove(15))
    });
    broken("text-mismatch", 17, "the last delta lost", |all| {
        drop(all.remove(16))
    });
    broken("text-mismatch", 19, "a delta twice", |all| {
        all.insert(15, all[15].clone())
    });
    broken("text-mismatch", 18, "another text done", |all| {
        all[18]["text"] = json!("Goodbye")
    });
    broken("text-mismatch", 19, "another part done", |all| {
        all[19]["part"]["text"] = json!("Goodbye")
    });
    broken("text-mismatch", 20, "another item done", |all| {
        all[20]["item"]["content"][0]["text"] = json!("Goodbye")
    });
    broken("deltas-missing", 16, "no deltas", |all| {
        drop(all.drain(15..17))
    });
    for (behind, what) in [(18, "text"), (19, "part"), (20, "item"), (25, "call")] {
        let at = behind as u64 + 1;
        let extra = format!("one delta more behind the {what}");
        broken("delta-after-done", at, &extra, |all| {
            all.insert(behind + 1, all[16].clone())
        });
        let late = format!("a delta late, behind the {what}");
        broken("delta-after-done", behind as u64, &late, |all| {
            let delta = all.remove(16);
            all.insert(behind, delta);
        });
    }
    broken("event-misplaced", 15, "text in a call", |all| {
        let mut delta = all[16].clone();
        delta["type"] = json!("response.refusal.delta");
        delta.as_object_mut().unwrap().remove("logprobs");
        all.insert(15, delta);
    });
    broken("annotation-index", 17, "an annotation's index", |all| {
        all[17]["annotation_index"] = json!(4)
    });
    broken("annotation-index", 18, "an annotation twice", |all| {
        all.insert(18, all[17].clone())
    });
    broken("arguments-mismatch", 24, "other arguments done", |all| {
        all[24]["arguments"] = json!("{}")
    });
    broken("arguments-not-done", 24, "no arguments done", |all| {
        drop(all.remove(24))
    });
    broken(
        "delta-after-done",
        25,
        "arguments behind their end",
        |all| all.insert(25, all[23].clone()),
    );
    broken("delta-after-done", 24, "arguments late", |all| {
        all.swap(23, 24)
    });
}

#[test]
fn a_terminal_response_that_differs_from_the_stream_breaks_a_rule() {
    broken("terminal-output-mismatch", 27, "another text", |all| {
        all[27]["response"]["output"][1]["content"][0]["text"] = json!("Goodbye");
    });
    broken("terminal-output-mismatch", 27, "an item less", |all| {
        drop(all[27]["response"]["output"].as_array_mut().unwrap().pop());
    });
    broken("terminal-output-mismatch", 27, "an item more", |all| {
        let more = message("msg_9", "completed", &[text("More")]);
        all[27]["response"]["output"]
            .as_array_mut()
            .unwrap()
            .push(more);
    });
    broken("terminal-output-mismatch", 27, "nothing", |all| {
        all[27]["response"]["output"] = json!([])
    });
    broken("terminal-output-mismatch", 27, "other arguments", |all| {
        all[27]["response"]["output"][2]["arguments"] = json!("{}");
    });
    broken("terminal-output-mismatch", 27, "an item twice", |all| {
        let output = all[27]["response"]["output"].as_array_mut().unwrap();
        output.push(output[0].clone());
    });
    broken("item-not-done", 26, "an item open, and left out", |all| {
        all.remove(25);
        drop(all[26]["response"]["output"].as_array_mut().unwrap().pop());
    });
    broken("item-not-added", 13, "neither item nor part added", |all| {
        drop(all.drain(13..15))
    });
    broken("output-before-items", 0, "output at the start", |all| {
        let output = all[27]["response"]["output"].clone();
        all[0]["response"]["output"] = output;
    });
}

#[test]
fn wrong_framing_breaks_a_rule() {
    let plain = transcript(everything());
    let frames = frames(everything());
    let (mark, events) = frames.split_last().unwrap();
    let delta = "event: response.output_text.delta\n";
    breaks("done-marker-missing", 28, "no mark", &events.concat());
    breaks("done-marker-before-terminal-event", 27, "an early mark", &{
        let (end, events) = events.split_last().unwrap();
        format!("{}{mark}{end}", events.concat())
    });
    breaks(
        "done-marker-repeated",
        28,
        "two marks",
        &format!("{plain}{mark}"),
    );
    breaks(
        "event-after-done-marker",
        28,
        "an event behind it",
        &format!("{plain}{}", events[15]),
    );
    breaks(
        "event-name-mismatch",
        15,
        "another name",
        &plain.replacen(delta, "event: delta\n", 1),
    );
    breaks(
        "event-name-mismatch",
        15,
        "no name",
        &plain.replacen(delta, "", 1),
    );
    let unnamed: Vec<&str> = plain
        .lines()
        .filter(|line| !line.starts_with("event"))
        .collect();
    breaks(
        "event-name-mismatch",
        0,
        "no names at all",
        &(unnamed.join("\n") + "\n\n"),
    );
    breaks(
        "event-unreadable",
        15,
        "no JSON",
        &plain.replacen("\"delta\":\"Hel\"", "\"delta\":\"Hel", 1),
    );
    breaks("event-incomplete", 28, "no blank line", plain.trim_end());
    broken("event-type-invalid", 16, "a line break in a type", |all| {
        all.insert(16, json!({"type": "acme:a\nb"}));
    });
}

#[test]
fn an_event_that_violates_its_schema_is_reported() {
    broken(
        "ResponseOutputTextDeltaStreamingEvent.delta:required",
        15,
        "no delta",
        |all| {
            drop(all[15].as_object_mut().unwrap().remove("delta"));
        },
    );
    broken(
        "ResponseOutputTextDeltaStreamingEvent.delta:type",
        15,
        "a delta that is no text",
        |all| {
            all[15]["delta"] = json!({"text": "Hel"});
        },
    );
    broken(
        "ResponseOutputTextDeltaStreamingEvent.item_id:required",
        15,
        "no item id",
        |all| {
            drop(all[15].as_object_mut().unwrap().remove("item_id"));
        },
    );
    broken("ResponseResource.status:required", 27, "no status", |all| {
        drop(
            all[27]["response"]
                .as_object_mut()
                .unwrap()
                .remove("status"),
        );
    });
}
