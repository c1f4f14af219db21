//! How answers end, whoever listens.

use openresponses_tower::{Error, Output};
use openresponses_types::json::RawJson;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Failure;
use openresponses_types::{Response, StreamEvent};

/// The provider stopped speaking before it had finished.
pub(crate) fn ended_early() -> Error {
    Failure::ended_early().into()
}

/// The token counts of an upstream's response that the piece ends.
pub(crate) fn usage_at_end(piece: &Output) -> Option<Usage> {
    said_at_end(piece, "").1
}

/// The member `name` of the response that the piece ends, and its token counts, where an upstream
/// says them.
pub(crate) fn said_at_end(piece: &Output, name: &str) -> (Option<RawJson>, Option<Usage>) {
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
