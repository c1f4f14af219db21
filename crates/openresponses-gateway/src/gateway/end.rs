//! What an upstream that speaks the protocol says at the end of its answer.

use openresponses_tower::Output;
use openresponses_types::json::RawJson;
use openresponses_types::{Response, StreamEvent, Usage};

/// The token counts of an upstream's response that the piece ends.
pub(crate) fn usage_at_end(piece: &Output) -> Option<Usage> {
    said_at_end(piece, "").1
}

/// The member `name` of the response that the piece ends, and its token counts, where an upstream
/// says them.
pub(super) fn said_at_end(piece: &Output, name: &str) -> (Option<RawJson>, Option<Usage>) {
    if !piece.is_end() {
        return (None, None);
    }
    let event = piece.to_event();
    match event.as_deref().and_then(response) {
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
