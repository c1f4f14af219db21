use std::collections::BTreeSet;

use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Reader, ValueKind};

use super::Schemas;
use super::keywords::NO_KEYWORD;
use crate::json::{Object, elements, members, text};

impl<'d> Schemas<'d, '_> {
    /// Prints the values of an enumeration, which are texts there.
    pub(super) fn enumeration<'v>(
        &mut self,
        values: impl Iterator<Item = Reader<'v>>,
        path: Path,
        out: &mut Object<'_>,
    ) {
        let mut values: Vec<_> = values
            .filter(|value| value.kind() != ValueKind::Null)
            .collect();
        let count = values.len();
        values.retain(|value| text(*value).is_none_or(|text| !text.is_empty()));
        if values.len() < count {
            self.notes.warn(
                path.clone(),
                "The upstream's API takes no empty text as a value: it was left out.",
            );
            if values.is_empty() {
                return;
            }
        }
        let is_text = |value: &Reader<'_>| value.kind() == ValueKind::String;
        if out.has("enum") || values.is_empty() || !values.iter().all(is_text) {
            return self.notes.warn(path, NO_KEYWORD);
        }
        let mut array = out.array("enum");
        for mut value in values {
            array.raw(value.raw());
        }
    }

    /// Prints the names of required properties. The API refuses those that there are not.
    pub(super) fn required(
        &mut self,
        schema: Reader<'_>,
        value: Reader<'_>,
        path: Path,
        out: &mut Object<'_>,
    ) {
        let properties = schema.member("properties").into_iter().flat_map(members);
        let properties: BTreeSet<_> = properties.map(|(name, _)| name).collect();
        let mut names = Vec::new();
        for (at, name) in elements(value).enumerate() {
            let is_stated = text(name).is_some_and(|name| properties.contains(&*name));
            match is_stated {
                true => names.push(name),
                false => self.notes.warn(path.clone().index(at), NO_KEYWORD),
            }
        }
        if names.is_empty() {
            return;
        }
        let mut array = out.array("required");
        for mut name in names {
            array.raw(name.raw());
        }
    }
}
