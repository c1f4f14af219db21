use openresponses_types::json::{Reader, ValueKind};

use super::Schemas;
use super::alternatives::{ALTERNATIVES, is_null};
use crate::json::{elements, text};

impl<'d> Schemas<'d, '_> {
    /// The types of a value besides null, and whether it may be null.
    pub(super) fn types(&self, value: Reader<'_>) -> (Vec<String>, bool) {
        let stated = value.member("type");
        let mut types: Vec<String> = match stated {
            Some(kind) if kind.kind() == ValueKind::Array => {
                elements(kind).filter_map(text).collect()
            }
            Some(kind) => text(kind).into_iter().collect(),
            None if value.member("properties").is_some() => vec!["object".to_owned()],
            None if value.member("items").is_some() => vec!["array".to_owned()],
            None if value.member("enum").is_some() || value.member("const").is_some() => {
                vec!["string".to_owned()]
            }
            None => Vec::new(),
        };
        let is_null = |value: Reader<'_>| value.kind() == ValueKind::Null || is_null(value);
        let lists = ALTERNATIVES.iter().chain(&["enum"]);
        let mut lists = lists.filter_map(|name| value.member(name));
        let has_null = lists.any(|list| elements(list).any(is_null));
        let count = types.len();
        types.retain(|kind| kind != "null");
        let is_nullable = has_null || types.len() < count;
        (types, is_nullable)
    }
}
