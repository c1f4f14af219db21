//! Properties that relate the sequencer, the checker and the fold.

#![allow(clippy::unwrap_used)]

mod streams;

use openresponses_types::response::ResponseStatus;
use openresponses_types::{Fold, Item, StreamEvent};
use proptest::prelude::*;
use serde_json::{Value, json};
use streams::walks::walk;
use streams::*;

fn folded(events: &[StreamEvent]) -> Fold {
    let mut fold = Fold::new();
    for event in events {
        fold.push(event);
    }
    fold
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_sequencer_writes_is_legal(walk in walk(24)) {
        let events = walk.events();
        assert_legal(&events, "walk");
        for (number, event) in events.iter().enumerate() {
            prop_assert_eq!(event.sequence_number(), Some(number as u64));
        }
    }

    #[test]
    fn the_fold_is_the_terminal_response(walk in walk(24)) {
        let mut events = Vec::new();
        let response = walk.run(&mut |event| events.push(event)).into_response();
        let fold = folded(&events);
        if response.status.value() != Some(&ResponseStatus::Failed) {
            let output = fold.output();
            prop_assert_eq!(output.as_slice(), response.output_items());
        }
        prop_assert_eq!(fold.finish(), Ok(response));
    }

    #[test]
    fn not_streaming_gives_the_same_response(walk in walk(24)) {
        let mut events = Vec::new();
        let streamed = walk.run(&mut |event| events.push(event)).into_response();
        let silent = walk.run_silent().into_response();
        prop_assert_eq!(&streamed, &silent);
        prop_assert_eq!(events.last().and_then(StreamEvent::response).map(|last| &**last), Some(&silent));
    }

    #[test]
    fn a_forbidden_call_never_appears(walk in walk(24)) {
        let mut made = 0;
        for event in walk.events() {
            let StreamEvent::OutputItemAdded(added) = event else { continue };
            let item = added.item.into_value().unwrap();
            let name = match &item {
                Item::FunctionCall(call) => Some(call.name.clone()),
                Item::Extension(raw) if item.is_tool_call() => raw.string_member("name"),
                Item::Unknown(raw) if item.is_tool_call() => raw.string_member("name"),
                _ => continue,
            };
            prop_assert!(walk.policy.permits(item.type_name(), name.as_deref(), made).is_ok());
            made += 1;
        }
    }

    /// Other servers have several items open at once.
    #[test]
    fn interleaved_items_are_legal(
        kinds in prop::collection::vec((0u8..3, prop::collection::vec("[ab ]{0,2}", 0..4)), 1..5),
        picks in prop::collection::vec(any::<prop::sample::Index>(), 60),
        numbered in any::<bool>(),
    ) {
        let lengths = kinds.iter().map(|(kind, deltas)| item(*kind, "id", 0, deltas).0.len());
        let mut left: Vec<(usize, usize)> = lengths.enumerate().collect();
        let mut order = Vec::new();
        let mut picks = picks.into_iter();
        while !left.is_empty() {
            let at = picks.next().map_or(0, |pick| pick.index(left.len()));
            order.push(left[at].0);
            left[at].1 -= 1;
            if left[at].1 == 0 {
                left.remove(at);
            }
        }
        // An item's index is its place among those that were added before it.
        let mut added: Vec<usize> = Vec::new();
        for at in &order {
            if !added.contains(at) {
                added.push(*at);
            }
        }
        let mut streams = std::collections::BTreeMap::new();
        let mut output = Vec::new();
        for (index, at) in added.iter().enumerate() {
            let (kind, deltas) = &kinds[*at];
            let (events, whole) = item(*kind, &format!("item_{at}"), index as u64, deltas);
            streams.insert(*at, events.into_iter());
            output.push(whole);
        }
        let mut middle: Vec<Value> =
            order.iter().map(|at| streams.get_mut(at).unwrap().next().unwrap()).collect();
        if numbered {
            middle.insert(middle.len() / 2, json!({"type": "acme:trace"}));
        }
        let events = read(&stream(middle, completed(&output)));
        prop_assert_eq!(rules(&events), &[]);
        assert_legal(&events, "interleaved");
        let fold = folded(&events);
        let folded = fold.output();
        let response = fold.finish().unwrap();
        prop_assert_eq!(folded.as_slice(), response.output_items());
    }
}

/// All events of an item with these deltas, and the item.
fn item(kind: u8, id: &str, index: u64, deltas: &[String]) -> (Vec<Value>, Value) {
    let deltas: Vec<&str> = deltas.iter().map(String::as_str).collect();
    match kind {
        0 => whole_message(id, index, &deltas),
        1 => whole_call(id, index, &deltas),
        _ => {
            let text = |text: &str| json!({"type": "summary_text", "text": text});
            let texts: Vec<Value> = deltas.iter().map(|delta| text(delta)).collect();
            let whole = reasoning(id, &texts, &[]);
            let mut events = vec![added(index, &reasoning(id, &[], &[]))];
            for (at, delta) in (0..).zip(deltas) {
                let of = |kind: &str, more: Value| part(kind, id, index, at, &more);
                events.extend([
                    of("reasoning_summary_part.added", json!({"part": text("")})),
                    of("reasoning_summary_text.delta", json!({"delta": delta})),
                    of("reasoning_summary_text.done", json!({"text": delta})),
                    of("reasoning_summary_part.done", json!({"part": text(delta)})),
                ]);
            }
            events.push(done(index, &whole));
            (events, whole)
        }
    }
}
