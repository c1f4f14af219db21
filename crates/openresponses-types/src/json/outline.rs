//! Ends of strings and containers, recorded by the pre-pass for readers.

use alloc::vec::Vec;
use core::ops::Range;

use super::short_list::ShortList;

/// Longer texts have no outline: an entry has 31 bits for a place.
const MAX_TEXT_BYTES: usize = 1 << 31;

/// The words that the outline of a short text has, in place.
const SHORT: usize = 64;

/// The words that the entry of a container takes.
const CONTAINER: usize = 3;

/// The words that the entry of a string with escapes takes.
const ESCAPED: usize = 3;

/// What a string adds to the weight of a text. A number adds one.
pub(super) const STRING_WEIGHT: usize = 3;

/// What an array or object adds to the weight of a text.
pub(super) const CONTAINER_WEIGHT: usize = 9;

/// The ends of the strings and containers of a text, in the order in which they begin.
///
/// A string, member names included, takes one word: the place of its closing quote, and in the
/// lowest bit whether it has escapes. Where it has, two more follow: where its decoded text begins in
/// `texts` and ends. A container takes three: the place behind it, how many elements or members it has,
/// and how many words those take.
#[derive(Clone, Default)]
pub(super) struct Outline {
    words: ShortList<u32, SHORT>,
    /// How many strings have escapes.
    escaped: usize,
    /// How many numbers there are, which have no entries.
    numbers: usize,
    /// The decoded texts of strings with escapes, which are UTF-8.
    texts: Vec<u8>,
}

impl Outline {
    /// An empty outline for a text of `len` bytes.
    pub(super) fn of_length(len: usize) -> Self {
        // Enough for most requests without growing, and little where a text is one long string.
        let expected = (len / 7).min(8 * 1024);
        Self {
            words: ShortList::with_capacity(expected),
            escaped: 0,
            numbers: 0,
            texts: Vec::new(),
        }
    }

    /// Drops all entries and keeps their memory.
    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.escaped = 0;
        self.numbers = 0;
    }

    /// Returns false where a text of `len` bytes is too long to have an outline; it is then left
    /// empty.
    pub(super) fn fits(len: usize) -> bool {
        len < MAX_TEXT_BYTES
    }

    /// Notes a string without escapes that ends with the quote at `end`.
    #[inline]
    pub(super) fn string(&mut self, end: usize) {
        self.words.push((end as u32) << 1);
    }

    /// Notes a string that ends with the quote at `end`, and where its decoded text is.
    pub(super) fn escaped_string(&mut self, end: usize, text: Range<usize>) {
        self.escaped += 1;
        let words = [(end as u32) << 1 | 1, text.start as u32, text.end as u32];
        self.words.extend_from_slice(&words);
    }

    /// Notes a number.
    #[inline]
    pub(super) fn number(&mut self) {
        self.numbers += 1;
    }

    /// Sets the decoded texts.
    pub(super) fn set_texts(&mut self, texts: Vec<u8>) {
        self.texts = texts;
    }

    /// Notes that a container begins, and returns its entry for [`close`](Self::close).
    #[inline]
    pub(super) fn open(&mut self) -> usize {
        let entry = self.words.len();
        self.words.extend_from_slice(&[0; CONTAINER]);
        entry
    }

    /// Notes that the container with `entry` has `count` elements or members and ends before `end`.
    #[inline]
    pub(super) fn close(&mut self, entry: usize, end: usize, count: usize) {
        let inside = self.words.len() - entry - CONTAINER;
        if let Some(words) = self.words.as_mut_slice().get_mut(entry..entry + CONTAINER) {
            words.copy_from_slice(&[end as u32, count as u32, inside as u32]);
        }
    }

    /// The sum of what the strings, containers and numbers weigh.
    pub(super) fn weight(&self) -> usize {
        // A container has as many words as it has strings' weights.
        const { assert!(CONTAINER_WEIGHT == CONTAINER * STRING_WEIGHT) };
        let strings = self.words.len() - (ESCAPED - 1) * self.escaped;
        strings * STRING_WEIGHT + self.numbers
    }

    /// The ends from the first on.
    pub(super) fn ends(&self) -> Ends<'_> {
        Ends {
            words: self.words.as_slice(),
            texts: Some(&self.texts),
        }
    }

    /// The ends from an entry on, as far as they are known while texts are still added.
    pub(super) fn ends_so_far(&self, entry: usize) -> Ends<'_> {
        Ends {
            words: self.words.as_slice().get(entry..).unwrap_or_default(),
            texts: None,
        }
    }
}

/// The rest of an outline, beside the rest of its text. Empty where there is no outline.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ends<'a> {
    words: &'a [u32],
    /// `None` before the end of the pre-pass.
    texts: Option<&'a Vec<u8>>,
}

/// Entry of a container.
#[derive(Clone, Copy)]
pub(super) struct Container {
    /// The place behind it.
    pub(super) end: usize,
    /// How many elements or members it has.
    pub(super) count: usize,
    inside: usize,
}

impl<'a> Ends<'a> {
    /// Returns true where no more is known, as of a text without an outline.
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The place of the closing quote of the string that comes next, if it has no escapes.
    #[inline(always)]
    pub(super) fn plain_string(&mut self) -> Option<usize> {
        let (word, rest) = self.words.split_first()?;
        if word & 1 == 1 {
            return None;
        }
        self.words = rest;
        Some((word >> 1) as usize)
    }

    /// The place of the closing quote of the string that comes next, which has escapes, and where its text
    /// is; `None` where they are not known.
    pub(super) fn escaped_string(&mut self) -> Option<(usize, Range<usize>)> {
        let ([end, from, to], rest) = self.words.split_first_chunk::<ESCAPED>()?;
        self.words = rest;
        Some(((end >> 1) as usize, *from as usize..*to as usize))
    }

    /// The text of a string with escapes, if it is known.
    pub(super) fn text(&self, range: Range<usize>) -> Option<&'a str> {
        // Checked string by string, when it is about to be used: all at once would be one more pass over
        // memory that has left the caches.
        let text = simdutf8::basic::from_utf8(self.texts?.get(range)?);
        debug_assert!(text.is_ok(), "runs of UTF-8 and characters");
        text.ok()
    }

    /// The container that comes next; what is in it comes then.
    #[inline(always)]
    pub(super) fn container(&mut self) -> Option<Container> {
        let ([end, count, inside], rest) = self.words.split_first_chunk::<CONTAINER>()?;
        self.words = rest;
        Some(Container {
            end: *end as usize,
            count: *count as usize,
            inside: *inside as usize,
        })
    }

    /// Passes over what is in `container`.
    #[inline]
    pub(super) fn skip(&mut self, container: Container) {
        self.words = self.words.get(container.inside..).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;
    use alloc::vec::Vec;

    use proptest::prelude::*;

    use crate::json::{Document, RawJson, Reader, ValueKind};

    /// A document with all kinds of values, strings with and without escapes, and space.
    fn document() -> impl Strategy<Value = String> {
        let string =
            "[a-z\u{e9}]{0,12}(\\\\n|\\\\\\\\|\\\\\"|\\\\u00e9|\\\\ud83d\\\\ude00)?[a-z ]{0,70}";
        let string = string.prop_map(|inside: String| format!("\"{inside}\""));
        let leaf = prop_oneof![
            4 => string,
            1 => prop::sample::select(alloc::vec!["null", "true", "1.5e-3", "\"\"", "[]", "{ }"])
                .prop_map(String::from),
        ];
        leaf.prop_recursive(5, 60, 6, |inner| {
            let members = prop::collection::vec(inner.clone(), 0..6);
            prop_oneof![
                prop::collection::vec(inner, 0..6).prop_map(|all| format!("[{}]", all.join(" , "))),
                members.prop_map(|all| {
                    let name = |at| {
                        if at % 2 == 0 {
                            format!("m{at}")
                        } else {
                            format!("\\n{at}")
                        }
                    };
                    let members = all.iter().enumerate();
                    let members: Vec<_> = members
                        .map(|(at, value)| format!("\"{}\": {value}", name(at)))
                        .collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        })
    }

    /// Everything that a reader returns for its value, by each of its methods.
    fn contents(reader: &mut Reader<'_>) -> String {
        let mut skipped = *reader;
        skipped.skip();
        let mut raw = *reader;
        let mut all = format!("{}:{}", raw.raw(), skipped.offset());
        match reader.kind() {
            ValueKind::String => all.push_str(&reader.string().unwrap()),
            ValueKind::Array => {
                let mut elements = reader.enter_array();
                while reader.next_element(&mut elements) {
                    all.push_str(&contents(reader));
                }
            }
            ValueKind::Object => {
                let last = reader.member("m4").map(|mut found| contents(&mut found));
                let mut members = reader.enter_object();
                while let Some(name) = reader.next_member(&mut members) {
                    all.push_str(&name);
                    all.push_str(&contents(reader));
                }
                all.push_str(&last.unwrap_or_default());
            }
            _ => reader.skip(),
        }
        assert_eq!(reader.offset(), skipped.offset());
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_text_reads_the_same_with_an_outline_and_without(text in document()) {
            let document = Document::parse(text.as_bytes()).unwrap();
            let bare = RawJson::parse(&text).unwrap();
            prop_assert_eq!(contents(&mut document.reader()), contents(&mut bare.reader()));
        }
    }

    #[test]
    fn containers_know_their_number_of_elements() {
        for (text, count) in [
            ("[]", 0),
            ("[[1,2]]", 1),
            ("[1,[],{}]", 3),
            ("{\"a\":[1],\"b\":2}", 2),
        ] {
            let document = Document::parse(text.as_bytes()).unwrap();
            let mut reader = document.reader();
            let cursor = match reader.kind() {
                ValueKind::Array => reader.enter_array(),
                _ => reader.enter_object(),
            };
            assert_eq!(cursor.count(), count, "{text}");
        }
    }
}
