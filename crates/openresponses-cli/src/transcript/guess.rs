//! Recognizes an event stream.

use crate::source;

/// Names of fields in use.
const FIELDS: [&[u8]; 4] = [b"event", b"data", b"id", b"retry"];

/// Returns true if the first non-blank line is a field or a comment of an event stream.
pub(crate) fn looks_like_stream(bytes: &[u8]) -> bool {
    let bytes = source::without_mark(bytes);
    let Some(line) = bytes
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .find(|line| !line.is_empty())
    else {
        return false;
    };
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    line.contains(&b':') && (name.is_empty() || FIELDS.contains(&name))
}

#[cfg(test)]
mod tests {
    use super::looks_like_stream;

    #[test]
    fn streams_and_others() {
        for stream in [
            "event: x\n",
            "data:{}\n\n",
            ": hello",
            "\u{FEFF}data: x",
            "\r\n\r\nretry: 1\r\n",
            ":\n",
        ] {
            assert!(looks_like_stream(stream.as_bytes()), "{stream:?}");
        }
        for other in [
            "",
            "\n",
            "{}",
            "database: x",
            "data",
            "{\n: x",
            "\"data\": 1",
        ] {
            assert!(!looks_like_stream(other.as_bytes()), "{other:?}");
        }
    }
}
