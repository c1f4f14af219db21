//! Damaged streams: without one event, one member, or a range of bytes. What is completed all the same
//! says everything that the whole stream says; what cannot be restored has failed.

use bytes::Bytes;
use libtest_mimic::{Failed, Trial};
use openresponses_tower::output::RelayMode;
use serde_json::{Value, json};

use crate::frames;
use crate::judge::{check_all, is_about_vendor_types};
use crate::legal;
use crate::random::Random;
use crate::relayed::relay;
use crate::table::Table;
use crate::transcript::Transcript;

/// How many ranges of bytes are left out of each stream.
const RANGES: usize = 300;

/// A stream, and what was done to it.
type Damaged = (String, String);

/// All the ways in which one kind of damage is done to a stream.
type Damage = fn(&[Value]) -> Vec<Damaged>;

pub(crate) fn trials(table: &Table) -> Vec<Trial> {
    let kinds: [(&str, Damage); 4] = [
        ("nothing", |events| {
            vec![("nothing".into(), printed(events))]
        }),
        ("events", without_events),
        ("members", without_members),
        ("bytes", without_bytes),
    ];
    let mut trials = Vec::new();
    for (name, events) in legal::streams() {
        for (kind, damage) in kinds {
            let (table, events) = (table.clone(), events.clone());
            let place = format!("damage_{kind}_{name}");
            trials.push(Trial::test(format!("damage::{kind}::{name}"), move || {
                run(&place, &events, damage(&events), &table)
            }));
        }
    }
    trials
}

fn printed(events: &[Value]) -> String {
    frames::printed(events) + "data: [DONE]\n\n"
}

fn without_events(events: &[Value]) -> Vec<Damaged> {
    let left_out = |at: usize| {
        let mut events = events.to_vec();
        let event = events.remove(at);
        (
            format!("without event {at} {}", event["type"]),
            printed(&events),
        )
    };
    (0..events.len()).map(left_out).collect()
}

fn without_members(events: &[Value]) -> Vec<Damaged> {
    let mut all = Vec::new();
    for (at, event) in events.iter().enumerate() {
        for pointer in pointers(event, "") {
            let mut events = events.to_vec();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            if let Some(Value::Object(members)) = events[at].pointer_mut(parent) {
                members.remove(name);
            }
            let what = format!("event {at} {} without {pointer}", event["type"]);
            all.push((what, printed(&events)));
        }
    }
    all
}

/// The places of all members inside, at any depth.
fn pointers(value: &Value, place: &str) -> Vec<String> {
    let mut all = Vec::new();
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                let place = format!("{place}/{name}");
                all.extend(pointers(value, &place));
                all.push(place);
            }
        }
        Value::Array(values) => {
            for (at, value) in values.iter().enumerate() {
                all.extend(pointers(value, &format!("{place}/{at}")));
            }
        }
        _ => {}
    }
    all
}

fn without_bytes(events: &[Value]) -> Vec<Damaged> {
    let text = printed(events);
    let mut random = Random::new(text.len() as u64);
    let ranges = (0..RANGES).map(|_| {
        let start = random.index(text.len());
        // Short ranges find their way into texts, long ones tear frames apart.
        let longest = *random.pick(&[1, 4, 40, 2000]);
        let end = (start + 1 + random.index(longest)).min(text.len());
        let rest = [&text.as_bytes()[..start], &text.as_bytes()[end..]].concat();
        let rest = String::from_utf8(rest).unwrap();
        (format!("without bytes {start}..{end}"), rest)
    });
    ranges.collect()
}

fn run(place: &str, whole: &[Value], all: Vec<Damaged>, table: &Table) -> Result<(), Failed> {
    let original = Transcript::read(whole);
    let tools = json!([{"type": "function", "name": "f"}]);
    let request = json!({"model": "ours", "input": "x", "stream": true, "tools": tools});
    let mut faults = Vec::new();
    let mut sent = Vec::new();
    for (what, stream) in all {
        let relayed = relay(
            vec![Bytes::from(stream.clone())],
            RelayMode::Repair,
            &request,
        );
        if relayed.status != 200 {
            faults.push(format!("{what}: {} {}", relayed.status, relayed.body));
            continue;
        }
        if let Some(detail) = loss(&original, &relayed.body) {
            faults.push(format!("{what}: {detail}"));
        }
        sent.push((what, relayed.body, stream));
    }
    for profile in ["compatible", "strict"] {
        let found = check_all(
            place,
            profile,
            sent.iter().map(|(_, body, _)| body.as_str()),
        );
        for ((what, _, stream), found) in sent.iter().zip(found) {
            // A type that lost a letter is unknown.
            let vendor = |rule, detail| is_about_vendor_types(rule, detail, stream);
            let mut found = found.iter();
            if let Some((rule, detail)) = found.find(|(rule, detail)| !vendor(rule, detail)) {
                faults.push(format!("{what}: {profile}: {rule}: {detail}"));
            }
        }
    }
    table.count("damage", place, faults.len());
    if faults.is_empty() {
        return Ok(());
    }
    let count = faults.len();
    faults.truncate(40);
    Err(format!("{count} of {}:\n{}", sent.len(), faults.join("\n")).into())
}

/// What a response that ended well lacks.
fn loss(original: &Transcript, sent: &str) -> Option<String> {
    let events = frames::events(sent);
    let Some(last) = events.last().filter(|event| event["response"].is_object()) else {
        return Some(format!("no end: {sent}"));
    };
    let ours = Transcript::of_response(&last["response"]);
    let status = &ours.ending.as_ref()?.status;
    if status == "failed" {
        let message = last["response"]["error"]["message"].as_str();
        let silent = message.is_none_or(str::is_empty);
        return silent.then(|| format!("no reason: {}", last["response"]));
    }
    if original
        .ending
        .as_ref()
        .is_some_and(|end| end.status == "failed")
    {
        return Some(format!("a failed response ends as {status}"));
    }
    // An item whose first event was lost may come after those that were sent meanwhile.
    let contents = |all: &Transcript| -> Vec<_> {
        let items = all.items.iter();
        let contents = items.map(|item| (item.kind.clone(), item.known_texts(), item.name()));
        let mut contents: Vec<_> = contents.collect();
        contents.sort();
        contents
    };
    let streamed = Transcript::read(&events);
    for (place, sent) in [
        ("response", contents(&ours)),
        ("stream", contents(&streamed)),
    ] {
        if sent != contents(original) {
            return Some(format!("{status}, but the {place} has {sent:?}"));
        }
    }
    None
}
