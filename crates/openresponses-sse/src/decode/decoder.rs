use core::time::Duration;

use super::{DecodeError, Frame, FrameLimits, Framer, Front, Step, Tail};

/// An incremental decoder of an event stream.
///
/// Give it the stream chunk by chunk, cut anywhere; take frames out until the chunk is used up.
/// The frames are the same for every way of cutting, and each comes as soon as the blank line
/// that ends it is there. Nothing is allocated for a frame: the two buffers (for a frame that
/// crosses chunks, and for data in several lines) are kept and used again, and given back only
/// after a frame of more than 2 MiB.
///
/// Implements WHATWG HTML §9.2.6. An event without data is dropped, as the standard has it; the
/// end mark `[DONE]` is an ordinary frame ([`Frame::is_done`]), and decoding may continue after it.
///
/// ```
/// use openresponses_sse::Decoder;
///
/// let mut decoder = Decoder::new();
/// let mut seen = Vec::new();
/// for chunk in [&b"event: greeting\r"[..], b"\ndata: hel", b"lo\r\n\r\ndata: unfinished"] {
///     let mut input = chunk;
///     while let Some(frame) = decoder.next_frame(&mut input)? {
///         seen.push((frame.event()?.map(str::to_owned), frame.data()?.to_owned()));
///     }
///     assert!(input.is_empty());
/// }
/// assert_eq!(seen, [(Some("greeting".to_owned()), "hello".to_owned())]);
/// assert!(!decoder.tail().is_clean());
/// # Ok::<(), openresponses_sse::DecodeError>(())
/// ```
#[derive(Debug, Default)]
pub struct Decoder {
    framer: Framer,
}

impl Decoder {
    /// Creates a decoder at the start of a stream, with the default [`FrameLimits`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a decoder at the start of a stream.
    #[must_use]
    pub fn with_limits(limits: FrameLimits) -> Self {
        Self {
            framer: Framer::new(limits),
        }
    }

    /// Takes in `input` up to the end of the next frame and yields the frame; `input` is what is
    /// left. Yields nothing when `input` is used up, which is the time for the next chunk.
    ///
    /// # Errors
    /// When a limit is exceeded; every later call then returns the same error.
    #[inline(always)]
    pub fn next_frame<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'d>>, DecodeError> {
        // Always inlined, since most short pieces are within a line, for which a call is long.
        if self.framer.is_idle() {
            self.start(input)
        } else if self.framer.extends_line(input) {
            *input = &[];
            Ok(None)
        } else {
            self.resume(input)
        }
    }

    #[inline]
    fn start<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'d>>, DecodeError> {
        match self.framer.front(input) {
            Front::Frame(head, consumed) => {
                let (frame, rest) = input.split_at_checked(consumed).unwrap_or_default();
                *input = rest;
                Ok(Some(Frame::new(frame, self.framer.last_id(), head)))
            }
            Front::Taken => {
                *input = &[];
                Ok(None)
            }
            Front::Other => self.resume(input),
        }
    }

    #[inline(never)]
    fn resume<'d, 'i: 'd>(
        &'d mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Frame<'d>>, DecodeError> {
        let chunk = *input;
        match self.framer.resume(input)? {
            Step::More => {
                *input = &[];
                Ok(None)
            }
            Step::Frame(found) => {
                *input = chunk.get(found.consumed..).unwrap_or_default();
                let bytes = self.framer.bytes(&found.source, chunk);
                Ok(Some(Frame::new(bytes, self.framer.last_id(), found.head)))
            }
        }
    }

    /// Returns what is unfinished. After the last chunk, it tells whether the stream ended between
    /// two events.
    #[must_use]
    pub fn tail(&self) -> Tail<'_> {
        self.framer.tail()
    }

    /// Returns the last event id, which a client sends back as `Last-Event-ID` when it reconnects;
    /// empty if there was none. The id of an unfinished event does not count.
    #[must_use]
    pub fn last_id(&self) -> &[u8] {
        self.framer.last_id()
    }

    /// Returns the reconnection time that the stream last asked for.
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.framer.retry()
    }
}
