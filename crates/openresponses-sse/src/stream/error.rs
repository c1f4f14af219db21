use core::fmt;

use crate::decode::{DecodeError, EventError};

/// What went wrong in a stream of frames or events.
///
/// ```
/// use openresponses_sse::StreamError;
///
/// /// Returns true if reading can continue after an error.
/// fn continues<E>(error: &StreamError<E>) -> bool {
///     matches!(error, StreamError::Event(_))
/// }
/// assert!(!continues(&StreamError::Body("the connection broke")));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamError<E> {
    /// The body failed.
    Body(E),
    /// The body is no event stream within the limits.
    Decode(DecodeError),
    /// The data of one frame is no event. The stream continues.
    Event(EventError),
}

impl<E> fmt::Display for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Body(_) => "reading the event stream failed",
            Self::Decode(_) => "the event stream is malformed",
            Self::Event(_) => "an event of the stream is malformed",
        })
    }
}

impl<E: core::error::Error + 'static> core::error::Error for StreamError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Body(error) => Some(error),
            Self::Decode(error) => Some(error),
            Self::Event(error) => Some(error),
        }
    }
}

impl<E> From<DecodeError> for StreamError<E> {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
