//! Recordings that were damaged: cut, or with events and members left out, repeated, exchanged or of
//! another type. Whatever comes out is legal, and a response that lacks something is not completed.

use std::fs;
use std::path::Path;

use openresponses_types::response::ResponseStatus;
use openresponses_upstream::AnswerReader;
use serde_json::{Value, json};

use crate::harness::{self, Random, Said};

/// How often each recording is cut, and how often it is damaged otherwise. `MUTATIONS` sets both.
const TRIES: usize = 4;

/// Damages a recording in several ways. `reason` is what tells why a stream ended, unless something
/// behind it marks the end itself.
pub(crate) fn run(file: &Path, new: fn() -> AnswerReader, reason: Option<&str>) {
    let body = fs::read(file).unwrap();
    let tries = std::env::var("MUTATIONS").map_or(TRIES, |count| count.parse().unwrap());
    let mut random = Random::new(body.len() as u64 + 7);
    let whole = response(new(), &body);
    let said = Said::of(&whole);
    for _ in 0..tries {
        let end = random.below(body.len());
        let cut = response(new(), &body[..end]);
        let is_completed = cut.status.value() == Some(&ResponseStatus::Completed);
        // In some recordings more follows a reason: there, only the end of the body tells the end.
        let seen = String::from_utf8_lossy(&body[..end]);
        let may_end = reason.is_some_and(|reason| seen.contains(reason));
        if is_completed && !may_end {
            assert_eq!(Said::of(&cut), said, "completed, though cut at {end}");
        }
    }
    let text = std::str::from_utf8(&body).unwrap();
    let events = match serde_json::from_str(text) {
        Ok(Value::Array(events)) => events,
        _ => harness::events(text),
    };
    for _ in 0..tries {
        let mut events = events.clone();
        for _ in 0..=random.below(3) {
            damage(&mut events, &mut random);
        }
        let lines = events.iter().map(|event| format!("data: {event}\n\n"));
        let text: String = lines.collect();
        response(new(), text.as_bytes());
    }
}

/// The response to a body, which is legal.
fn response(reader: AnswerReader, body: &[u8]) -> openresponses_types::Response {
    let read = harness::read_whole(reader, body);
    let response = harness::legal(read.deltas).0;
    assert!(response.status.value().is_some());
    response
}

/// Leaves out, repeats or exchanges events, or damages one.
fn damage(events: &mut Vec<Value>, random: &mut Random) {
    if events.is_empty() {
        return;
    }
    let at = random.below(events.len());
    match random.below(6) {
        0 => drop(events.remove(at)),
        1 => events.insert(at, events[at].clone()),
        2 => {
            let other = random.below(events.len());
            events.swap(at, other);
        }
        3 => {
            let mut places = Vec::new();
            harness::places("", &events[at], &mut places);
            let place = &places[random.below(places.len())];
            if let Some((parent, name)) = place.rsplit_once('/') {
                match events[at].pointer_mut(parent).unwrap() {
                    Value::Object(members) => drop(members.remove(name)),
                    Value::Array(elements) => drop(elements.remove(name.parse().unwrap())),
                    _ => {}
                }
            }
        }
        _ => {
            let mut places = Vec::new();
            harness::places("", &events[at], &mut places);
            let place = &places[random.below(places.len())];
            *events[at].pointer_mut(place).unwrap() = other(random);
        }
    }
}

/// Values of all types.
fn other(random: &mut Random) -> Value {
    let values = [
        Value::Null,
        json!(true),
        json!(-1),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!(""),
        json!("text"),
        json!("\u{0}\u{fffd}🎈"),
        json!([]),
        json!([{}, 1, "a", null]),
        json!({}),
        json!({"type": "text", "text": "t"}),
        json!({"index": 0, "id": "call", "function": {"name": "f", "arguments": "{"}}),
        json!({"error": {"message": "No", "code": 529}}),
    ];
    values[random.below(values.len())].clone()
}
