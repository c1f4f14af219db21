//! Functions in the nested shape of Chat Completions.

use crate::json::{Reader, ValueKind};
use crate::wire::{WireValue, gathered};

/// Returns true for an object such as `{"type":"function","function":{"name":..}}`: a function tool
/// or a choice of a function whose members are one level deeper than in this protocol.
pub(crate) fn is_nested(reader: &Reader<'_>) -> bool {
    // A name mostly comes early; that there is no `function` is known at the end only.
    reader.member("name").is_none()
        && reader
            .member("function")
            .is_some_and(|inside| inside.kind() == ValueKind::Object)
}

/// Reads a [nested](is_nested) function tool or choice. Members beside `function` belong to it as well;
/// those inside count more.
pub(crate) fn unfolded<T: WireValue>(tool: &Reader<'_>) -> Option<T> {
    if !is_nested(tool) {
        return None;
    }
    let inside = tool.member("function")?;
    gathered(
        "function",
        &[
            (inside, |name| Some(name)),
            (*tool, |name| (name != "function").then_some(name)),
        ],
    )
}
