//! Detects duplicate members without a hash table, so that no input can provoke collisions.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::part::part;
use super::reader::Reader;
use super::string::unescape;

/// The names of an object so far, each as one of 128 places. Different places are different names, which
/// settles most objects; crafted collisions fall back to the comparison.
#[derive(Clone, Copy, Default)]
pub(super) struct Names {
    taken: [u64; 2],
    /// Two names have one place, or one is written with escapes.
    unclear: bool,
}

impl Names {
    /// Adds the name between two places of `text`.
    #[inline(always)]
    pub(super) fn add(&mut self, text: &str, start: usize, end: usize, is_escaped: bool) {
        let length = (end - start) as u64;
        let head = head(text.as_bytes(), start, end);
        let spread = (head ^ length).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let (half, place) = ((spread >> 63) as usize, 1 << (spread >> 57 & 63));
        if let Some(taken) = self.taken.get_mut(half) {
            self.unclear |= *taken & place != 0 || is_escaped;
            *taken |= place;
        }
    }

    /// Returns true if no two names can be equal; false where they must be compared.
    #[inline]
    pub(super) fn are_distinct(self) -> bool {
        !self.unclear
    }
}

/// The first eight bytes of a name, fewer filled up with zeros: tells most names apart at once.
#[inline(always)]
fn head(bytes: &[u8], start: usize, end: usize) -> u64 {
    let rest = bytes.get(start..).unwrap_or_default();
    match (rest.first_chunk::<8>(), end - start) {
        (Some(chunk), 8..) => u64::from_le_bytes(*chunk),
        (Some(chunk), length) => u64::from_le_bytes(*chunk) & !(u64::MAX << (8 * length)),
        (None, length) => {
            let own = rest.iter().take(length);
            own.rev().fold(0, |head, byte| head << 8 | u64::from(*byte))
        }
    }
}

/// The place of a member's name, without its quotes.
#[derive(Clone, Copy)]
struct Key {
    start: usize,
    end: usize,
    /// Whether it is written with escapes.
    escaped: bool,
    head: u64,
}

impl Key {
    fn new(bytes: &[u8], start: usize, end: usize) -> Self {
        let name = bytes.get(start..end).unwrap_or_default();
        Self {
            start,
            end,
            escaped: name.contains(&b'\\'),
            head: head(bytes, start, end),
        }
    }

    fn is(self, other: Self, text: &str) -> bool {
        self.head == other.head
            && self.end - self.start == other.end - other.start
            && name(text, self) == name(text, other)
    }
}

/// Objects up to this many members are compared pair by pair, which beats sorting.
const PAIRWISE: usize = 16;

/// Where the later of two members of the same name of `object` begins, if there are two.
pub(super) fn duplicate(text: &str, mut object: Reader<'_>) -> Option<usize> {
    let mut members = object.enter_object();
    let mut keys = Vec::with_capacity(members.count());
    while let Some((start, end)) = object.next_name(&mut members) {
        keys.push(Key::new(text.as_bytes(), start, end));
        object.skip();
    }
    let later = duplicate_key(text, &mut keys)?;
    Some(later.start.saturating_sub(1))
}

fn duplicate_key(text: &str, keys: &mut [Key]) -> Option<Key> {
    if keys.iter().any(|key| key.escaped) {
        return duplicate_decoded(text, keys);
    }
    if keys.len() <= PAIRWISE {
        for (at, later) in keys.iter().enumerate().skip(1) {
            if keys.iter().take(at).any(|key| key.is(*later, text)) {
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
    first_pair(keys, |a, b| a.is(*b, text))
}

fn name(text: &str, key: Key) -> &[u8] {
    text.as_bytes().get(key.start..key.end).unwrap_or_default()
}

fn duplicate_decoded(text: &str, keys: &[Key]) -> Option<Key> {
    let mut names: Vec<(Cow<'_, str>, Key)> = keys
        .iter()
        .map(|key| {
            let name = part(text, key.start..key.end);
            (unescape(name), *key)
        })
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

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use crate::json::{Document, SyntaxKind};

    /// An object of `names`, each with a value.
    fn object(names: &[String]) -> String {
        let members: Vec<_> = names.iter().map(|name| format!("\"{name}\":0")).collect();
        format!("{{{}}}", members.join(","))
    }

    /// Names of all lengths up to 20, many of which share their first eight bytes.
    fn names(count: usize) -> Vec<String> {
        (0..count)
            .map(|at| {
                format!("{:.*}", at % 21, format!("abcdefgh{}", "x".repeat(12))) + &at.to_string()
            })
            .collect()
    }

    #[test]
    fn distinct_names_pass_and_each_duplicate_is_found() {
        for count in [1, 2, 8, 16, 17, 40] {
            let distinct = names(count);
            let text = object(&distinct);
            assert!(Document::parse(text.as_bytes()).is_ok(), "{text}");
            for (first, name) in distinct.iter().enumerate() {
                for second in first + 1..=count {
                    let mut twice = distinct.clone();
                    twice.insert(second, name.clone());
                    let text = object(&twice);
                    let error = Document::parse(text.as_bytes()).unwrap_err();
                    assert_eq!(error.kind, SyntaxKind::DuplicateMember, "{text}");
                    assert_eq!(error.path.param().as_deref(), Some(&**name), "{text}");
                }
            }
        }
    }

    #[test]
    fn names_at_the_end_of_the_text_are_whole() {
        for text in [r#"{"a":{"":0,"":1}}"#, r#"{"é":0,"é":1}"#] {
            let error = Document::parse(text.as_bytes()).unwrap_err();
            assert_eq!(error.kind, SyntaxKind::DuplicateMember, "{text}");
        }
        assert!(Document::parse(br#"{"":0,"a":{"a":0}}"#).is_ok());
        // The same bytes with other lengths.
        assert!(Document::parse(b"{\"\\u0000\":0,\"\":0}").is_ok());
    }
}
