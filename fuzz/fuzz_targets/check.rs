#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_fuzz::relayed;
use openresponses_types::check::Checker;
use openresponses_types::relay::RelayMode;
use openresponses_types::sequence::ToolPolicy;
use openresponses_types::{Fold, StreamEvent};

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
    let _ = relayed(RelayMode::Observe, ToolPolicy::unrestricted(), bytes);
    for mode in [RelayMode::Enforce, RelayMode::Repair] {
        let sent = relayed(mode, ToolPolicy::unrestricted(), bytes);
        let found = faults(&sent);
        assert!(found.is_empty(), "{mode:?}: {found:?}\n{sent:#?}");
    }
});
