/// What keys of known services begin with.
const PREFIXES: &[&str] = &[
    "sk-", "sk_", "pk-", "rk-", "gsk_", "xai-", "AIza", "Bearer", "pplx-", "key-", "hf_", "nvapi-",
    "csk-", "eyJ", "AKIA", "ya29.",
];

/// The text without anything that looks like a key or a token.
pub(super) fn redact(message: &str) -> String {
    let is_end = |c: char| !(c.is_ascii_alphanumeric() || "-_.*+/~".contains(c));
    let mut out = String::with_capacity(message.len());
    let mut rest = message;
    let mut hides_next = false;
    while !rest.is_empty() {
        let end = rest.find(is_end).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        let bearer = word.eq_ignore_ascii_case("bearer");
        let is_key = |prefix: &&str| word.starts_with(*prefix) && word.len() > prefix.len();
        let hidden = hides_next || (!bearer && PREFIXES.iter().any(is_key));
        if !word.is_empty() {
            out.push_str(if hidden { "[redacted]" } else { word });
            hides_next = bearer;
        }
        let gap = after.find(|c| !is_end(c)).unwrap_or(after.len());
        let (between, next) = after.split_at(gap);
        out.push_str(between);
        rest = next;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::redact;

    #[test]
    fn keys_and_tokens_are_cut_out() {
        for (message, expected) in [
            ("", ""),
            (
                "No key here, only 'sk' and a-b.",
                "No key here, only 'sk' and a-b.",
            ),
            ("Key sk-proj-abc_1*** is wrong.", "Key [redacted] is wrong."),
            (
                "authorization: Bearer abc.def é",
                "authorization: Bearer [redacted] é",
            ),
            ("?key=AIzaSyX&alt=sse", "?key=[redacted]&alt=sse"),
            ("(xai-1)", "([redacted])"),
        ] {
            assert_eq!(redact(message), expected);
        }
    }
}
