use core::fmt;

use crate::DecodeError;

/// Why a stream of events ended early.
#[derive(Debug)]
#[non_exhaustive]
pub enum StreamError<E> {
    /// The body failed.
    Body(E),
    /// The body is no event stream within the limits.
    Decode(DecodeError),
}

impl<E> fmt::Display for StreamError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Body(_) => "reading the event stream failed",
            Self::Decode(_) => "the event stream is malformed",
        })
    }
}

impl<E: core::error::Error + 'static> core::error::Error for StreamError<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Body(error) => Some(error),
            Self::Decode(error) => Some(error),
        }
    }
}

impl<E> From<DecodeError> for StreamError<E> {
    fn from(error: DecodeError) -> Self {
        Self::Decode(error)
    }
}
