#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use openresponses_types::check::Checker;
use openresponses_types::relay::{Frame, Relay, RelayMode, RelayOptions};
use openresponses_types::sequence::{CountingIds, FixedClock, Sequencer, ToolPolicy};
use openresponses_types::{Fold, Response, StreamEvent};

/// Returns the broken rules that end a stream in `Enforce`.
fn faults(events: &[StreamEvent]) -> Vec<String> {
    let mut checker = Checker::new();
    for event in events {
        checker.push(event, Some(event.event_type()));
    }
    let found = checker.finish();
    let found = found.iter().filter(|found| found.rule.ends_stream());
    found.map(ToString::to_string).collect()
}

/// Relays the lines as the data of an upstream's frames, and returns what the client gets.
fn relayed(mode: RelayMode, bytes: &[u8]) -> Vec<StreamEvent> {
    let (ids, clock) = (Arc::new(CountingIds::default()), Arc::new(FixedClock(1)));
    let response = Response::new("resp_1", "model", 0);
    let mut client = Sequencer::new(response, ToolPolicy::unrestricted(), ids, clock);
    client.start();
    let mut relay = Relay::new(RelayOptions::new(mode).output_limit(1 << 16));
    for line in bytes.split(|byte| *byte == b'\n') {
        if client.is_finished() {
            break;
        }
        let _ = relay.push(Frame::new(line), &mut client);
    }
    if !client.is_finished() {
        relay.end(&mut client);
    }
    client.conclude();
    std::iter::from_fn(|| client.pop()).collect()
}

// Lines of JSON are the events of a stream, whatever they say. Nothing panics, and what the modes
// that act send is legal.
fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n');
    let events: Vec<StreamEvent> =
        lines.filter_map(|line| StreamEvent::from_json(line).ok()).collect();
    let _ = faults(&events);
    let mut fold = Fold::new();
    for event in &events {
        fold.push(event);
    }
    let _ = (fold.response(), fold.output(), fold.finish());
    let _ = relayed(RelayMode::Observe, bytes);
    for mode in [RelayMode::Enforce, RelayMode::Repair] {
        let sent = relayed(mode, bytes);
        let found = faults(&sent);
        assert!(found.is_empty(), "{mode:?}: {found:?}\n{sent:#?}");
    }
});
