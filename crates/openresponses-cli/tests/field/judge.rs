//! What is wrong with a relayed stream, by kind.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::frames;
use crate::transcript::{Ending, Item, Transcript, array};

/// A fault: its kind, by which faults are counted, and what shows it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fault {
    pub(crate) kind: String,
    pub(crate) detail: String,
}

pub(crate) fn fault(kind: impl Into<String>, detail: impl Into<String>) -> Fault {
    Fault {
        kind: kind.into(),
        detail: detail.into(),
    }
}

/// What `openresponses check` finds in a transcript: rule, place and message.
pub(crate) type Findings = Vec<(String, String)>;

/// Holds transcripts against a profile. Their files stay in `folder`, to be looked at.
pub(crate) fn check_all<'a>(
    folder: &str,
    profile: &str,
    streams: impl IntoIterator<Item = &'a str>,
) -> Vec<Findings> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(folder);
    fs::create_dir_all(&folder).unwrap();
    let streams = streams.into_iter().enumerate().map(|(at, stream)| {
        let path = folder.join(format!("{at}.sse"));
        fs::write(&path, stream).unwrap();
        path
    });
    let streams: Vec<_> = streams.collect();
    let mut all = Vec::new();
    // A command line has a bound.
    for files in streams.chunks(500) {
        let output = Command::new(env!("CARGO_BIN_EXE_openresponses"))
            .args(["check", "--kind", "stream", "--format", "json"])
            .args(["--profile", profile])
            .args(files)
            .output()
            .unwrap();
        let lines = output.stdout.split(|byte| *byte == b'\n');
        let lines = lines.filter(|line| !line.is_empty());
        all.extend(lines.map(|line| findings(&serde_json::from_slice(line).unwrap())));
    }
    assert_eq!(all.len(), streams.len());
    all
}

fn findings(report: &Value) -> Findings {
    let violations = array(&report["violations"]);
    assert_eq!(report["ok"] == true, violations.is_empty());
    let found = violations.iter().map(|found| {
        let rule = found["rule"].as_str().unwrap();
        let place = found["pointer"].as_str().unwrap();
        let message = found["message"].as_str().unwrap();
        (
            rule.to_owned(),
            format!("event {} {place}: {message}", found["event"]),
        )
    });
    found.collect()
}

/// Whether a finding in the profile `strict` is about an unprefixed type of a vendor that the
/// upstream itself sent.
pub(crate) fn is_about_vendor_types(rule: &str, detail: &str, upstream: &str) -> bool {
    let named = detail.rsplit_once("got '").map(|(_, name)| name);
    let named = named.and_then(|name| name.split('\'').next());
    // A long name is cut short in messages.
    let sent = |name: &str| match name.strip_suffix('…') {
        Some(start) => upstream.contains(&format!("\"{start}")),
        None => upstream.contains(&format!("\"{name}\"")),
    };
    rule == "type-not-prefixed" || rule.ends_with(":oneOf") && named.is_some_and(sent)
}

/// Holds a stream against the profiles.
pub(crate) fn legality(name: &str, stream: &str, upstream: &str, faults: &mut Vec<Fault>) {
    for (rule, detail) in check_all(name, "compatible", [stream]).concat() {
        faults.push(fault(format!("compatible: {rule}"), detail));
    }
    let mut seen = BTreeSet::new();
    for (rule, detail) in check_all(name, "strict", [stream]).concat() {
        if !is_about_vendor_types(&rule, &detail, upstream) && seen.insert(rule.clone()) {
            faults.push(fault(format!("strict: {rule}"), detail));
        }
    }
}

/// Holds what left against what the upstream sent.
pub(crate) fn content(upstream: &Transcript, sent: &str, faults: &mut Vec<Fault>) {
    let events = frames::events(sent);
    let streamed = Transcript::read(&events);
    let Some(last) = events.iter().rfind(|event| event["response"].is_object()) else {
        faults.push(fault(
            "no response",
            sent.chars().take(200).collect::<String>(),
        ));
        return;
    };
    let response = Transcript::of_response(&last["response"]);
    items("stream", &upstream.items, &streamed.items, faults);
    items("response", &upstream.items, &response.items, faults);
    ending(upstream, &response, faults);
}

/// Holds an answer in one piece against what the upstream sent.
pub(crate) fn document(upstream: &Transcript, body: &str, faults: &mut Vec<Fault>) {
    let body: Value = serde_json::from_str(body).unwrap();
    let response = Transcript::of_response(&body);
    items("document", &upstream.items, &response.items, faults);
    ending(upstream, &response, faults);
}

fn items(place: &str, theirs: &[Item], ours: &[Item], faults: &mut Vec<Fault>) {
    let kinds = |items: &[Item]| -> Vec<String> {
        let kinds = items.iter().map(|item| item.kind.clone());
        kinds.collect()
    };
    let (their_kinds, our_kinds) = (kinds(theirs), kinds(ours));
    if their_kinds != our_kinds {
        let detail = format!("upstream {their_kinds:?}, sent {our_kinds:?}");
        faults.push(fault(format!("items in the {place}"), detail));
        return;
    }
    for (at, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
        let (their_texts, our_texts) = (theirs.texts(), ours.texts());
        if their_texts != our_texts {
            let detail = format!("item {at}: upstream {their_texts:?}, sent {our_texts:?}");
            faults.push(fault(format!("text in the {place}"), detail));
        } else if let Some(stated) = ours.stated.last()
            && !theirs.stated.is_empty()
        {
            let lost = theirs.stated.iter().map(|whole| lost(whole, stated, ""));
            if let Some(Some(detail)) = lost.min_by_key(Option::is_some) {
                let detail = format!("item {at}: {detail}");
                faults.push(fault(format!("member lost in the {place}"), detail));
            }
        }
    }
}

/// The first member of `theirs` that `ours` lacks or has with another value.
fn lost(theirs: &Value, ours: &Value, place: &str) -> Option<String> {
    match (theirs, ours) {
        (Value::Null, _) => None,
        (Value::Object(members), Value::Object(_)) => members
            .iter()
            .filter(|(name, _)| !(place.is_empty() && matches!(name.as_str(), "id" | "status")))
            .find_map(|(name, value)| lost(value, &ours[name], &format!("{place}/{name}"))),
        (Value::Array(values), Value::Array(of_ours)) if values.len() == of_ours.len() => {
            let pairs = values.iter().zip(of_ours).enumerate();
            pairs
                .filter_map(|(at, (theirs, ours))| lost(theirs, ours, &format!("{place}/{at}")))
                .next()
        }
        (Value::Number(theirs), Value::Number(ours)) if theirs.as_f64() == ours.as_f64() => None,
        // A call without arguments has an empty object.
        (Value::String(theirs), Value::String(ours)) if theirs.is_empty() && ours == "{}" => None,
        _ if theirs == ours => None,
        _ => Some(format!("{place}: upstream {theirs}, sent {ours}")),
    }
}

/// The same end, for the same reason.
fn ending(upstream: &Transcript, ours: &Transcript, faults: &mut Vec<Fault>) {
    let ours = ours.ending.as_ref().unwrap();
    let broken = Ending {
        status: "failed".into(),
        ..Ending::default()
    };
    let theirs = upstream.ending.as_ref().unwrap_or(&broken);
    let mut differs = |what: &str, theirs: String, ours: String| {
        if theirs != ours {
            let detail = format!("upstream {theirs}, sent {ours}");
            faults.push(fault(format!("{what} of the response"), detail));
        }
    };
    differs("status", theirs.status.clone(), ours.status.clone());
    if theirs.status == "incomplete" {
        differs("reason", theirs.reason.to_string(), ours.reason.to_string());
    }
    differs(
        "usage",
        format!("{:?}", theirs.usage),
        format!("{:?}", ours.usage),
    );
    let error = [&theirs.error, &upstream.error]
        .into_iter()
        .find(|error| error["message"].is_string());
    if theirs.status == "failed" {
        let expected = error.map(|error| &error["message"]);
        if let Some(expected) = expected {
            differs(
                "message",
                expected.to_string(),
                ours.error["message"].to_string(),
            );
        } else if ours.error["message"].as_str().is_none_or(str::is_empty) {
            differs("message", "any".into(), "none".into());
        }
    }
}

/// The first event between the lifecycle events that changed, apart from its number.
pub(crate) fn change(upstream: &[Value], sent: &[Value]) -> Option<String> {
    let (upstream, sent) = (inner(upstream), inner(sent));
    let mut pairs = upstream.iter().zip(&sent);
    match pairs.find(|(theirs, ours)| theirs != ours) {
        Some((theirs, ours)) => Some(format!("upstream {theirs}, sent {ours}")),
        None if upstream.len() == sent.len() => None,
        None => Some(format!("{} events, sent {}", upstream.len(), sent.len())),
    }
}

fn inner(events: &[Value]) -> Vec<Value> {
    let inner = events.iter().filter(|event| event["response"].is_null());
    let without_number = |event: &Value| {
        let mut event = event.clone();
        if let Some(event) = event.as_object_mut() {
            event.remove("sequence_number");
        }
        event
    };
    inner.map(without_number).collect()
}
