use core::{fmt, time::Duration};
use std::borrow::Cow;

use openresponses_types::StreamEvent;
use openresponses_types::event::EventReader;

use super::{DecodeError, DecodeErrorKind, EventError, block::Span};

/// Metadata of a frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    pub(crate) event: Span,
    pub(crate) data: Span,
    pub(crate) data_lines: u32,
    pub(crate) retry: Option<Duration>,
    pub(crate) offset: u64,
}

/// One event of the stream, borrowed from the input or from the decoder.
///
/// Text comes in two forms: as bytes, always there, and as `&str`, with an error when the bytes
/// are not UTF-8 (WHATWG would replace them; a JSON text with replaced bytes is a different text,
/// so that reading has to be asked for with [`data_lossy`](Self::data_lossy)).
///
/// ```
/// use openresponses_sse::Decoder;
///
/// let mut decoder = Decoder::new();
/// let mut input: &[u8] = b": hello\nevent: e\ndata: {\ndata: }\n\ndata: \xFF\n\n";
///
/// let frame = decoder.next_frame(&mut input)?.expect("a frame");
/// assert_eq!(frame.event()?, Some("e"));
/// assert_eq!(frame.data()?, "{\n}");
/// assert_eq!(frame.data_lines(), 2);
/// assert_eq!(frame.offset(), 8);
/// assert_eq!(frame.canonical(), None);
///
/// let frame = decoder.next_frame(&mut input)?.expect("a frame");
/// assert_eq!(frame.event()?, None);
/// assert_eq!(frame.data().err().map(|error| error.offset()), Some(40));
/// assert_eq!(frame.data_lossy(), "\u{FFFD}");
/// assert_eq!(frame.canonical(), Some(&b"data: \xFF\n\n"[..]));
/// # Ok::<(), openresponses_sse::DecodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    /// The block as it came or, with several data lines, the joined data and the event name.
    bytes: &'a [u8],
    last_id: &'a [u8],
    head: Head,
}

impl<'a> Frame<'a> {
    pub(crate) const fn new(bytes: &'a [u8], last_id: &'a [u8], head: Head) -> Self {
        Self {
            bytes,
            last_id,
            head,
        }
    }

    /// Returns the event name as text; nothing if the frame has none or an empty one, which both
    /// mean `message`.
    ///
    /// # Errors
    /// [`DecodeErrorKind::InvalidUtf8`].
    pub fn event(&self) -> Result<Option<&'a str>, DecodeError> {
        self.event_bytes()
            .map(|bytes| self.text(bytes, self.head.event))
            .transpose()
    }

    /// Returns the event name as it came; nothing if the frame has none or an empty one.
    #[must_use]
    pub fn event_bytes(&self) -> Option<&'a [u8]> {
        Some(self.head.event.of(self.bytes)).filter(|name| !name.is_empty())
    }

    /// Returns the data as text, its lines joined with LF.
    ///
    /// # Errors
    /// [`DecodeErrorKind::InvalidUtf8`].
    pub fn data(&self) -> Result<&'a str, DecodeError> {
        self.text(self.data_bytes(), self.head.data)
    }

    /// Returns the data as bytes, its lines joined with LF.
    #[must_use]
    pub fn data_bytes(&self) -> &'a [u8] {
        self.head.data.of(self.bytes)
    }

    /// Returns the data as text with U+FFFD in place of what is not UTF-8, as browsers read it.
    #[must_use]
    pub fn data_lossy(&self) -> Cow<'a, str> {
        String::from_utf8_lossy(self.data_bytes())
    }

    /// Returns the data as an event of the protocol. The event name is not looked at; the checker
    /// compares it with the `type`.
    ///
    /// ```
    /// use openresponses_sse::Decoder;
    ///
    /// let mut decoder = Decoder::new();
    /// let mut input: &[u8] = b"data: {\"type\":\"acme:ping\"}\n\ndata: {}\n\n";
    /// let frame = decoder.next_frame(&mut input)?.expect("a frame");
    /// assert_eq!(frame.to_event()?.event_type(), "acme:ping");
    /// let frame = decoder.next_frame(&mut input)?.expect("a frame");
    /// let error = frame.to_event().unwrap_err();
    /// assert_eq!(error.offset(), 28);
    /// assert_eq!(error.violation().param().as_deref(), Some("type"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// When the data is not JSON within the limits of
    /// [`Document`](openresponses_types::json::Document), or an event cannot be read from it.
    /// The end mark is no event either: ask [`is_done`](Self::is_done) first.
    pub fn to_event(&self) -> Result<StreamEvent, EventError> {
        self.read_event(&mut EventReader::new())
    }

    /// Returns the data as an event, with the `reader` of its stream: see
    /// [`to_event`](Self::to_event).
    ///
    /// # Errors
    /// Those of [`to_event`](Self::to_event).
    pub fn read_event(&self, reader: &mut EventReader) -> Result<StreamEvent, EventError> {
        reader
            .read(self.data_bytes())
            .map_err(|violation| EventError::new(self.head.offset, violation))
    }

    /// Returns whether this is the end mark of the protocol: data that is the literal `[DONE]`.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.data_bytes() == b"[DONE]"
    }

    /// Returns the last event id at this point: set by an `id` field of this frame or of an earlier
    /// one, empty if there was none. The protocol asks servers to send none.
    #[must_use]
    pub const fn last_id(&self) -> &'a [u8] {
        self.last_id
    }

    /// Returns the reconnection time that this frame carries.
    #[must_use]
    pub const fn retry(&self) -> Option<Duration> {
        self.head.retry
    }

    /// Returns where the frame starts: the offset of the first byte of its first field, in bytes
    /// from the start of the stream. Comments and unknown fields before it are not part of it.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.head.offset
    }

    /// Returns the number of `data` lines, at least 1. A server of this protocol sends exactly one.
    #[must_use]
    pub const fn data_lines(&self) -> usize {
        self.head.data_lines as usize
    }

    /// Returns the bytes of the frame, if they are exactly what this crate would send for its event
    /// name and data: an optional `event: ` line, one `data: ` line, LF line ends, nothing else.
    /// Such a frame can be passed on as it is.
    #[must_use]
    pub fn canonical(&self) -> Option<&'a [u8]> {
        let Head { event, data, .. } = self.head;
        let has = |at: usize, part: &[u8]| {
            self.bytes
                .get(at..)
                .is_some_and(|rest| rest.starts_with(part))
        };
        let data_line = if event.start() < event.end() {
            if !(has(0, b"event: ") && event.start() == 7 && has(event.end(), b"\n")) {
                return None;
            }
            event.end() + 1
        } else {
            0
        };
        let is_canonical = self.head.data_lines == 1
            && has(data_line, b"data: ")
            && data.start() == data_line + 6
            && self.bytes.get(data.end()..) == Some(b"\n\n");
        is_canonical.then_some(self.bytes)
    }

    #[inline]
    fn text(&self, bytes: &'a [u8], span: Span) -> Result<&'a str, DecodeError> {
        simdutf8::basic::from_utf8(bytes).map_err(|_| self.invalid_utf8(bytes, span))
    }

    #[cold]
    fn invalid_utf8(&self, bytes: &[u8], span: Span) -> DecodeError {
        let valid = core::str::from_utf8(bytes).map_or_else(|error| error.valid_up_to(), str::len);
        let within = match self.head.data_lines {
            // Joined data does not lie as it came.
            2.. => 0,
            _ => span.start() + valid,
        };
        DecodeError::new(
            DecodeErrorKind::InvalidUtf8,
            self.head.offset.saturating_add(within as u64),
        )
    }
}

/// Shows no data: it holds what users wrote.
impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Frame")
            .field("event", &self.event_bytes().map(String::from_utf8_lossy))
            .field("data_len", &self.data_bytes().len())
            .field("offset", &self.head.offset)
            .finish_non_exhaustive()
    }
}
