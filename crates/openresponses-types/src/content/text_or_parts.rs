//! The content of a message and the output of a tool.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::part::ContentPart;
use crate::diagnostics::Violation;
use crate::json::{Source, ValueKind};
use crate::rules::Value;
use crate::wire::{Print, ReadResult, WireValue, json_and_serde};

/// A string, or an array of parts: the content of a message, the output of a tool.
///
/// A string is the short form of one text part, and is kept as a string.
///
/// ```
/// use openresponses_types::content::Content;
///
/// let content = Content::from("Hello");
/// assert_eq!(content.texts().collect::<String>(), "Hello");
/// assert!(content.parts().is_empty());
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// The short form.
    Text(String),
    /// The long form.
    Parts(Vec<ContentPart>),
}

impl Content {
    /// Returns the texts in order: the string itself, or those of the parts that have one.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, parts) = match self {
            Self::Text(text) => (Some(text.as_str()), &[][..]),
            Self::Parts(parts) => (None, parts.as_slice()),
        };
        text.into_iter()
            .chain(parts.iter().filter_map(ContentPart::text))
    }

    /// Returns the parts; empty for the short form.
    #[must_use]
    pub fn parts(&self) -> &[ContentPart] {
        match self {
            Self::Text(_) => &[],
            Self::Parts(parts) => parts,
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<ContentPart>> for Content {
    fn from(parts: Vec<ContentPart>) -> Self {
        Self::Parts(parts)
    }
}

impl<A: Into<ContentPart>, const N: usize> From<[A; N]> for Content {
    fn from(values: [A; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<A: Into<ContentPart>> FromIterator<A> for Content {
    fn from_iter<I: IntoIterator<Item = A>>(values: I) -> Self {
        Self::Parts(values.into_iter().map(Into::into).collect())
    }
}

impl WireValue for Content {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        match reader.kind() {
            ValueKind::String => WireValue::read(reader).map(Self::Text),
            ValueKind::Array => WireValue::read(reader).map(Self::Parts),
            _ => Err(Violation::wrong_type(
                "a string or an array of content parts",
                reader,
            )),
        }
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        match self {
            Self::Text(text) => text.surely_keeps(rule),
            Self::Parts(parts) => parts.surely_keeps(rule),
        }
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        match self {
            Self::Text(text) => text.write(out),
            Self::Parts(parts) => parts.write(out),
        }
    }
}

json_and_serde!(Content);
