use core::fmt;

use crate::diagnostics::{Path, Violation, ViolationCode};

/// Fault of a text that is not acceptable JSON.
///
/// ```
/// use openresponses_types::json::{Document, SyntaxKind};
///
/// let error = Document::parse(b"[1,").unwrap_err();
/// assert_eq!((error.kind, error.offset), (SyntaxKind::UnexpectedEnd, 3));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxKind {
    /// The bytes are not UTF-8.
    InvalidUtf8,
    /// A character that JSON does not allow in this place.
    Unexpected,
    /// The text ends inside a value.
    UnexpectedEnd,
    /// A control character stands unescaped inside a string.
    ControlCharacter,
    /// A `\u` escape names half of a surrogate pair.
    LoneSurrogate,
    /// A number that a double cannot hold, such as `1e400`.
    NumberOutOfRange,
    /// Something follows the document's value.
    TrailingCharacters,
    /// An object has two members of one name (escapes decoded).
    DuplicateMember,
    /// Arrays and objects nest deeper than [`JsonLimits::depth`](super::JsonLimits::depth).
    TooDeep,
    /// The document holds more values than [`JsonLimits::values`](super::JsonLimits::values).
    TooManyValues,
}

impl SyntaxKind {
    fn words(self) -> &'static str {
        match self {
            Self::InvalidUtf8 => "the text is not UTF-8",
            Self::Unexpected => "unexpected character",
            Self::UnexpectedEnd => "the text ends inside a value",
            Self::ControlCharacter => "unescaped control character in a string",
            Self::LoneSurrogate => "lone surrogate in a string",
            Self::NumberOutOfRange => "number out of range",
            Self::TrailingCharacters => "characters after the end of the value",
            Self::DuplicateMember => "duplicate member",
            Self::TooDeep => "arrays and objects nest too deeply",
            Self::TooManyValues => "too many values",
        }
    }
}

/// A text that is not acceptable JSON.
///
/// ```
/// use openresponses_types::json::Document;
///
/// let error = Document::parse(br#"{"input": [1,, 2]}"#).unwrap_err();
/// assert_eq!(error.to_string(), "unexpected character at byte 13 (in input[1])");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyntaxError {
    /// What is wrong.
    pub kind: SyntaxKind,
    /// The byte, counted from 0, where it was seen.
    pub offset: usize,
    /// The value it is in; for a duplicate, the member that came second.
    pub path: Path,
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.kind.words(), self.offset)?;
        match self.path.param() {
            Some(param) => write!(f, " (in {param})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for SyntaxError {}

impl From<SyntaxError> for Violation {
    fn from(error: SyntaxError) -> Self {
        let message = alloc::format!("The body is not acceptable JSON: {error}.");
        Self::new(error.path, ViolationCode::InvalidJson, "json", message).at(error.offset)
    }
}
