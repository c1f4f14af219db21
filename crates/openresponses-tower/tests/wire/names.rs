//! Identifiers as the case files show them: `msg_2` is the second message that a client sees. So the
//! files do not depend on the order in which a server draws identifiers, which no client sees.

use std::collections::HashMap;

/// What marks the identifiers that the server under test makes: `msg_raw000007`.
const MARK: &str = "_raw";
const DIGITS: usize = 6;

/// An identifier of the server under test. `prefix` ends with an underscore.
pub(crate) fn identifier(prefix: &str, number: u64) -> String {
    let prefix = prefix.trim_end_matches('_');
    format!("{prefix}{MARK}{number:0DIGITS$}")
}

/// The identifiers that one client has seen.
#[derive(Default)]
pub(crate) struct Names {
    shown: HashMap<String, String>,
    made: HashMap<String, String>,
    counts: HashMap<String, usize>,
}

impl Names {
    /// Replaces what the server made by what is shown.
    pub(crate) fn show(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(mark) = rest.find(MARK) {
            let before = rest[..mark].trim_end_matches(|letter: char| letter.is_ascii_lowercase());
            let (prefix, end) = (&rest[before.len()..mark], mark + MARK.len() + DIGITS);
            out.push_str(before);
            out.push_str(self.name(prefix, &rest[before.len()..end]));
            rest = &rest[end..];
        }
        out + rest
    }

    fn name(&mut self, prefix: &str, made: &str) -> &str {
        let (counts, names) = (&mut self.counts, &mut self.made);
        self.shown.entry(made.into()).or_insert_with(|| {
            let count = counts.entry(prefix.into()).or_default();
            *count += 1;
            let name = format!("{prefix}_{count}");
            names.insert(name.clone(), made.into());
            name
        })
    }

    /// Replaces what is shown by what the server made. What it did not make stays as it is.
    pub(crate) fn made(&self, text: &str) -> String {
        let is_other = |character: char| !character.is_ascii_alphanumeric() && character != '_';
        let pieces = text.split_inclusive(is_other);
        pieces
            .flat_map(|piece| {
                let word = piece.trim_end_matches(is_other);
                let made = self.made.get(word).map_or(word, String::as_str);
                [made, &piece[word.len()..]]
            })
            .collect()
    }
}
