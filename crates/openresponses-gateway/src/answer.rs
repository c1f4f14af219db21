//! How the output of a provider ends.

use openresponses_tower::Error;
use openresponses_tower::output::Output;
use openresponses_types::StreamEvent;
use openresponses_types::json::RawJson;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Failure;

/// The error of a stream that ended before the response was complete.
pub(crate) fn ended_early() -> Error {
    Failure::ended_early().into()
}

/// Returns the token counts of the upstream response that the piece ends.
pub(crate) fn usage_at_end(piece: &Output) -> Option<Usage> {
    metadata_at_end(piece, "").1
}

/// Returns the member `name` and the token counts of the upstream response that the piece ends.
pub(crate) fn metadata_at_end(piece: &Output, name: &str) -> (Option<RawJson>, Option<Usage>) {
    if !piece.is_end() {
        return (None, None);
    }
    let event = piece.to_event();
    match event
        .as_deref()
        .filter(|event| event.is_terminal())
        .and_then(StreamEvent::response)
    {
        Some(response) => (
            response.extra.get(name).cloned(),
            response.usage.value().cloned(),
        ),
        None => (None, None),
    }
}
