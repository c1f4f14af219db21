use core::fmt;

/// What kind of fault a [`DecodeError`] is.
///
/// ```
/// use openresponses_sse::{DecodeErrorKind, Decoder, FrameLimits};
///
/// let mut decoder = Decoder::with_limits(FrameLimits::new().line(8));
/// let error = decoder.next_frame(&mut &b"data: more than eight bytes"[..]).unwrap_err();
/// assert_eq!(error.kind(), DecodeErrorKind::LineTooLong);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// A line is longer than [`FrameLimits::line`](crate::FrameLimits::line).
    LineTooLong,
    /// A frame is longer than [`FrameLimits::frame`](crate::FrameLimits::frame).
    FrameTooLong,
    /// A field that was asked for as text is not UTF-8.
    InvalidUtf8,
}

/// Error of decoding a stream or one of its frames.
///
/// An exceeded limit ends the decoding: every later call reports it again. A frame whose text is
/// not UTF-8 spoils only that frame.
///
/// ```
/// use openresponses_sse::{Decoder, FrameLimits};
///
/// let mut decoder = Decoder::with_limits(FrameLimits::new().line(8));
/// let error = decoder.next_frame(&mut &b"data: more than eight bytes"[..]).unwrap_err();
/// assert_eq!(error.to_string(), "a line of the event stream is too long (at byte 0)");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeError {
    kind: DecodeErrorKind,
    offset: u64,
}

impl DecodeError {
    pub(crate) const fn new(kind: DecodeErrorKind, offset: u64) -> Self {
        Self { kind, offset }
    }

    /// Returns the kind of fault.
    #[must_use]
    pub const fn kind(&self) -> DecodeErrorKind {
        self.kind
    }

    /// Returns where the fault is, in bytes from the start of the stream: the start of the line
    /// that is too long, the start of the frame that is too long, or the first byte that is not
    /// UTF-8 (the start of the frame, when its data came in several lines).
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            DecodeErrorKind::LineTooLong => "a line of the event stream is too long",
            DecodeErrorKind::FrameTooLong => "an event of the event stream is too long",
            DecodeErrorKind::InvalidUtf8 => "an event of the event stream is not UTF-8",
        };
        write!(f, "{what} (at byte {})", self.offset)
    }
}

impl core::error::Error for DecodeError {}
