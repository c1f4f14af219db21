//! An event on its way out.

use bytes::BytesMut;
use openresponses_sse::RawFrame;
use openresponses_sse::encode::{Encode, EncodeError, Encoder};
use openresponses_types::StreamEvent;

use super::printed::PrintedEvent;

/// An event of the endpoint, an upstream's frame that is sent unchanged, or an event that is already
/// printed.
#[derive(Clone, Debug)]
pub(crate) enum TurnEvent {
    Event(StreamEvent),
    Frame(RawFrame),
    Printed(PrintedEvent),
}

impl TurnEvent {
    /// Returns true for a `response.failed` of the endpoint.
    #[cfg(feature = "ws")]
    pub(crate) fn is_failure(&self) -> bool {
        match self {
            Self::Event(event) => matches!(event, StreamEvent::Failed(_)),
            Self::Printed(event) => event.is_failure(),
            Self::Frame(_) => false,
        }
    }
}

impl From<StreamEvent> for TurnEvent {
    fn from(event: StreamEvent) -> Self {
        Self::Event(event)
    }
}

impl Encode for TurnEvent {
    fn encode(&self, encoder: &mut Encoder, out: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::Event(event) => event.encode(encoder, out),
            Self::Frame(frame) => {
                // Only canonical frames get here.
                out.extend_from_slice(&frame.canonical().unwrap_or_default());
                Ok(())
            }
            Self::Printed(event) => {
                out.extend_from_slice(event.frame());
                Ok(())
            }
        }
    }
}
