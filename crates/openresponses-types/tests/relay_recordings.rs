//! Recorded streams of real servers, relayed: legal, complete, with the same end. Ignored where the
//! recordings are not there.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use openresponses_types::Response;
use openresponses_types::StreamEvent;
use openresponses_types::check::Checker;
use openresponses_types::diagnostics::Profile;
use openresponses_types::json::Document;
use openresponses_types::relay::{Frame, Relay, RelayOptions};
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::sequence::{CountingIds, FixedClock, Sequencer, ToolPolicy};
use serde_json::Value;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/recordings/responses-sse")
}

/// The frames of a recording: name and data.
fn frames(text: &str) -> Vec<(Option<String>, String)> {
    let mut frames = Vec::new();
    let (mut name, mut data) = (None, Vec::new());
    for line in text.lines().chain([""]) {
        if line.is_empty() {
            if !data.is_empty() {
                frames.push((name.take(), data.join("\n")));
            }
            data.clear();
            name = None;
        } else if let Some(value) = line.strip_prefix("event:") {
            name = Some(value.trim_start().to_owned());
        } else if let Some(value) = line.strip_prefix("data:") {
            // Some were stored as data lines alone.
            if !data.is_empty() {
                frames.push((None, data.join("\n")));
                data.clear();
            }
            data.push(value.trim_start().to_owned());
        }
    }
    frames
}

struct Relayed {
    events: Vec<StreamEvent>,
    relay: Relay,
}

fn relay(frames: &[(Option<String>, String)]) -> Relayed {
    let mut client = Sequencer::new(
        Response::new("resp_client", "m", 1),
        ToolPolicy::unrestricted(),
        Arc::new(CountingIds::default()),
        Arc::new(FixedClock(2)),
    );
    client.start();
    let mut relay = Relay::new(RelayOptions::default());
    for (name, data) in frames {
        if data == "[DONE]" {
            relay.done_marker();
            continue;
        }
        let _ = relay.push(
            Frame::new(data.as_bytes()).name(name.as_deref()),
            &mut client,
        );
    }
    relay.end(&mut client);
    client.conclude();
    let events = std::iter::from_fn(|| client.pop()).collect();
    Relayed { events, relay }
}

/// The bytes of text, by kind, as deltas say them, in their order.
fn bytes(events: impl Iterator<Item = Value>) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    let mut had: BTreeMap<String, usize> = BTreeMap::new();
    for event in events {
        let Some(kind) = event["type"].as_str() else {
            continue;
        };
        let kind = kind.replace("reasoning_text", "reasoning");
        if let (Some(kind), Some(delta)) = (kind.strip_suffix(".delta"), event["delta"].as_str()) {
            all.entry(kind.to_owned()).or_default().push_str(delta);
            *had.entry(kind.to_owned()).or_default() += delta.len();
        }
        if let Some(kind) = kind.strip_suffix(".done") {
            let whole = ["text", "refusal", "arguments", "input"]
                .iter()
                .find_map(|name| event[*name].as_str());
            // A text that came without its deltas.
            if let Some(whole) = whole
                && had.remove(kind).is_none()
            {
                all.entry(kind.to_owned()).or_default().push_str(whole);
            }
        }
    }
    all
}

fn check(text: &str) -> Result<(), Failed> {
    let frames = frames(text);
    let relayed = relay(&frames);
    let mut checker = Checker::new();
    for event in &relayed.events {
        let json = event.to_json();
        let document = Document::parse(json.as_bytes()).unwrap();
        let report = validate(&document, DocumentKind::StreamEvent, Profile::Compatible);
        if !report.violations.is_empty() {
            return Err(format!("{json}: {:?}", report.violations).into());
        }
        let report = validate(&document, DocumentKind::StreamEvent, Profile::Strict);
        // Types of OpenAI's API that the specification does not name.
        let unprefixed = |rule: &str| rule.ends_with(".type:oneOf");
        if let Some(found) = report
            .violations
            .iter()
            .find(|found| !unprefixed(&found.rule))
        {
            return Err(format!("{json}: {found:?}").into());
        }
        checker.push(event, Some(event.event_type()));
    }
    let violations = checker.finish();
    if !violations.is_empty() {
        return Err(format!("{violations:#?}").into());
    }
    let read = |data: &str| serde_json::from_str::<Value>(data).ok();
    let theirs: Vec<Value> = frames.iter().filter_map(|(_, data)| read(data)).collect();
    let ours: Vec<Value> = relayed
        .events
        .iter()
        .map(|event| read(&event.to_json()).unwrap())
        .collect();
    let (sent, got) = (bytes(theirs.iter().cloned()), bytes(ours.iter().cloned()));
    for (kind, text) in &sent {
        if got.get(kind) != Some(text) {
            return Err(format!("{kind}: {text:?} became {:?}", got.get(kind)).into());
        }
    }
    let end = |events: &[Value]| {
        let last = events.iter().rev().find(|event| {
            matches!(
                event["type"].as_str(),
                Some("response.completed" | "response.incomplete" | "response.failed")
            )
        });
        last.map(|event| event["response"].clone())
    };
    let (Some(theirs), Some(ours)) = (end(&theirs), end(&ours)) else {
        return if end(&theirs).is_none() {
            Ok(())
        } else {
            Err("no end".into())
        };
    };
    if theirs["status"] != ours["status"] {
        return Err(format!("{} became {}", theirs["status"], ours["status"]).into());
    }
    for count in ["input_tokens", "output_tokens", "total_tokens"] {
        if theirs["usage"][count] != ours["usage"][count] {
            return Err(format!("{} became {}", theirs["usage"], ours["usage"]).into());
        }
    }
    let _ = relayed.relay.repairs();
    Ok(())
}

fn main() {
    let arguments = Arguments::from_args();
    let Ok(entries) = std::fs::read_dir(folder()) else {
        let trial = Trial::test("recordings", || Ok(())).with_ignored_flag(true);
        libtest_mimic::run(&arguments, vec![trial]).exit();
    };
    let mut trials: Vec<Trial> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            Trial::test(name, move || {
                check(&String::from_utf8_lossy(&std::fs::read(&path).unwrap()))
            })
        })
        .collect();
    trials.sort_by(|one, other| one.name().cmp(other.name()));
    let counts = Trial::test("each_repair_has_a_name", move || {
        let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
        for entry in std::fs::read_dir(folder()).unwrap() {
            let text = std::fs::read(entry.unwrap().path()).unwrap();
            let relayed = relay(&frames(&String::from_utf8_lossy(&text)));
            for (repair, _) in relayed.relay.repairs().iter() {
                *counts.entry(repair.name()).or_default() += 1;
            }
        }
        println!("{counts:#?}");
        Ok(())
    });
    trials.push(counts);
    libtest_mimic::run(&arguments, trials).exit();
}
