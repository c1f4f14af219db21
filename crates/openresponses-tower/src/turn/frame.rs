//! An event on its way out.

use bytes::BytesMut;
use openresponses_sse::RawFrame;
use openresponses_sse::encode::{Encode, EncodeError, Encoder};
use openresponses_types::StreamEvent;

/// An event of ours, or one of an upstream's that needs no change.
// Events of ours are the many: they are not boxed.
#[allow(clippy::large_enum_variant)]
#[derive(Clone, Debug)]
pub(crate) enum TurnEvent {
    Event(StreamEvent),
    Frame(RawFrame),
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
        }
    }
}
