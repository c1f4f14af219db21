use openresponses_types::diagnostics::Path;
use openresponses_types::json::{Reader, ValueKind};

use super::Schemas;
use super::keywords::NO_KEYWORD;
use crate::json::{elements, text};

impl<'d> Schemas<'d, '_> {
    /// The types of a value in the words of the API, and whether it may be null.
    pub(super) fn types(&mut self, value: Reader<'_>, path: &Path) -> (Vec<String>, bool) {
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
        let is_null = |value: Reader<'_>| {
            value.kind() == ValueKind::Null
                || value.member("type").and_then(text).as_deref() == Some("null")
        };
        let alternatives = ["anyOf", "oneOf", "enum"];
        let mut lists = alternatives.iter().filter_map(|name| value.member(name));
        let has_null = lists.any(|list| elements(list).any(is_null));
        let count = types.len();
        types.retain(|kind| kind != "null");
        let is_nullable = has_null || types.len() < count;
        if types.len() > 1 && value.member("anyOf").is_some() {
            self.notes.warn(path.clone().member("type"), NO_KEYWORD);
            types.clear();
        }
        for kind in &mut types {
            kind.make_ascii_uppercase();
        }
        (types, is_nullable)
    }
}
