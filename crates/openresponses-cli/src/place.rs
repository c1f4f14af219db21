//! A byte of a document, as line and column.

use openresponses_types::diagnostics::Excerpt;

/// Number of characters of a line shown before and after the place.
const BEFORE: usize = 40;
const BEHIND: usize = 60;

/// A byte of a document, as line and column. Both count from 1, columns in characters.
pub(crate) struct Place {
    pub(crate) line: usize,
    pub(crate) column: usize,
    /// A part of the line with the place `indent` characters from the left.
    pub(crate) excerpt: String,
    pub(crate) indent: usize,
}

impl Place {
    pub(crate) fn new(bytes: &[u8], offset: usize) -> Self {
        let (before, behind) = bytes.split_at(offset.min(bytes.len()));
        // Lines of a stream may also end with a carriage return alone.
        let ends_line = |at: &usize| match bytes.get(*at) {
            Some(b'\n') => true,
            Some(b'\r') => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        };
        let line = 1 + (0..before.len()).filter(ends_line).count();
        let start = (0..before.len()).rev().find(ends_line);
        let start = start.map_or(0, |at| at + 1);
        let end = behind.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
        let end = end.unwrap_or(behind.len());
        let left = String::from_utf8_lossy(before.get(start..).unwrap_or_default());
        let right = String::from_utf8_lossy(behind.get(..end).unwrap_or_default());
        let column = left.chars().count() + 1;
        let skipped = column.saturating_sub(BEFORE + 1);
        let shown = left
            .char_indices()
            .nth(skipped)
            .map_or(left.len(), |(at, _)| at);
        let cut = if skipped > 0 { "…" } else { "" };
        let shown = Excerpt::new(left.get(shown..).unwrap_or_default());
        let mut excerpt = format!("{cut}{shown}");
        let indent = excerpt.chars().count();
        excerpt.push_str(&Excerpt::new(&right).limit(BEHIND).to_string());
        Self {
            line,
            column,
            excerpt,
            indent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_line_and_column() {
        let text = "{\n  \"é\": [1, 2]\n}".as_bytes();
        let place = Place::new(text, 10);
        assert_eq!((place.line, place.column, place.indent), (2, 8, 7));
        assert_eq!(place.excerpt, "  \"é\": [1, 2]");
    }

    #[test]
    fn lines_end_with_a_line_feed_a_carriage_return_or_both() {
        for text in ["a\nbc\nd", "a\rbc\rd", "a\r\nbc\r\nd"] {
            let place = Place::new(text.as_bytes(), text.find('c').unwrap());
            assert_eq!((place.line, place.column), (2, 2), "{text:?}");
            assert_eq!(place.excerpt, "bc", "{text:?}");
        }
    }

    #[test]
    fn cuts_long_lines() {
        let text = format!("{}X{}", "a".repeat(100), "b".repeat(100));
        let place = Place::new(text.as_bytes(), 100);
        assert_eq!(place.column, 101);
        assert_eq!(place.excerpt.chars().nth(place.indent), Some('X'));
        assert_eq!(place.excerpt.chars().count(), 1 + BEFORE + BEHIND + 1);
        assert_eq!(Place::new(b"", 9).line, 1);
    }
}
