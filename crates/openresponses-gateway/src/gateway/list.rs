//! Lists of names in options.

use std::borrow::Cow;

use openresponses_types::diagnostics::Excerpt;
use openresponses_types::json::{RawJson, Reader, ValueKind};

/// More entries, and longer names, belong to nobody.
pub(super) const ENTRIES: usize = 64;
const NAME: usize = 256;

/// A list of names; nothing if it is anything else, or beyond all measure.
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

/// The members of an object, one after the other and none of them copied; none if it is anything
/// else.
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

/// True for an object.
pub(super) fn is_object(reader: Reader<'_>) -> bool {
    reader.kind() == ValueKind::Object
}

/// The object with this one member, whose value is taken as it is.
pub(super) fn object(name: &str, mut value: Reader<'_>) -> Option<RawJson> {
    RawJson::parse(&format!("{{{}:{}}}", RawJson::string(name), value.raw())).ok()
}

/// A client's word as a message may show it.
pub(super) fn shown(text: &str) -> String {
    Excerpt::new(text).to_string()
}
