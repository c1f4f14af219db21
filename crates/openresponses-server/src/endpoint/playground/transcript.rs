//! What the checker of streams reports of a pasted transcript.

use openresponses_sse::Decoder;
use openresponses_types::check::{Checker, StreamViolation};
use serde::Serialize;

#[derive(Serialize)]
struct Report {
    events: u64,
    violations: Vec<Found>,
}

#[derive(Serialize)]
struct Found {
    event: u64,
    rule: &'static str,
    section: &'static str,
    message: &'static str,
    detail: String,
}

impl From<&StreamViolation> for Found {
    fn from(found: &StreamViolation) -> Self {
        let place = found.param().map(|param| format!("at {param}"));
        let detail = [place, Some(found.detail.clone())];
        let detail = detail.into_iter().flatten().filter(|text| !text.is_empty());
        Self {
            event: found.event,
            rule: found.rule.name(),
            section: found.rule.section(),
            message: found.rule.message(),
            detail: detail.collect::<Vec<_>>().join(": "),
        }
    }
}

/// Returns the report as JSON.
pub(super) fn check(transcript: &[u8]) -> String {
    let mut checker = Checker::new().expect_done_marker(true);
    let framing = read(transcript, &mut checker);
    let events = checker.events();
    let mut violations: Vec<Found> = checker.finish().iter().map(Found::from).collect();
    if let Some(detail) = framing {
        violations.push(Found {
            event: events,
            rule: "framing",
            section: "Streaming HTTP Responses",
            message: "The stream cannot be read further.",
            detail,
        });
    }
    let report = Report { events, violations };
    serde_json::to_string(&report).unwrap_or_default()
}

/// Passes the events to the checker. Returns what is wrong with the framing.
fn read(transcript: &[u8], checker: &mut Checker) -> Option<String> {
    let mut decoder = Decoder::new();
    let mut input = transcript;
    loop {
        match decoder.next_frame(&mut input) {
            Ok(Some(frame)) if frame.is_done() => checker.done_marker(),
            Ok(Some(frame)) => {
                let name = frame.event().ok().flatten();
                match frame.to_event() {
                    Ok(event) => checker.push(&event, name),
                    Err(error) => checker.unreadable(error.violation()),
                }
            }
            Ok(None) => break,
            Err(error) => return Some(error.to_string()),
        }
    }
    (!decoder.tail().is_clean()).then(|| "it ends inside an event".into())
}
