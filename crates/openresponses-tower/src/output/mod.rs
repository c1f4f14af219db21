//! What a provider's answer is made of.

mod relay;
mod stream;
mod write;

use openresponses_sse::RawFrame;
use openresponses_types::sequence::{Delta, Finish};

pub use relay::RelayMode;
pub use stream::OutputStream;
pub use write::OutputWriter;

use crate::error::Error;

/// One piece of a provider's answer.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Output {
    /// What the provider says, without position.
    Delta(Delta),
    /// An event of an upstream that speaks the protocol itself, to be checked and passed on.
    Frame(Box<RawFrame>, RelayMode),
}

impl From<Delta> for Output {
    fn from(delta: Delta) -> Self {
        Self::Delta(delta)
    }
}

impl Output {
    /// True for what the client sees something of before the end. Some models begin with a count of
    /// tokens, and upstreams with lifecycle events, and fail after it.
    #[must_use]
    pub fn is_output(&self) -> bool {
        match self {
            Self::Delta(delta) => !matches!(delta, Delta::Usage(_) | Delta::Member { .. }),
            Self::Frame(frame, _) => !matches!(
                frame.event_bytes(),
                Some(b"response.created" | b"response.queued" | b"response.in_progress")
            ),
        }
    }

    /// The error that this piece ends its response with, if it does.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        match self {
            Self::Delta(Delta::Finish(Finish::Failed(failure))) => Some(failure.clone().into()),
            Self::Delta(_) => None,
            Self::Frame(frame, _) => match frame.event_bytes() {
                Some(b"error" | b"response.failed") => Some(relay::failure(frame)),
                _ => None,
            },
        }
    }
}
