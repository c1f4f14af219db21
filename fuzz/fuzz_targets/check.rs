#![no_main]

use libfuzzer_sys::fuzz_target;
use openresponses_types::check::{CheckLimits, Checker, CheckMode, Verdict};
use openresponses_types::{Fold, Response, StreamEvent};

/// The rules that end a stream which is enforced, as far as these events break them.
fn faults(events: &[StreamEvent]) -> Vec<String> {
    let mut checker = Checker::new(CheckMode::Observe);
    for event in events {
        let _ = checker.check(event, Some(event.event_type()), &mut |_| {});
    }
    let _ = checker.end(&mut |_| {});
    let found = checker.violations().iter().filter(|found| found.rule.ends_stream());
    found.map(ToString::to_string).collect()
}

// Lines of JSON are the events of a stream, whatever they say. Nothing panics, and what the modes
// that act let out is legal.
fuzz_target!(|bytes: &[u8]| {
    let lines = bytes.split(|byte| *byte == b'\n');
    let events: Vec<StreamEvent> = lines.filter_map(|line| StreamEvent::from_json(line).ok()).collect();
    if events.is_empty() {
        return;
    }
    let _ = faults(&events);
    let mut fold = Fold::new();
    for event in &events {
        fold.push(event);
    }
    let _ = (fold.response(), fold.output(), fold.finish());
    for mode in [CheckMode::Enforce, CheckMode::Repair] {
        let mut checker = Checker::new(mode)
            .template(Response::new("resp_1", "model", 0))
            .limits(CheckLimits::default().output(1 << 16));
        let mut sent = Vec::new();
        for event in &events {
            match checker.push(event.clone(), None, &mut |event| sent.push(event)) {
                Verdict::Pass | Verdict::Replaced | Verdict::Dropped | Verdict::Ended => {}
            }
        }
        let _ = checker.end(&mut |event| sent.push(event));
        let found = faults(&sent);
        assert!(found.is_empty(), "{mode:?}: {found:?}\n{sent:#?}");
    }
});
