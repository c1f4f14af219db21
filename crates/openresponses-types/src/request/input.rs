//! The input of a request.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::diagnostics::Violation;
use crate::item::{INPUT_ITEMS, Item};
use crate::json::{Source, ValueKind};
use crate::rules::{Member, TEXT_MAX, Value, optional, text_or};
use crate::wire::{Field, IntoField, Print, ReadResult, WireValue, json_and_serde};

/// A request's input: a text, which is short for one user message, or items.
///
/// ```
/// use openresponses_types::item::Message;
/// use openresponses_types::request::Input;
///
/// assert!(matches!(Input::from("Hello"), Input::Text(text) if text == "Hello"));
/// assert!(matches!(Input::from([Message::user("Hello")]), Input::Items(items) if items.len() == 1));
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Input {
    /// A text of at most 10,485,760 code points.
    Text(String),
    /// Items.
    Items(Vec<Item>),
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<Item>> for Input {
    fn from(items: Vec<Item>) -> Self {
        Self::Items(items)
    }
}

impl From<&str> for Field<Input> {
    fn from(text: &str) -> Self {
        Self::Value(text.into())
    }
}

impl From<String> for Field<Input> {
    fn from(text: String) -> Self {
        Self::Value(text.into())
    }
}

impl<A: Into<Item>, const N: usize> From<[A; N]> for Field<Input> {
    fn from(items: [A; N]) -> Self {
        Self::Value(items.into())
    }
}

impl From<Vec<Item>> for Field<Input> {
    fn from(items: Vec<Item>) -> Self {
        Self::Value(items.into())
    }
}

impl<A: Into<Item>, const N: usize> From<[A; N]> for Input {
    fn from(values: [A; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<A: Into<Item>> FromIterator<A> for Input {
    fn from_iter<I: IntoIterator<Item = A>>(values: I) -> Self {
        Self::Items(values.into_iter().map(Into::into).collect())
    }
}

/// So that the setter of a request's input takes iterators of items.
impl<I: Iterator<Item: Into<Item>>> IntoField<Input, Item> for I {
    fn into_field(self) -> Field<Input> {
        Field::Value(self.collect())
    }
}

impl WireValue for Input {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        match reader.kind() {
            ValueKind::String => WireValue::read(reader).map(Self::Text),
            ValueKind::Array => WireValue::read(reader).map(Self::Items),
            _ => Err(Violation::wrong_type(
                "a string or an array of items",
                reader,
            )),
        }
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        match self {
            Self::Text(text) => text.surely_keeps(rule),
            Self::Items(items) => items.surely_keeps(rule),
        }
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        match self {
            Self::Text(text) => text.write(out),
            Self::Items(items) => items.write(out),
        }
    }
}

json_and_serde!(Input);

/// The input of a request: a text, or items.
pub(crate) const fn input() -> Member {
    optional("input", text_or(Some(TEXT_MAX), &INPUT_ITEMS)).or_null()
}
