//! Functions in the nested shape of Chat Completions.

use crate::json::{Reader, ValueKind};

/// True for an object such as `{"type":"function","function":{"name":..}}`: a function tool or a
/// choice of a function whose members are one level deeper than in this protocol.
pub(crate) fn is_nested(reader: &Reader<'_>) -> bool {
    // A name mostly comes early; that there is no `function` is known at the end only.
    reader.member("name").is_none()
        && reader
            .member("function")
            .is_some_and(|inside| inside.kind() == ValueKind::Object)
}
