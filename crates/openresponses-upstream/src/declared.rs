use openresponses_types::json::Reader;
use openresponses_types::wire::Unknown;

/// Returns the tools that an item of an unknown type declares, `None` where it declares none.
pub(crate) fn declared_by(item: &Unknown) -> Option<Reader<'_>> {
    match item.type_name() {
        "additional_tools" | "tool_search_output" => item.json().reader().member("tools"),
        _ => None,
    }
}
