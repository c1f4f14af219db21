//! The verdicts of `openresponses check` beside those of [`transitions`](crate::transitions), over all
//! recordings and over random streams. Differences are listed with their reasons; another one fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use libtest_mimic::{Failed, Trial};
use serde_json::Value;

use crate::judge::check_all;
use crate::random::Random;
use crate::transitions::{self, Transition};
use crate::{build, frames, legal, recordings};

/// How many random streams are compared.
const STREAMS: u64 = 2000;

/// Rules of the checker that a stream may break although the text has every transition that it makes.
const STRICTER: &[(&str, &str)] = &[
    (
        "text-mismatch",
        "transitions do not look into texts; two texts of one part cannot both be right",
    ),
    (
        "arguments-mismatch",
        "transitions do not look into arguments; two of one call cannot both be right",
    ),
    (
        "terminal-output-mismatch",
        "transitions compare the ids of the output, the checker its content as well",
    ),
    (
        "deltas-missing",
        "the text lets deltas come any number of times; a text that was not streamed is not what the client asked for",
    ),
    (
        "arguments-not-done",
        "the specification has done events for content types, and arguments are not one",
    ),
    (
        "output-index",
        "the text gives no rule for indices; a client keeps items by them",
    ),
    (
        "first-event-not-created",
        "the text names no first event of a response; clients read its id there",
    ),
];

/// Transitions that the text does not have and that the checker lets pass.
const TOLERATED: &[(Transition, &str)] = &[(
    Transition::Prefix,
    "clients know the types of the original service without a prefix; the profile `strict` refuses them",
)];

pub(crate) fn trials() -> Vec<Trial> {
    let recorded = recordings::paths();
    let missing = recorded.is_empty();
    let vendors = Trial::test("verdicts::vendors", vendors).with_ignored_flag(missing);
    let recorded = Trial::test("verdicts::recordings", move || {
        let streams = recorded.iter().map(|path| {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
            (name, frames::events(&text))
        });
        compare("recorded", streams.collect())
    });
    let random = Trial::test("verdicts::random_streams", || {
        let streams = (0..STREAMS).map(|seed| (format!("seed {seed}"), random_stream(seed)));
        compare("random", streams.collect())
    });
    vec![recorded.with_ignored_flag(missing), random, vendors]
}

/// In the profile `vendor` nothing but notes is found in what known servers sent.
fn vendors() -> Result<(), Failed> {
    let mut texts = Vec::new();
    for path in recordings::paths() {
        let text = String::from_utf8_lossy(&fs::read(&path)?).into_owned();
        let events = frames::events(&text);
        // Some are of other protocols, or end in something else than an event.
        if events.iter().all(|event| event["type"].is_string()) {
            texts.push((path, text));
        }
    }
    let found = check_all("vendors", "vendor", texts.iter().map(|(_, text)| &**text));
    let faulty: Vec<String> = texts
        .iter()
        .zip(found)
        .filter(|(_, found)| !found.is_empty())
        .map(|((path, _), found)| format!("{}: {found:?}", path.display()))
        .collect();
    match faulty.is_empty() {
        true => Ok(()),
        false => Err(faulty.join("\n").into()),
    }
}

/// Both verdicts must agree, but for what is listed.
fn compare(folder: &str, streams: Vec<(String, Vec<Value>)>) -> Result<(), Failed> {
    let rules = rules(folder, &streams);
    let mut unexplained = BTreeMap::<String, (usize, String)>::new();
    let mut agreed = [0, 0];
    for ((name, events), rules) in streams.iter().zip(rules) {
        let faults = transitions::faults(events);
        let difference = match (faults.is_empty(), rules.is_empty()) {
            (true, true) => {
                agreed[0] += 1;
                continue;
            }
            (false, false) => {
                agreed[1] += 1;
                continue;
            }
            (true, false) => rules
                .iter()
                .find(|rule| STRICTER.iter().all(|(known, _)| known != rule))
                .map(|rule| format!("only the checker: {rule}")),
            (false, true) => faults
                .iter()
                .find(|fault| TOLERATED.iter().all(|(known, _)| known != *fault))
                .map(|fault| format!("only the text: {fault:?}")),
        };
        if let Some(difference) = difference {
            let (count, _) = unexplained.entry(difference).or_insert((0, name.clone()));
            *count += 1;
        }
    }
    // Both kinds must be there, or nothing was compared.
    if unexplained.is_empty() && agreed.iter().all(|count| *count > 0) {
        return Ok(());
    }
    Err(format!("agreed on {agreed:?}, differ in {unexplained:#?}").into())
}

/// The rules about the order of events that the command finds broken, for each stream.
fn rules(folder: &str, streams: &[(String, Vec<Value>)]) -> Vec<BTreeSet<String>> {
    let printed = streams.iter().map(|(_, events)| frames::printed(events));
    let printed: Vec<String> = printed.map(|text| text + "data: [DONE]\n\n").collect();
    let found = check_all(folder, "compatible", printed.iter().map(String::as_str));
    let of_the_order = |(rule, _): (String, String)| {
        // What a schema says of one event is another matter.
        (!rule.contains(['.', ':'])).then_some(rule)
    };
    let found = found.into_iter();
    found
        .map(|found| found.into_iter().filter_map(of_the_order).collect())
        .collect()
}

/// A legal stream with up to three changes.
fn random_stream(seed: u64) -> Vec<Value> {
    let mut random = Random::new(seed);
    let samples = legal::streams();
    let mut events = random.pick(&samples).1.clone();
    for _ in 0..random.below(4) {
        change(&mut events, &mut random);
    }
    // Otherwise most would differ by their numbers alone.
    if random.below(8) > 0 {
        events = build::numbered(events);
    }
    events
}

fn change(events: &mut Vec<Value>, random: &mut Random) {
    if events.is_empty() {
        return;
    }
    let at = random.index(events.len());
    let other = random.index(events.len());
    match random.below(8) {
        0 | 1 => drop(events.remove(at)),
        2 => events.insert(at, events[other].clone()),
        3 => events.swap(at, other),
        4 => {
            let event = events.remove(at);
            events.insert(random.index(events.len() + 1), event);
        }
        5 => {
            for member in ["item_id", "output_index", "content_index", "summary_index"] {
                let taken = events[other][member].clone();
                if !taken.is_null() && !events[at][member].is_null() {
                    events[at][member] = taken;
                }
            }
        }
        6 => {
            let status = *random.pick(&["in_progress", "incomplete", "completed"]);
            for place in ["item", "response"] {
                if !events[at][place]["status"].is_null() {
                    events[at][place]["status"] = status.into();
                }
            }
        }
        _ => {
            if events[at]["delta"].is_string() {
                events[at]["delta"] = "other".into();
            }
        }
    }
}
