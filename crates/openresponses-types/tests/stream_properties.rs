//! What ties the sequencer, the checker and the fold together.

#![allow(clippy::unwrap_used)]

mod streams;

use openresponses_types::check::Mode;
use openresponses_types::{Fold, Item, ResponseStatus, StreamEvent};
use proptest::prelude::*;
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
        // Nothing of it needs to be mended.
        let (sent, checker) = through(Mode::Repair, &events);
        prop_assert_eq!(checker.violations(), &[]);
        prop_assert_eq!(sent, events);
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
        let silent = walk.run(&mut |_| {}).into_response();
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
}
