//! The name of a field, such as `models."openai/gpt".providers[0]`.

use serde_path_to_error::{Path, Segment};

use super::source::is_like_ours;

/// A TOML key, quoted where required.
pub(crate) fn quoted(key: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    if !key.is_empty() && key.bytes().all(is_bare) {
        key.to_owned()
    } else {
        format!("{key:?}")
    }
}

/// Returns the path of a value. The last name is omitted where it is `unknown` and may be secret.
pub(super) fn shown(path: &Path, unknown: bool) -> String {
    let mut shown = String::new();
    let mut segments = path.iter().peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            Segment::Seq { index } => shown.push_str(&format!("[{index}]")),
            // The inside of a spanned value.
            Segment::Map { key } if key.starts_with("$__serde_spanned") => {}
            Segment::Map { key } if unknown && is_last && !is_like_ours(key) => {}
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
