//! The messages of violations: one bounded sentence that names what was expected.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::Write;

use super::place::Place;
use crate::diagnostics::Excerpt;
use crate::json::{Reader, ValueKind};
use crate::rules::{NAME_PATTERN, Union, Value};

/// The number of characters of a client's value that a message shows.
const SHOWN: usize = 40;

/// `'input[0].role'`, or what to call the document itself.
pub(super) fn name(at: &Place<'_>) -> String {
    match at.path().param() {
        Some(param) => alloc::format!("'{param}'"),
        None => String::from("the document"),
    }
}

/// The next value, cut, with its kind when it cannot be shown.
pub(super) fn got(reader: &Reader<'_>) -> String {
    let mut copy = *reader;
    match reader.kind() {
        ValueKind::String => quoted(&copy.string().unwrap_or_default()),
        ValueKind::Number | ValueKind::Boolean => alloc::format!("{}", cut(copy.raw())),
        kind => String::from(kind.words()),
    }
}

/// `'text'`, cut, without what would break a line.
pub(super) fn quoted(text: &str) -> String {
    alloc::format!("'{}'", cut(text))
}

fn cut(text: &str) -> Excerpt<'_> {
    Excerpt::new(text).limit(SHOWN)
}

/// More than this many values are not listed.
const LISTED: usize = 10;

/// `'a', 'b' or 'c'`.
pub(super) fn one_of<'a>(values: impl Iterator<Item = &'a str> + Clone) -> String {
    let count = values.clone().count();
    let mut out = String::new();
    for (at, value) in values.enumerate() {
        if at == LISTED {
            // Printing into a string cannot fail.
            let _ = write!(out, " or {} others", count - LISTED);
            break;
        }
        let before = match at {
            0 => "",
            _ if at + 1 == count => " or ",
            _ => ", ",
        };
        let _ = write!(out, "{before}'{value}'");
    }
    out
}

/// The types that a union takes.
pub(super) fn types(union: &Union) -> String {
    let mut tags: Vec<&str> = union.branches.iter().map(|branch| branch.tag).collect();
    // Messages have one branch a role.
    tags.dedup();
    one_of(tags.into_iter())
}

/// What an object of a union is.
pub(super) fn object(union: &Union) -> String {
    alloc::format!("an object ({})", union.what)
}

/// What a value should be.
pub(super) fn expected(value: &Value) -> String {
    String::from(match value {
        Value::Any | Value::Habit { .. } => "a value",
        Value::Opaque | Value::Object(_) | Value::Map(_) => "an object",
        Value::Null | Value::Forbidden | Value::Instead { .. } => "null",
        Value::Boolean => "a boolean",
        Value::String(text) if text.pattern => {
            return alloc::format!("a string that matches {NAME_PATTERN}");
        }
        Value::String(_) => "a string",
        Value::Constant(value) => return alloc::format!("'{value}'"),
        Value::Enum(set) => return one_of(set.values.iter().copied()),
        Value::Integer { .. } => "an integer",
        Value::Number { .. } => "a number",
        Value::Array(_) => "an array",
        Value::TextOr(..) => "a string or an array",
        Value::EnumOr(set, _) => {
            return alloc::format!("{} or an object", one_of(set.values.iter().copied()));
        }
        Value::Union(union) => return object(union),
        Value::Relaxed { compatible, .. } => return expected(compatible),
    })
}
