//! Lists of names in options.

use openresponses_types::json::{Kind, RawJson};

/// More entries, and longer names, belong to nobody.
const ENTRIES: usize = 64;
const NAME: usize = 256;

/// A list of names; nothing if it is anything else, or beyond all measure.
pub(super) fn names(value: &RawJson) -> Option<Vec<String>> {
    let mut reader = value.reader();
    if reader.kind() != Kind::Array {
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

/// The members of an object, raw; nothing if it is anything else.
pub(super) fn members(value: &RawJson) -> Option<Vec<(String, RawJson)>> {
    let mut reader = value.reader();
    if reader.kind() != Kind::Object {
        return None;
    }
    let mut all = Vec::new();
    let mut members = reader.enter_object();
    while let Some(name) = reader.next_member(&mut members) {
        // Text of a checked document is a document.
        all.push((name.into_owned(), RawJson::parse(reader.raw()).ok()?));
    }
    Some(all)
}

/// A client's word as a message may show it.
pub(super) fn shown(text: &str) -> String {
    let cut: String = text.chars().take(64).collect();
    cut.chars().filter(|char| !char.is_control()).collect()
}
