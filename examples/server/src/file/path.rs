//! The name of a field, such as `models."openai/gpt".providers[0]`.

use serde_path_to_error::{Path, Segment};

/// A key as TOML has it: quoted where it must be.
pub(crate) fn quoted(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !key.is_empty() && key.bytes().all(is_bare) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

/// The path of a value.
pub(super) fn shown(path: &Path) -> String {
    let mut shown = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => shown.push_str(&format!("[{index}]")),
            // The inside of a value whose place is kept.
            Segment::Map { key } if key.starts_with("$__serde_spanned") => {}
            Segment::Map { key } => {
                if !shown.is_empty() {
                    shown.push('.');
                }
                shown.push_str(&quoted(key));
            }
            Segment::Enum { .. } | Segment::Unknown => {}
        }
    }
    shown
}
