//! The length of JSON, without the JSON.

use core::fmt;

/// Counts the bytes written to it.
///
/// ```
/// use openresponses_types::json::{Length, write_string};
///
/// assert_eq!(Length::of(|out| write_string(out, "a\n")), 5);
/// ```
#[derive(Debug)]
pub struct Length(usize);

impl Length {
    /// Returns how many bytes `print` writes.
    pub fn of(print: impl FnOnce(&mut Self) -> fmt::Result) -> usize {
        let mut length = Self(0);
        // Counting cannot fail.
        let _ = print(&mut length);
        length.0
    }
}

impl fmt::Write for Length {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
    }
}
