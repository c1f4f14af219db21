/// The longest line that is kept, in bytes.
const LINE: usize = 64 << 10;

/// Finds lines of an event stream that are no fields of it but hold JSON: servers that fail in
/// mid-stream send a bare `error: {..}` or `{"error":..}`, which the standard has parsers ignore.
#[derive(Debug, Default)]
pub(super) struct StrayLines {
    line: Line,
    held: Vec<u8>,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// At the start of a line, or inside what may become one of these.
    #[default]
    Start,
    /// Inside a line that holds JSON.
    Stray,
    /// Inside any other line.
    Other,
}

const PREFIX: &[u8] = b"error:";

impl StrayLines {
    /// Takes in `bytes` up to the end of the next stray line and returns where it ends; takes in all
    /// of them where there is none. The line is [`json`](Self::json) then.
    pub(super) fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let end = memchr::memchr2(b'\n', b'\r', rest);
            let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            self.take(text);
            let end = end?;
            at += end + 1;
            let line = std::mem::take(&mut self.line);
            if line == Line::Stray {
                return Some(at);
            }
            self.held.clear();
        }
        None
    }

    fn take(&mut self, text: &[u8]) {
        if self.line == Line::Start {
            if self.held.is_empty() && !text.is_empty() {
                // The first byte decides for most lines.
                match text.first() {
                    Some(b'{') => self.line = Line::Stray,
                    Some(b'e') => {}
                    _ => {
                        self.line = Line::Other;
                        return;
                    }
                }
            }
            self.hold(text);
            if self.line == Line::Start {
                self.line = if self.held.starts_with(PREFIX) {
                    Line::Stray
                } else if PREFIX.starts_with(&self.held) {
                    Line::Start
                } else {
                    self.held.clear();
                    Line::Other
                };
            }
        } else if self.line == Line::Stray {
            self.hold(text);
        }
    }

    fn hold(&mut self, text: &[u8]) {
        let room = LINE.saturating_sub(self.held.len());
        self.held
            .extend_from_slice(text.get(..room).unwrap_or(text));
    }

    /// The line that was found, without its `error:`; the next call of `find` begins another.
    pub(super) fn json(&mut self) -> Vec<u8> {
        let held = std::mem::take(&mut self.held);
        match held.strip_prefix(PREFIX) {
            Some(rest) => rest.to_vec(),
            None => held,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(chunks: &[&str]) -> Vec<String> {
        let mut lines = StrayLines::default();
        let mut all = Vec::new();
        for chunk in chunks {
            let mut rest = chunk.as_bytes();
            while let Some(end) = lines.find(rest) {
                all.push(String::from_utf8(lines.json()).unwrap());
                rest = &rest[end..];
            }
        }
        all
    }

    #[test]
    fn lines_that_hold_json_are_found_in_any_cut() {
        let text =
            "event: error\ndata: {\"a\":1}\n\nerror: {\"b\":2}\r\n{\"c\":3}\n: {\"d\":4}\ne\n";
        let expected = [" {\"b\":2}", "{\"c\":3}"];
        assert_eq!(found(&[text]), expected);
        for at in 0..text.len() {
            assert_eq!(found(&[&text[..at], &text[at..]]), expected, "{at}");
        }
        let bytes: Vec<_> = (0..text.len()).map(|at| &text[at..=at]).collect();
        assert_eq!(found(&bytes), expected);
    }
}
