#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_types::check::Checker;
use openresponses_types::item::Message;
use openresponses_types::relay::{Relay, RelayMode, RelayOptions};
use openresponses_types::sequence::{
    CountingIds, Delta, FixedClock, Finish, Failure, Sequencer, ToolPolicy,
};
use openresponses_types::{Fold, Item, Response, StreamEvent};
use std::sync::Arc;

/// Creates a sequencer with deterministic ids and time.
fn sequencer(policy: ToolPolicy) -> Sequencer {
    let (ids, clock) = (Arc::new(CountingIds::default()), Arc::new(FixedClock(1)));
    let mut sequencer = Sequencer::new(Response::new("resp_1", "model", 0), policy, ids, clock);
    sequencer.start();
    sequencer
}

/// Concludes a stream and returns its events.
fn concluded(mut sequencer: Sequencer) -> Vec<StreamEvent> {
    sequencer.conclude();
    std::iter::from_fn(|| sequencer.pop()).collect()
}

/// Writes a delta for each byte.
fn walk(bytes: &[u8]) -> Vec<StreamEvent> {
    let policy = ToolPolicy::unrestricted().max_calls(u64::from(bytes.len() as u32 % 7));
    let mut sequencer = sequencer(policy);
    for byte in bytes {
        let key = u32::from(byte >> 4);
        sequencer.push(match byte % 14 {
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
                Delta::Finish(Finish::Failed(Failure::new("model_error", "c", "m").into()))
            }
            12 if byte >> 4 == 2 => Delta::complete(),
            _ => Delta::text(""),
        });
    }
    sequencer.end();
    concluded(sequencer)
}

fn legal(events: &[StreamEvent]) {
    let mut checker = Checker::new();
    for event in events {
        checker.push(event, Some(event.event_type()));
    }
    let violations = checker.finish();
    assert!(violations.is_empty(), "{violations:?}\n{events:#?}");
}

// What the sequencer writes is legal and folds into its response; what a relay that repairs sends is
// legal, however the stream was disturbed.
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
    let mut client = sequencer(ToolPolicy::unrestricted());
    let mut relay = Relay::new(RelayOptions::new(RelayMode::Repair));
    for event in events {
        if client.is_finished() {
            break;
        }
        relay.push_event(event, &mut client);
    }
    if !client.is_finished() {
        relay.end(&mut client);
    }
    legal(&concluded(client));
});
