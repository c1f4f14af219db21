//! Duplicate members, found without a hasher: nothing an attacker can aim at.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::string::unescape;

/// The place of a member's name, without its quotes.
#[derive(Clone, Copy)]
pub(super) struct Key {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Objects up to this many members are compared pair by pair, which beats sorting.
const PAIRWISE: usize = 16;

/// The later of two members of the same name, if there are two. `keys` are the members of one
/// object in document order; their order is not kept.
pub(super) fn duplicate(text: &str, keys: &mut [Key]) -> Option<Key> {
    let escaped = keys.iter().any(|key| name(text, *key).contains('\\'));
    if escaped {
        return duplicate_decoded(text, keys);
    }
    if keys.len() <= PAIRWISE {
        for (at, later) in keys.iter().enumerate().skip(1) {
            let later_name = name(text, *later);
            if keys
                .iter()
                .take(at)
                .any(|key| name(text, *key) == later_name)
            {
                return Some(*later);
            }
        }
        return None;
    }
    keys.sort_unstable_by(|a, b| {
        name(text, *a)
            .cmp(name(text, *b))
            .then(a.start.cmp(&b.start))
    });
    first_pair(keys, |a, b| name(text, *a) == name(text, *b))
}

fn name(text: &str, key: Key) -> &str {
    text.get(key.start..key.end).unwrap_or_default()
}

fn duplicate_decoded(text: &str, keys: &[Key]) -> Option<Key> {
    let mut names: Vec<(Cow<'_, str>, Key)> = keys
        .iter()
        .map(|key| (unescape(name(text, *key)), *key))
        .collect();
    names.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.start.cmp(&b.1.start)));
    first_pair(&names, |a, b| a.0 == b.0).map(|(_, key)| key)
}

/// The second of the first adjacent pair that is equal, earliest in the document.
fn first_pair<T: Clone + At>(sorted: &[T], equal: impl Fn(&T, &T) -> bool) -> Option<T> {
    sorted
        .windows(2)
        .filter_map(|pair| match pair {
            [a, b] if equal(a, b) => Some(b),
            _ => None,
        })
        .min_by_key(|found| found.at())
        .cloned()
}

trait At {
    fn at(&self) -> usize;
}

impl At for Key {
    fn at(&self) -> usize {
        self.start
    }
}

impl At for (Cow<'_, str>, Key) {
    fn at(&self) -> usize {
        self.1.start
    }
}
