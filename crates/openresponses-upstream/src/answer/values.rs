/// Cuts a body of JSON into the values that it consists of: the one document, or the elements of a
/// top-level array as they come. Grammar is the parser's business.
#[derive(Debug, Default)]
pub(super) struct Values {
    held: Vec<u8>,
    depth: usize,
    is_array: bool,
    in_string: bool,
    is_escaped: bool,
}

impl Values {
    /// Takes in `input` up to the end of the next value and returns the value; `input` is what is
    /// left.
    pub(super) fn next(&mut self, input: &mut &[u8]) -> Option<Vec<u8>> {
        let bytes = *input;
        for (at, byte) in bytes.iter().enumerate() {
            if self.ends(*byte) {
                *input = bytes.get(at + 1..).unwrap_or_default();
                return Some(std::mem::take(&mut self.held));
            }
        }
        *input = &[];
        None
    }

    /// Takes in one byte; true when it ends a value.
    fn ends(&mut self, byte: u8) -> bool {
        if self.in_string {
            self.held.push(byte);
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return false;
        }
        let outside = self.depth == usize::from(self.is_array);
        match byte {
            b'[' if self.depth == 0 && !self.is_array => {
                self.is_array = true;
                self.depth = 1;
                return false;
            }
            b']' if outside && self.is_array => {
                self.is_array = false;
                self.depth = 0;
                return false;
            }
            b',' | b' ' | b'\t' | b'\r' | b'\n' if outside => return false,
            b'{' | b'[' => self.depth += 1,
            b'}' | b']' => self.depth = self.depth.saturating_sub(1),
            b'"' => self.in_string = true,
            _ => {}
        }
        self.held.push(byte);
        matches!(byte, b'}' | b']') && self.depth == usize::from(self.is_array)
    }

    /// Returns true inside a top-level array.
    pub(super) fn is_array(&self) -> bool {
        self.is_array
    }

    /// How many bytes are held.
    pub(super) fn held(&self) -> usize {
        self.held.len()
    }

    /// Returns true between two values.
    pub(super) fn is_clean(&self) -> bool {
        self.depth == 0 && self.held.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_an_array_come_one_by_one_in_any_cut() {
        let text = r#"[{"a":"]}\""},
            {"b":[1,{}]} ,{}]"#;
        let expected = [r#"{"a":"]}\""}"#, r#"{"b":[1,{}]}"#, "{}"];
        for at in 0..text.len() {
            let mut values = Values::default();
            let mut all = Vec::new();
            for mut chunk in [&text.as_bytes()[..at], &text.as_bytes()[at..]] {
                while let Some(value) = values.next(&mut chunk) {
                    assert!(values.is_array());
                    all.push(String::from_utf8(value).unwrap());
                }
            }
            assert_eq!(all, expected);
            assert!(values.is_clean());
        }
    }

    #[test]
    fn a_document_is_one_value() {
        let mut values = Values::default();
        assert_eq!(values.next(&mut &b" {\"a\":[1"[..]), None);
        assert!(!values.is_clean());
        let mut rest = &b"]}\n"[..];
        assert_eq!(values.next(&mut rest).unwrap(), b"{\"a\":[1]}");
        assert_eq!(values.next(&mut rest), None);
        assert!(values.is_clean());
    }
}
