//! The name of a field, such as `models."openai/gpt".providers[0]`.

use super::read::Step;
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
pub(super) fn shown(path: &[Step], unknown: bool) -> String {
    let mut shown = String::new();
    for (at, step) in path.iter().enumerate() {
        let is_last = at + 1 == path.len();
        match step {
            Step::Index(index) => shown.push_str(&format!("[{index}]")),
            Step::Key(key) if unknown && is_last && !is_like_ours(key) => {}
            Step::Key(key) => {
                if !shown.is_empty() {
                    shown.push('.');
                }
                shown.push_str(&quoted(key));
            }
        }
    }
    shown
}
