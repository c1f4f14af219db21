//! How the output of a provider ends.

use std::borrow::Cow;

use openresponses_tower::Error;
use openresponses_tower::output::Output;
use openresponses_types::StreamEvent;
use openresponses_types::json::RawJson;
use openresponses_types::response::{ResponseStatus, Usage};
use openresponses_types::sequence::{Delta, Failure, Finish};

/// The error of a stream that ended before the response was complete.
pub(crate) fn ended_early() -> Error {
    Failure::ended_early().into()
}

/// What the piece that ends a response tells.
#[derive(Clone, Debug, Default)]
pub(crate) struct AtEnd {
    pub(crate) usage: Option<Usage>,
    /// Id and model of the upstream's response, where the response is relayed.
    pub(crate) id: Option<String>,
    pub(crate) model: Option<String>,
    /// Why the generation ended: `stop`, or why it is incomplete. `None` for a failure.
    pub(crate) finish: Option<Cow<'static, str>>,
    /// The member that was asked for.
    pub(crate) member: Option<RawJson>,
}

/// The reason of a response that is complete.
const STOP: Cow<'static, str> = Cow::Borrowed("stop");

/// Reads a piece of output; `None` for one that does not end the response. `name` is the member of
/// an upstream's response to return.
pub(crate) fn at_end(piece: &Output, name: &str) -> Option<AtEnd> {
    if let Output::Delta(Delta::Finish(finish)) = piece {
        return Some(AtEnd {
            finish: match finish {
                Finish::Completed => Some(STOP),
                Finish::Incomplete(reason) => Some(reason.clone().into()),
                _ => None,
            },
            ..AtEnd::default()
        });
    }
    if !piece.is_end() {
        return None;
    }
    let event = piece.to_event();
    let response = event
        .as_deref()
        .filter(|event| event.is_terminal())
        .and_then(StreamEvent::response);
    let Some(response) = response else {
        return Some(AtEnd::default());
    };
    let incomplete = response.incomplete_details.value();
    Some(AtEnd {
        usage: response.usage.value().cloned(),
        id: Some(response.id.clone()),
        model: Some(response.model.clone()),
        finish: match response.status.value() {
            Some(ResponseStatus::Completed) => Some(STOP),
            Some(ResponseStatus::Incomplete) => {
                Some(incomplete.map_or(Cow::Borrowed("incomplete"), |it| {
                    it.reason.to_string().into()
                }))
            }
            _ => None,
        },
        member: response.extra.get(name).cloned(),
    })
}
