#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_types::check::{Checker, CheckMode};
use openresponses_types::sequence::{
    CountingIds, Delta, FixedClock, Finish, Failure, Sequencer, ToolPolicy,
};
use openresponses_types::item::Message;
use openresponses_types::{Fold, Item, Response, StreamEvent};
use std::sync::Arc;

/// A delta for each byte, and events of ours that the following bytes disturb.
fn walk(bytes: &[u8]) -> Vec<StreamEvent> {
    let response = Response::new("resp_1", "model", 0);
    let (ids, clock) = (Arc::new(CountingIds::default()), Arc::new(FixedClock(1)));
    let policy = ToolPolicy::unrestricted().max_calls(u64::from(bytes.len() as u32 % 7));
    let mut sequencer = Sequencer::new(response, policy, ids, clock);
    let mut events = Vec::new();
    let mut sink = |event| events.push(event);
    sequencer.start(&mut sink);
    for byte in bytes {
        let key = u32::from(byte >> 4);
        sequencer.push(
            match byte % 14 {
                0 | 1 => Delta::text("word "),
                2 => Delta::Refusal("no ".into()),
                3 => Delta::Reasoning("hm ".into()),
                4 => Delta::Summary("so ".into()),
                5 => Delta::EndPart,
                6 => Delta::EncryptedReasoning("x".into()),
                7 => Delta::Call { key, call_id: None, name: "f".into() },
                8 => Delta::Arguments { key, delta: "{".into() },
                9 => Delta::EndCall { key },
                10 => Delta::Message { phase: None },
                11 => Delta::item(Item::from(Message::assistant("whole"))),
                12 if byte >> 4 == 1 => Delta::incomplete("max_output_tokens"),
                13 if byte >> 4 == 1 => {
                    Delta::Finish(Finish::Failed(Failure::new("model_error", "c", "m")))
                }
                12 if byte >> 4 == 2 => Delta::complete(),
                _ => Delta::text(""),
            },
            &mut sink,
        );
    }
    sequencer.end();
    sequencer.conclude(&mut sink);
    events
}

fn legal(events: &[StreamEvent]) {
    let mut checker = Checker::new(CheckMode::Enforce);
    for event in events {
        let _ = checker.check(event, Some(event.event_type()), &mut |_| {});
    }
    let _ = checker.end(&mut |_| {});
    assert!(checker.violations().is_empty(), "{:?}\n{events:#?}", checker.violations());
}

// What the sequencer writes is legal and folds into its response; what repair lets out is legal,
// however the stream was disturbed.
fuzz_target!(|input: (Vec<u8>, Vec<(u8, u8)>)| {
    let (deltas, disturbances) = input;
    let mut events = walk(&deltas);
    legal(&events);
    let mut fold = Fold::new();
    events.iter().for_each(|event| fold.push(event));
    let terminal = events.last().and_then(StreamEvent::response).unwrap();
    assert_eq!(&fold.finish().unwrap(), &**terminal);

    for (what, place) in disturbances {
        let at = usize::from(place) % events.len().max(1);
        match what % 5 {
            0 if at < events.len() => drop(events.remove(at)),
            1 if at < events.len() => events.insert(at, events[at].clone()),
            2 if at + 1 < events.len() => events.swap(at, at + 1),
            3 if at < events.len() => {
                events[at] = events[at].clone().with_sequence_number(u64::from(what));
            }
            4 if at < events.len() => {
                events[at] = events[at].clone().with_output_index(u64::from(what) % 4);
            }
            _ => {}
        }
    }
    let mut checker = Checker::new(CheckMode::Repair).template(Response::new("resp_1", "model", 0));
    let mut sent = Vec::new();
    for event in events {
        let _ = checker.push(event, None, &mut |event| sent.push(event));
    }
    let _ = checker.end(&mut |event| sent.push(event));
    legal(&sent);
});
