use core::fmt;

use openresponses_types::Violation;

/// Error of a frame whose data is not an event of the protocol.
///
/// ```
/// use openresponses_sse::Decoder;
///
/// let mut decoder = Decoder::new();
/// let frame = decoder.next_frame(&mut &b"data: {\"type\":5}\n\n"[..])?.unwrap();
/// let error = frame.to_event().unwrap_err();
/// assert_eq!((error.offset(), error.to_string()), (0, "the event at byte 0 is malformed".into()));
/// # Ok::<(), openresponses_sse::DecodeError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct EventError {
    offset: u64,
    violation: Box<Violation>,
}

impl EventError {
    pub(crate) fn new(offset: u64, violation: Violation) -> Self {
        Self {
            offset,
            violation: Box::new(violation),
        }
    }

    /// Returns where the frame starts, in bytes from the start of the stream.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns the fault and its place in the data.
    #[must_use]
    pub const fn violation(&self) -> &Violation {
        &self.violation
    }

    /// Returns the fault and its place, owned.
    #[must_use]
    pub fn into_violation(self) -> Violation {
        *self.violation
    }
}

impl fmt::Display for EventError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the event at byte {} is malformed", self.offset)
    }
}

impl core::error::Error for EventError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        Some(&*self.violation)
    }
}
