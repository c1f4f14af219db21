//! Any single fault is reported or harmless, and repair makes any combination of faults legal.
#![allow(clippy::unwrap_used, clippy::panic)]

mod streams;

use std::cell::RefCell;
use std::collections::BTreeMap;

use openresponses_types::StreamEvent;
use openresponses_types::relay::RelayMode;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use streams::chaos::any_events;
use streams::mutations::{Mutation, mutate, mutations, outcome, renumber};
use streams::walks::walk;
use streams::*;

/// Why an unreported fault is harmless, by the specification.
fn harmless(mutation: &Mutation, events: &[StreamEvent]) -> Option<&'static str> {
    let types = |at: usize| events.get(at).map_or("", StreamEvent::event_type);
    let pair = |at: usize| (types(at), types(at + 1));
    let extension = |at: usize| matches!(events.get(at), Some(StreamEvent::Extension(_)));
    match mutation {
        Mutation::Drop(at) | Mutation::Duplicate(at) if extension(*at) => {
            Some("implementers' events can be ignored")
        }
        Mutation::Swap(at) if extension(*at) || extension(at + 1) => {
            Some("implementers' events can be ignored")
        }
        Mutation::Drop(at) if types(*at) == "response.in_progress" => {
            Some("a response need not tell that it is in progress")
        }
        Mutation::Drop(at)
            if matches!(
                types(*at),
                "response.output_item.done"
                    | "response.content_part.done"
                    | "response.reasoning_summary_part.done"
            ) && events.last().map(StreamEvent::event_type) == Some("response.failed") =>
        {
            Some("a response that failed may leave items open")
        }
        Mutation::Drop(at) if types(*at) == "error" => {
            Some("response.failed says the same as error")
        }
        Mutation::Drop(at) if types(*at) == "response.function_call_arguments.done" => {
            Some("arguments without deltas need no end")
        }
        Mutation::Drop(at) | Mutation::Duplicate(at) if is_empty_delta(events.get(*at)) => {
            Some("a delta without text says nothing")
        }
        Mutation::Drop(at) if types(*at) == "response.output_text.annotation.added" => {
            Some("annotations need not be streamed")
        }
        Mutation::Swap(at) if of_two_items(events.get(*at), events.get(at + 1)) => {
            Some("items may be interleaved")
        }
        Mutation::Swap(at) => match pair(*at) {
            (
                "response.content_part.done" | "response.reasoning_summary_part.done",
                "response.content_part.added" | "response.reasoning_summary_part.added",
            ) => Some("parts may be interleaved"),
            (first, second) if first == second && first.ends_with(".delta") => {
                Some("the deltas say the same in either order")
            }
            (first, second) if first.contains("annotation") || second.contains("annotation") => {
                Some("an annotation may come at any time while its part is open")
            }
            (first, "error") if first.ends_with(".done") => {
                Some("what was open may be closed after error")
            }
            _ => None,
        },
        Mutation::Edit(at, pointer) => match events.get(*at) {
            Some(StreamEvent::OutputItemAdded(added)) => match added.item.value()?.type_name() {
                "function_call_output"
                    if pointer.ends_with("output") || pointer.contains("/output/") =>
                {
                    Some("what comes as a whole is announced as far as it is known")
                }
                kind if kind.contains(':') || kind == "web_search_call" => {
                    Some("the content of implementers' items is not checked")
                }
                _ => None,
            },
            Some(
                StreamEvent::OutputItemDone(_)
                | StreamEvent::Completed(_)
                | StreamEvent::Incomplete(_)
                | StreamEvent::Failed(_),
            ) => Some("the content of implementers' items is not checked")
                .filter(|_| foreign_inside(events.get(*at), pointer)),
            _ => None,
        },
        _ => None,
    }
}

fn of_two_items(first: Option<&StreamEvent>, second: Option<&StreamEvent>) -> bool {
    let id = |event: Option<&StreamEvent>| Some(event?.item_id()?.into_owned());
    id(first)
        .zip(id(second))
        .is_some_and(|(first, second)| first != second)
}

fn is_empty_delta(event: Option<&StreamEvent>) -> bool {
    matches!(event, Some(StreamEvent::OutputTextDelta(delta)) if delta.delta.is_empty())
}

/// True for a place inside an item or annotation of an implementer's.
fn foreign_inside(event: Option<&StreamEvent>, pointer: &str) -> bool {
    let json: serde_json::Value = serde_json::from_str(&event.unwrap().to_json()).unwrap();
    let mut at = &json;
    let steps: Vec<&str> = pointer.split('/').skip(1).collect();
    for (depth, step) in steps.iter().enumerate() {
        let kind = at
            .get("type")
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let is_id = depth + 1 == steps.len() && *step == "id";
        if (kind.contains(':') || kind == "web_search_call") && !is_id {
            return true;
        }
        at = match step.parse::<usize>() {
            Ok(index) => at.get(index),
            Err(_) => at.get(*step),
        }
        .unwrap();
    }
    false
}

/// Number of reported faults, and why the others are harmless.
#[derive(Default)]
struct Tally {
    noticed: u64,
    harmless: BTreeMap<&'static str, u64>,
}

fn check_all_mutations(events: &[StreamEvent], tally: &mut Tally) {
    let original = outcome(events);
    for mutation in mutations(events) {
        for numbered in [false, true] {
            let mut mutated = events.to_vec();
            mutate(&mut mutated, &mutation);
            if numbered {
                mutated = renumber(mutated);
            }
            if mutated == events {
                continue;
            }
            let found = rules(&mutated);
            // A number is part of an event, so what moves is counted anew.
            let moves = !matches!(mutation, Mutation::Edit(..) | Mutation::Renumber(..));
            if moves == numbered {
                assert!(
                    found.len() <= 1,
                    "{mutation:?} is one fault, not {found:?}:\n{}",
                    lines(&mutated)
                );
            }
            if found
                .iter()
                .any(|rule| rule.ends_stream() || rule.name() == "event-after-terminal")
            {
                tally.noticed += 1;
            } else {
                let Some(reason) = harmless(&mutation, events) else {
                    panic!("{mutation:?} is not noticed:\n{}", lines(&mutated));
                };
                // Open items are in progress, and the content of implementers' items is not
                // checked; both may differ.
                if !matches!(mutation, Mutation::Edit(..)) && !reason.contains("failed may") {
                    assert!(
                        outcome(&mutated) == original,
                        "{mutation:?}:
{}",
                        lines(&mutated)
                    );
                }
                *tally.harmless.entry(reason).or_default() += 1;
            }
            let (sent, _) = through(RelayMode::Enforce, &mutated);
            assert_legal(&sent, "enforced");
            let (sent, _) = through(RelayMode::Repair, &mutated);
            assert_legal(&sent, "repaired");
        }
    }
}

#[test]
fn a_single_fault_is_noticed_or_harmless() {
    let config = ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    };
    // Each case is some hundred streams.
    let cases = config.cases / 8;
    let mut runner = TestRunner::new(ProptestConfig { cases, ..config });
    let tally = RefCell::new(Tally::default());
    runner
        .run(&walk(10), |walk| {
            check_all_mutations(&walk.events(), &mut tally.borrow_mut());
            Ok(())
        })
        .unwrap();
    let tally = tally.into_inner();
    println!("{} noticed", tally.noticed);
    for (reason, count) in &tally.harmless {
        println!("{count} harmless: {reason}");
    }
}

#[test]
fn the_single_faults_of_a_stream_with_everything() {
    check_all_mutations(&read(&everything()), &mut Tally::default());
}

#[test]
fn the_single_faults_of_simple_streams() {
    let mut tally = Tally::default();
    for events in [hello(), calling()] {
        check_all_mutations(&read(&events), &mut tally);
    }
    let harmless: Vec<_> = tally.harmless.into_keys().collect();
    assert_eq!(
        harmless,
        ["a response need not tell that it is in progress"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn repair_makes_any_heap_of_faults_legal(
        walk in walk(16),
        faults in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..12),
    ) {
        let mut events = walk.events();
        for (fault, numbered) in faults {
            let all = mutations(&events);
            if all.is_empty() {
                break;
            }
            mutate(&mut events, fault.get(&all));
            if numbered {
                events = renumber(events);
            }
        }
        let (sent, _) = through(RelayMode::Repair, &events);
        assert_legal(&sent, "repaired");
        let (sent, _) = through(RelayMode::Enforce, &events);
        assert_legal(&sent, "enforced");
    }

    /// Events of two streams in any order, with holes.
    #[test]
    fn repair_makes_anything_legal(
        first in walk(10),
        second in walk(10),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
    ) {
        let mut pool = first.events();
        pool.extend(second.events());
        let events: Vec<_> = picks.iter().map(|pick| pick.get(&pool).clone()).collect();
        let (sent, _) = through(RelayMode::Repair, &events);
        assert_legal(&sent, "repaired");
        let (sent, _) = through(RelayMode::Enforce, &events);
        assert_legal(&sent, "enforced");
    }

    /// Events of any kind in any order.
    #[test]
    fn repair_makes_chaos_legal(events in any_events(40), begun in any::<bool>()) {
        let mut events = events;
        if begun {
            events.splice(0..0, read(&[created(), in_progress()]));
        }
        let _ = rules(&events);
        for mode in [RelayMode::Repair, RelayMode::Enforce] {
            let (sent, _) = through(mode, &events);
            assert_legal(&sent, &format!("{mode:?} of\n{}", lines(&events)));
        }
    }
}
