use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;

/// Makes JSON readable as some servers print it: lone surrogates, which cut characters leave, and bytes
/// that are not UTF-8 become U+FFFD, control characters in strings are escaped, and `NaN` and `Infinity`
/// become null. All else stays as it is, and may still not be JSON.
///
/// ```
/// use openresponses_types::json::mended;
///
/// assert_eq!(mended(br#"{"text":"\ud83d","logprob":-Infinity}"#), r#"{"text":"\ufffd","logprob":null}"#);
/// ```
#[must_use]
pub fn mended(data: &[u8]) -> String {
    let text = String::from_utf8_lossy(data);
    let mut out = String::with_capacity(text.len());
    let mut rest = &*text;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        let (printed, used) = match in_string {
            true => in_a_string(rest, c),
            false => outside(rest, c),
        };
        in_string ^= c == '"';
        out.push_str(&printed);
        rest = rest.get(used..).unwrap_or_default();
    }
    out
}

/// What is printed for the next characters of a string, and how many bytes they have.
fn in_a_string(rest: &str, c: char) -> (Cow<'_, str>, usize) {
    match c {
        '\\' => escape(rest),
        c if c < ' ' => (format!("\\u{:04x}", u32::from(c)).into(), c.len_utf8()),
        c => (Cow::Borrowed(head(rest, c.len_utf8())), c.len_utf8()),
    }
}

fn escape(rest: &str) -> (Cow<'_, str>, usize) {
    match unit(rest) {
        Some(0xD800..=0xDBFF) => match rest.get(6..).and_then(unit) {
            Some(0xDC00..=0xDFFF) => (Cow::Borrowed(head(rest, 12)), 12),
            _ => (Cow::Borrowed("\\ufffd"), 6),
        },
        Some(0xDC00..=0xDFFF) => (Cow::Borrowed("\\ufffd"), 6),
        Some(_) => (Cow::Borrowed(head(rest, 6)), 6),
        None => {
            let next = rest.chars().nth(1).map_or(0, char::len_utf8);
            (Cow::Borrowed(head(rest, 1 + next)), 1 + next)
        }
    }
}

/// The UTF-16 unit of an escape such as `\u00e9`.
fn unit(rest: &str) -> Option<u16> {
    let digits = rest.strip_prefix("\\u")?.get(..4)?;
    let is_hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
}

fn outside(rest: &str, c: char) -> (Cow<'_, str>, usize) {
    for word in ["-Infinity", "Infinity", "NaN"] {
        if rest.starts_with(word) {
            return (Cow::Borrowed("null"), word.len());
        }
    }
    (Cow::Borrowed(head(rest, c.len_utf8())), c.len_utf8())
}

fn head(text: &str, length: usize) -> &str {
    text.get(..length).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::mended;

    #[test]
    fn what_no_parser_takes_is_replaced_and_the_rest_is_kept() {
        for (data, expected) in [
            (&b"{\"a\":\"\\ud83d\"}"[..], r#"{"a":"\ufffd"}"#),
            (b"{\"a\":\"\\ude00x\"}", r#"{"a":"\ufffdx"}"#),
            (b"{\"a\":\"\\ud83d\\ude00\"}", r#"{"a":"\ud83d\ude00"}"#),
            (b"{\"a\":\"\\ud83d\\u0041\"}", r#"{"a":"\ufffd\u0041"}"#),
            (b"{\"a\":\"\xF0\x9F\"}", "{\"a\":\"\u{fffd}\"}"),
            (b"{\"a\":\"x\ty\"}", r#"{"a":"x\u0009y"}"#),
            (
                b"{\"a\":[NaN,-Infinity,Infinity],\"NaN\":\"\\\"NaN\\\\\"}",
                r#"{"a":[null,null,null],"NaN":"\"NaN\\"}"#,
            ),
            (b"{\"a\":\"\\u12", r#"{"a":"\u12"#),
        ] {
            assert_eq!(mended(data), expected);
        }
    }
}
