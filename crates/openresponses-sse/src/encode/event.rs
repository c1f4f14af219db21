use bytes::BytesMut;
use openresponses_types::StreamEvent;
use openresponses_types::event::{PrintedTexts, is_event_name};

use super::{EncodeError, EncodeErrorKind, Encoder};

/// The end mark of the protocol, as a whole frame.
pub const DONE: &[u8] = b"data: [DONE]\n\n";

/// Room for a typical delta event, in bytes.
const TYPICAL: usize = 320;

/// Something that becomes frames of an event stream: a [`StreamEvent`], or what a host streams in
/// its place (such as bytes that were encoded before).
///
/// ```
/// use bytes::BytesMut;
/// use openresponses_sse::EncodeError;
/// use openresponses_sse::encode::{Encode, Encoder};
///
/// /// Frames that were encoded before.
/// struct Recorded(&'static [u8]);
///
/// impl Encode for Recorded {
///     fn encode(&self, _: &mut Encoder, out: &mut BytesMut) -> Result<(), EncodeError> {
///         out.extend_from_slice(self.0);
///         Ok(())
///     }
/// }
///
/// let mut out = BytesMut::new();
/// Recorded(b"data: {}\n\n").encode(&mut Encoder::new(), &mut out)?;
/// assert_eq!(out, "data: {}\n\n");
/// # Ok::<(), EncodeError>(())
/// ```
pub trait Encode {
    /// Appends one or more whole frames to `out`, with the help of the stream's `encoder`.
    ///
    /// # Errors
    /// When that cannot be done; `out` must then be as it was.
    fn encode(&self, encoder: &mut Encoder, out: &mut BytesMut) -> Result<(), EncodeError>;
}

impl Encode for StreamEvent {
    fn encode(&self, encoder: &mut Encoder, out: &mut BytesMut) -> Result<(), EncodeError> {
        encoder.encode(self, out)
    }
}

impl<T: Encode + ?Sized> Encode for &T {
    fn encode(&self, encoder: &mut Encoder, out: &mut BytesMut) -> Result<(), EncodeError> {
        T::encode(self, encoder, out)
    }
}

/// Appends an event: its type on the `event:` line, its JSON on the `data:` line.
///
/// # Errors
/// [`EncodeErrorKind::EventType`] for a type that [cannot be a name](is_event_name), which only an unknown
/// event can have; `out` is then unchanged. Nothing else is refused.
pub fn encode_event(event: &StreamEvent, out: &mut BytesMut) -> Result<(), EncodeError> {
    encode_with(event, &PrintedTexts::new(), out)
}

/// [`encode_event`] with texts that were printed before.
pub(super) fn encode_with(
    event: &StreamEvent,
    texts: &PrintedTexts,
    out: &mut BytesMut,
) -> Result<(), EncodeError> {
    let name = event.event_type();
    if matches!(event, StreamEvent::Unknown(_)) && !is_event_name(name) {
        return Err(EncodeError::new(EncodeErrorKind::EventType));
    }
    let start = out.len();
    out.reserve(TYPICAL);
    out.extend_from_slice(b"event: ");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\ndata: ");
    if let Err(error) = event.write_json_with(texts, out) {
        out.truncate(start);
        return Err(error.into());
    }
    out.extend_from_slice(b"\n\n");
    Ok(())
}
