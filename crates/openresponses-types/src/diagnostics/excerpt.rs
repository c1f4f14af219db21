//! Client text in messages: bounded, and on one line.

use core::fmt;

/// Text of a client or of an upstream as a message shows it: at most
/// [`LENGTH`](Self::LENGTH) characters, an ellipsis where there are more, and a space for each
/// control character, so that the text cannot add lines to a log.
///
/// ```
/// use openresponses_types::diagnostics::Excerpt;
///
/// assert_eq!(Excerpt::new("two\nlines").to_string(), "two lines");
/// assert_eq!(Excerpt::new("abcdef").limit(3).to_string(), "abc…");
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Excerpt<'a> {
    text: &'a str,
    limit: usize,
}

impl<'a> Excerpt<'a> {
    /// The number of characters that are shown by default.
    pub const LENGTH: usize = 64;

    /// Creates an excerpt of the default length.
    #[must_use]
    pub const fn new(text: &'a str) -> Self {
        Self {
            text,
            limit: Self::LENGTH,
        }
    }

    /// Sets the number of characters that are shown. Default: [`LENGTH`](Self::LENGTH).
    #[must_use]
    pub const fn limit(mut self, characters: usize) -> Self {
        self.limit = characters;
        self
    }
}

impl fmt::Display for Excerpt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use fmt::Write;

        for (at, character) in self.text.chars().enumerate() {
            if at == self.limit {
                return f.write_char('…');
            }
            f.write_char(if character.is_control() {
                ' '
            } else {
                character
            })?;
        }
        Ok(())
    }
}
