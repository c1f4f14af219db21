//! Where values are printed to.

use alloc::string::String;
use core::fmt;

use crate::json::write_string;

/// Where values are printed to, and how the texts among them are.
pub(crate) trait Print: fmt::Write {
    /// Prints `text` as a JSON string.
    fn print_text(&mut self, text: &str) -> fmt::Result;
}

impl Print for String {
    fn print_text(&mut self, text: &str) -> fmt::Result {
        write_string(self, text)
    }
}

/// Any other output.
pub(crate) struct Plain<'w, W: ?Sized>(pub(crate) &'w mut W);

impl<W: fmt::Write + ?Sized> Print for Plain<'_, W> {
    fn print_text(&mut self, text: &str) -> fmt::Result {
        write_string(self.0, text)
    }
}

impl<W: fmt::Write + ?Sized> fmt::Write for Plain<'_, W> {
    #[inline]
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(text)
    }

    #[inline]
    fn write_char(&mut self, character: char) -> fmt::Result {
        self.0.write_char(character)
    }
}
