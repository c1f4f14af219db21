//! Client text in messages: bounded, and on one line.

use core::fmt;

/// Text of a client or of an upstream as a message shows it: at most
/// [`LENGTH`](Self::LENGTH) characters, an ellipsis where there are more, and a space for each
/// control character, line separator and mark of direction, so that the text can neither add lines to
/// a log nor change how a line looks.
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

    /// Returns the first `characters` characters of a text, unchanged.
    ///
    /// ```
    /// use openresponses_types::diagnostics::Excerpt;
    ///
    /// assert_eq!(Excerpt::cut("éé\n", 1), "é");
    /// ```
    #[must_use]
    pub fn cut(text: &str, characters: usize) -> &str {
        // A character has at least one byte.
        if text.len() <= characters {
            return text;
        }
        let end = text.char_indices().nth(characters);
        end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
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
            f.write_char(if acts(character) { ' ' } else { character })?;
        }
        Ok(())
    }
}

/// Returns true for characters that a terminal or a viewer of logs acts on.
fn acts(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    #[test]
    fn nothing_that_a_terminal_acts_on_is_left() {
        let forged = "name\r\n\u{1b}[2K\u{9b}31m\u{85}\u{2028}\u{202e}INFO\u{2069}\u{7f}\0";
        assert_eq!(Excerpt::new(forged).to_string(), "name   [2K 31m   INFO   ");
        assert_eq!(
            Excerpt::new("naïve – 名前 😀").to_string(),
            "naïve – 名前 😀"
        );
    }

    #[test]
    fn characters_are_counted_and_not_bytes() {
        assert_eq!(Excerpt::new("éé").limit(2).to_string(), "éé");
        assert_eq!(Excerpt::new("ééé").limit(2).to_string(), "éé…");
    }
}
