//! Reading of lists and objects in options.

use std::borrow::Cow;

use openresponses_types::diagnostics::Excerpt;
use openresponses_types::json::{RawJson, Reader, ValueKind};

/// Limits of a list: entries, and bytes of a name.
pub(super) const ENTRIES: usize = 64;
const NAME: usize = 256;

/// Reads a list of names. `None` for other values and for lists beyond the limits.
pub(super) fn names(mut reader: Reader<'_>) -> Option<Vec<String>> {
    if reader.kind() != ValueKind::Array {
        return None;
    }
    let mut all: Vec<String> = Vec::new();
    let mut elements = reader.enter_array();
    while reader.next_element(&mut elements) {
        let name = reader.string()?;
        if all.len() == ENTRIES || name.len() > NAME {
            return None;
        }
        if !all.iter().any(|known| **known == *name) {
            all.push(name.into_owned());
        }
    }
    Some(all)
}

/// Iterates over the members of an object without copying. Empty for other values.
pub(super) fn members<'v>(
    mut reader: Reader<'v>,
) -> impl Iterator<Item = (Cow<'v, str>, Reader<'v>)> {
    let mut members = reader.enter_object();
    std::iter::from_fn(move || {
        let name = reader.next_member(&mut members)?;
        let value = reader;
        reader.skip();
        Some((name, value))
    })
}

/// Returns true for an object.
pub(super) fn is_object(reader: Reader<'_>) -> bool {
    reader.kind() == ValueKind::Object
}

/// Creates an object with one member, whose value is copied as it is.
pub(super) fn object(name: &str, mut value: Reader<'_>) -> Option<RawJson> {
    RawJson::parse(&format!("{{{}:{}}}", RawJson::string(name), value.raw())).ok()
}

/// Formats a client's value for a message.
pub(super) fn shown(text: &str) -> String {
    Excerpt::new(text).to_string()
}
