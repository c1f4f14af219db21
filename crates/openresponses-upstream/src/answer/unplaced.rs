use std::collections::BTreeMap;

use openresponses_types::json::Reader;

use crate::json::is_null;

/// The most distinct members that are listed, and the most characters of a name.
const MEMBERS: usize = 256;
const NAME: usize = 64;

/// Members of an upstream's answer that have no place in the protocol, counted by their path:
/// `choices[].delta.token_id`. Members whose value is null are not counted.
///
/// ```
/// use openresponses_upstream::chat::ChatMachine;
/// use openresponses_upstream::{AnswerReader, MessagePolicy};
///
/// let reader = AnswerReader::new(ChatMachine::new(MessagePolicy::Pass));
/// for (path, count) in reader.unplaced().iter() {
///     println!("{path}: {count} times");
/// }
/// assert!(reader.unplaced().is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unplaced {
    counts: BTreeMap<String, u64>,
    more: u64,
}

impl Unplaced {
    /// Counts the member `name` of the object at `place`, which is empty at the root.
    pub(crate) fn add(&mut self, place: &str, name: &str, value: Reader<'_>) {
        if is_null(value) {
            return;
        }
        let name = match name.char_indices().nth(NAME) {
            Some((end, _)) => name.get(..end).unwrap_or_default(),
            None => name,
        };
        let path = match (place, name) {
            ("", name) => name.to_owned(),
            (place, "") => place.to_owned(),
            (place, name) => format!("{place}.{name}"),
        };
        if let Some(count) = self.counts.get_mut(&path) {
            *count += 1;
        } else if self.counts.len() < MEMBERS {
            self.counts.insert(path, 1);
        } else {
            self.more += 1;
        }
    }

    /// Returns the paths and how often each was met.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts
            .iter()
            .map(|(path, count)| (path.as_str(), *count))
    }

    /// Returns how often the member at `path` was met.
    #[must_use]
    pub fn count(&self, path: &str) -> u64 {
        self.counts.get(path).copied().unwrap_or(0)
    }

    /// Returns how many members were met beyond the 256 that are listed.
    #[must_use]
    pub fn more(&self) -> u64 {
        self.more
    }

    /// Returns true if everything had a place.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.counts.is_empty()
    }
}
