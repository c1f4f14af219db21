/// Follows a JSON text that comes in pieces and tells whether it is a whole value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Balance {
    depth: u32,
    begun: bool,
    in_string: bool,
    is_escaped: bool,
}

impl Balance {
    pub(super) fn push(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' if self.in_string => self.is_escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => {
                    self.begun = true;
                    self.depth += 1;
                }
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }

    /// True while an object or array is open, and before there is one.
    pub(super) fn is_unfinished(self) -> bool {
        !self.begun || self.depth > 0 || self.in_string
    }
}
