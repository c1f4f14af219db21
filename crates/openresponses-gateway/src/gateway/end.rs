//! How an answer ends, said in deltas or by an upstream that speaks the protocol.

use openresponses_tower::Output;
use openresponses_types::json::RawJson;
use openresponses_types::sequence::Delta;
use openresponses_types::{Response, StreamEvent, Usage};

/// The names of events that end a response.
const TERMINAL: [&[u8]; 3] = [
    b"response.completed",
    b"response.incomplete",
    b"response.failed",
];

/// True for the piece that ends the response.
pub(crate) fn is_end(piece: &Output) -> bool {
    match piece {
        Output::Delta(delta) => matches!(delta, Delta::Finish(_)),
        Output::Frame(frame, _) => match frame.event_bytes() {
            Some(name) => TERMINAL.contains(&name),
            // Some upstreams leave the names out.
            None => frame
                .to_event()
                .is_ok_and(|event| response(&event).is_some()),
        },
        _ => false,
    }
}

/// The token counts of an upstream's response that the piece ends.
pub(crate) fn usage_at_end(piece: &Output) -> Option<Usage> {
    said_at_end(piece, "").1
}

/// The member `name` of the response that the piece ends, and its token counts, where an upstream
/// says them.
pub(super) fn said_at_end(piece: &Output, name: &str) -> (Option<RawJson>, Option<Usage>) {
    let Output::Frame(frame, _) = piece else {
        return (None, None);
    };
    let event = frame.to_event().ok();
    match event.as_ref().and_then(response) {
        Some(response) => (
            response.extra.get(name).cloned(),
            response.usage.value().cloned(),
        ),
        None => (None, None),
    }
}

fn response(event: &StreamEvent) -> Option<&Response> {
    match event {
        StreamEvent::Completed(event) => Some(&event.response),
        StreamEvent::Incomplete(event) => Some(&event.response),
        StreamEvent::Failed(event) => Some(&event.response),
        _ => None,
    }
}
