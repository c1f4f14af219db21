use core::fmt;

/// What kind of fault an [`EncodeError`] is.
///
/// ```
/// use openresponses_sse::{EncodeError, EncodeErrorKind};
///
/// assert_eq!(EncodeError::new(EncodeErrorKind::Comment).kind(), EncodeErrorKind::Comment);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EncodeErrorKind {
    /// The event's type holds a line break or another control character, so it cannot stand on an `event:`
    /// line.
    EventType,
    /// The comment holds a CR or LF.
    Comment,
    /// The event's serialization failed.
    Print,
}

/// Error of encoding. The output is unchanged.
///
/// ```
/// use openresponses_sse::{EncodeError, EncodeErrorKind};
///
/// let error = EncodeError::new(EncodeErrorKind::EventType);
/// assert_eq!(error.to_string(), "the type of the event holds a line break");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeError {
    kind: EncodeErrorKind,
}

impl EncodeError {
    /// Creates a fault of a kind, for implementations of [`Encode`](super::Encode).
    #[must_use]
    pub const fn new(kind: EncodeErrorKind) -> Self {
        Self { kind }
    }

    /// Returns the kind of fault.
    #[must_use]
    pub const fn kind(&self) -> EncodeErrorKind {
        self.kind
    }
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            EncodeErrorKind::EventType => "the type of the event holds a line break",
            EncodeErrorKind::Comment => "the comment holds a line break",
            EncodeErrorKind::Print => "the event could not be printed",
        })
    }
}

impl core::error::Error for EncodeError {}

impl From<fmt::Error> for EncodeError {
    fn from(_: fmt::Error) -> Self {
        Self::new(EncodeErrorKind::Print)
    }
}
