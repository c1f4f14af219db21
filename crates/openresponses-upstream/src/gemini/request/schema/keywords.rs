use openresponses_types::json::Reader;

use crate::json::text;

/// Keywords that the API has as they are.
pub(super) const CARRIED: &[&str] = &[
    "title",
    "description",
    "default",
    "example",
    "nullable",
    "pattern",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "propertyOrdering",
];

/// Keywords that say nothing about values, or are read with others.
pub(super) const SILENT: &[&str] = &[
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "type",
    "items",
];

/// Returns true for the keywords that describe and allow nothing less.
pub(super) fn is_annotation(name: &str) -> bool {
    [
        "title",
        "description",
        "default",
        "example",
        "propertyOrdering",
    ]
    .contains(&name)
}

pub(super) const NO_KEYWORD: &str = "The upstream's API does not have the keyword of JSON Schema.";

/// Returns true for the formats that the API has.
pub(super) fn is_format(value: Reader<'_>) -> bool {
    matches!(
        text(value).as_deref(),
        Some("enum" | "date-time" | "int32" | "int64" | "float" | "double")
    )
}
