//! The length of JSON, without the JSON.

use std::fmt;

/// Returns how many bytes `print` writes.
pub(crate) fn json_bytes(print: impl FnOnce(&mut Length) -> fmt::Result) -> usize {
    let mut length = Length(0);
    // Counting cannot fail.
    let _ = print(&mut length);
    length.0
}

/// Counts the bytes written to it.
pub(crate) struct Length(usize);

impl fmt::Write for Length {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}
