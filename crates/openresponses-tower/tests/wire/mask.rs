//! Masks the prose of errors, which may change at any time.

/// Replaces the value of `message` in each object that is the member `error` of another.
pub(crate) fn mask(text: &str) -> String {
    const ERROR: &str = "\"error\":";
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(ERROR) {
        let (before, value) = rest.split_at(at + ERROR.len());
        out.push_str(before);
        rest = value;
        if value.starts_with('{') {
            rest = mask_object(value, &mut out);
        }
    }
    out + rest
}

/// Prints the object at the start of `text` masked. Returns what follows it.
fn mask_object<'t>(text: &'t str, out: &mut String) -> &'t str {
    let mut depth = 0;
    let mut at = 0;
    let mut is_message = false;
    while let Some(byte) = text.as_bytes().get(at) {
        let start = at;
        at += 1;
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            b'"' => at = string_end(text, at),
            _ => {}
        }
        let token = &text[start..at];
        if is_message && token.len() > 2 {
            out.push_str("\"(masked)\"");
        } else {
            out.push_str(token);
        }
        is_message = depth == 1 && (token == "\"message\"" || (is_message && token == ":"));
        if depth == 0 {
            break;
        }
    }
    &text[at..]
}

/// The end of the string whose opening quote is before `at`.
fn string_end(text: &str, mut at: usize) -> usize {
    loop {
        match text.as_bytes()[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
}
