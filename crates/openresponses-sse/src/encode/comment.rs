use bytes::BytesMut;

use super::{EncodeError, EncodeErrorKind};

/// The comment that keeps a silent connection alive. Clients pass over it.
pub const KEEP_ALIVE: &[u8] = b": keep-alive\n\n";

/// Appends a comment, with a blank line after it so that every client reads it at once.
///
/// # Errors
/// [`EncodeErrorKind::Comment`] for a text with CR or LF; `out` is then unchanged.
pub fn encode_comment(text: &str, out: &mut BytesMut) -> Result<(), EncodeError> {
    if memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_some() {
        return Err(EncodeError::new(EncodeErrorKind::Comment));
    }
    out.reserve(text.len() + 4);
    out.extend_from_slice(b": ");
    out.extend_from_slice(text.as_bytes());
    out.extend_from_slice(b"\n\n");
    Ok(())
}
