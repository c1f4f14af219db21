//! Words, the tokens of the model.

use openresponses_types::sequence::Delta;

/// Returns the number of words.
pub(crate) fn count(text: &str) -> u64 {
    u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX)
}

/// Truncates a text after its `most`th word. Returns true if words were removed.
pub(crate) fn cut(text: &mut String, most: u64) -> bool {
    let mut at = 0;
    let mut words = 0;
    loop {
        let Some(end) = word_end(text, at) else {
            return false;
        };
        if words == most {
            text.truncate(at);
            return true;
        }
        words += 1;
        at = end;
    }
}

/// Returns the end of the next word after `at`; `None` when only white space remains.
fn word_end(text: &str, at: usize) -> Option<usize> {
    let rest = text.get(at..)?;
    let word = rest.trim_start();
    let length = word.find(char::is_whitespace).unwrap_or(word.len());
    (length > 0).then(|| at + (rest.len() - word.len()) + length)
}

/// The words of a text, each with the white space before it, the last also with the white space
/// after it: joined they are the text.
pub(crate) struct Words {
    text: String,
    at: usize,
}

impl Words {
    pub(crate) fn new(text: String) -> Self {
        Self { text, at: 0 }
    }
}

impl Iterator for Words {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut end = word_end(&self.text, self.at)?;
        if word_end(&self.text, end).is_none() {
            end = self.text.len();
        }
        let word = self.text.get(self.at..end)?;
        self.at = end;
        Some(word.into())
    }
}

/// Returns a text as the deltas of a message.
pub(crate) fn text_deltas(text: String) -> impl Iterator<Item = Delta> + Send + 'static {
    Words::new(text).map(Delta::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_join_to_the_text() {
        for text in [
            "Echo: one two",
            "  a\t\u{3000}b\n\nc  ",
            "Echo: ",
            "é😀 \u{a0} x",
            "one",
        ] {
            let words: Vec<_> = Words::new(text.into()).collect();
            assert_eq!(words.concat(), text);
            assert_eq!(words.len() as u64, count(text));
        }
        assert_eq!(Words::new(String::new()).count(), 0);
    }

    #[test]
    fn cuts_behind_a_word() {
        let of = |text: &str, most| {
            let mut text = String::from(text);
            (cut(&mut text, most), text)
        };
        assert_eq!(of("a b  c", 2), (true, "a b".into()));
        assert_eq!(of("a b  c ", 3), (false, "a b  c ".into()));
        assert_eq!(of("a b", 16), (false, "a b".into()));
    }
}
