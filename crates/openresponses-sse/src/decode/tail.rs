use core::fmt;

/// The unfinished part at the end of the input, as reported by
/// [`Decoder::tail`](crate::Decoder::tail).
///
/// The standard has an unfinished event discarded; a checker wants to know that there was one.
/// Borrowed from the decoder.
///
/// ```
/// use openresponses_sse::{Decoder, Tail};
///
/// let mut decoder = Decoder::new();
/// let mut input: &[u8] = b"data: 1\n\ndata: [DONE]\n";
/// while decoder.next_frame(&mut input)?.is_some() {}
/// // The blank line after the last event is missing.
/// assert_eq!(decoder.tail(), Tail::Incomplete { offset: 9, bytes: b"data: [DONE]\n" });
/// # Ok::<(), openresponses_sse::DecodeError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tail<'a> {
    /// The input ended between two events.
    Clean,
    /// The input ended inside an event, or inside a line.
    Incomplete {
        /// Where the unfinished part starts, in bytes from the start of the stream.
        offset: u64,
        /// The unfinished part as it came.
        bytes: &'a [u8],
    },
}

impl Tail<'_> {
    /// Returns whether the input ended between two events.
    #[must_use]
    pub const fn is_clean(&self) -> bool {
        matches!(self, Self::Clean)
    }
}

/// Shows no bytes: they hold what users wrote.
impl fmt::Debug for Tail<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => f.write_str("Clean"),
            Self::Incomplete { offset, bytes } => f
                .debug_struct("Incomplete")
                .field("offset", offset)
                .field("len", &bytes.len())
                .finish(),
        }
    }
}
