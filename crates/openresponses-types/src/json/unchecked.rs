//! Reads a text that was not checked before, in one pass.

use alloc::borrow::{Cow, ToOwned};

use super::limits::JsonLimits;
use super::outline::{CONTAINER_WEIGHT, Ends, Outline, STRING_WEIGHT};
use super::part::part;
use super::reader::{Cursor, Reader, ValueKind};
use super::scan::scan_value;
use super::source::Source;
use super::swar;
use super::texts::Texts;
use super::tokens::{decode_string, end_of_number};

/// Reads a text from front to back, and checks what it passes as [`Document`](super::Document) would.
///
/// Any fault ends the reading and is found by [`end`](Self::end) at the latest; which one it is, and where,
/// a document tells. What was read of a text with a fault is worth nothing.
pub(crate) struct UncheckedReader<'a> {
    text: &'a str,
    at: usize,
    /// No fault was found so far.
    is_sound: bool,
    /// How many values, and levels of containers, may still come.
    left: JsonLimits,
    /// What [`Outline::weight`] counts.
    weight: usize,
    most_weight: usize,
    /// Of the opaque value that was read last; kept for its memory.
    outline: Outline,
    texts: Texts,
}

impl<'a> UncheckedReader<'a> {
    /// Creates a reader that takes a [weight](Outline::weight) of more than `most_weight` for a fault.
    pub(crate) fn new(text: &'a str, limits: JsonLimits, most_weight: usize) -> Self {
        Self {
            text,
            at: text.len() - text.trim_start_matches([' ', '\n', '\r', '\t']).len(),
            is_sound: Outline::fits(text.len()) && limits.values > 0,
            left: limits.values(limits.values.saturating_sub(1)),
            weight: 0,
            most_weight,
            outline: Outline::of_length(0),
            texts: Texts::reused(),
        }
    }

    /// Returns the weight of the text, if it ends here and has no fault.
    pub(crate) fn end(mut self) -> Option<usize> {
        self.space();
        (self.is_sound && self.at == self.text.len() && self.weight <= self.most_weight)
            .then_some(self.weight)
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    /// Ends the reading.
    #[cold]
    fn fail(&mut self) {
        self.is_sound = false;
        self.at = self.text.len();
    }

    /// Consumes `word`, which begins like nothing else.
    #[inline]
    fn word(&mut self, word: &str) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        match rest.starts_with(word.as_bytes()) {
            true => self.at += word.len(),
            false => self.fail(),
        }
    }

    #[inline]
    fn enter(&mut self, open: u8) -> Cursor {
        if self.peek() != Some(open) {
            return Cursor::new(true);
        }
        match self.left.depth.checked_sub(1) {
            Some(depth) => self.left.depth = depth,
            None => self.fail(),
        }
        self.at += 1;
        self.weight += CONTAINER_WEIGHT;
        Cursor::new(false)
    }

    #[inline]
    fn leave(&mut self, entered: &mut Cursor) {
        self.at += 1;
        self.left.depth += 1;
        entered.end();
    }

    /// Counts a value that is to be read now.
    #[inline]
    fn begin_value(&mut self, entered: &mut Cursor) {
        entered.begin();
        match self.left.values.checked_sub(1) {
            Some(values) if self.weight <= self.most_weight => self.left.values = values,
            _ => self.fail(),
        }
    }

    /// Moves to the next element or member, and past the comma before it; false at the end.
    #[inline(never)]
    fn advance(&mut self, entered: &mut Cursor, close: u8) -> bool {
        if entered.is_over() {
            return false;
        }
        self.space();
        match (self.peek(), entered.has_begun()) {
            (Some(byte), _) if byte == close => {
                self.leave(entered);
                false
            }
            (Some(b','), true) => {
                self.at += 1;
                self.space();
                // A comma at the end is refused with the value that does not come.
                true
            }
            (Some(_), false) => true,
            _ => {
                self.fail();
                entered.end();
                false
            }
        }
    }

    #[inline(never)]
    fn unusual_member(&mut self, entered: &mut Cursor) -> Option<Cow<'a, str>> {
        if !self.advance(entered, b'}') {
            return None;
        }
        let name = self.string();
        self.space();
        let is_member = name.is_some() && self.peek() == Some(b':');
        if !is_member {
            self.fail();
            entered.end();
            return None;
        }
        self.at += 1;
        self.space();
        self.begin_value(entered);
        name
    }

    /// Reads the string that begins at `start` and whose first byte that is not plain is at `special`.
    #[inline(never)]
    fn escaped_string(&mut self, start: usize, special: usize) -> Option<Cow<'a, str>> {
        self.texts.clear();
        let bytes = self.text.as_bytes();
        match decode_string(bytes, start, special, &mut self.texts) {
            Ok(end) => {
                self.at = end;
                self.weight += STRING_WEIGHT;
                let text = simdutf8::basic::from_utf8(self.texts.as_bytes());
                debug_assert!(text.is_ok(), "runs of UTF-8 and characters");
                text.ok().map(|text| Cow::Owned(text.to_owned()))
            }
            Err(_) => {
                self.fail();
                None
            }
        }
    }
}

impl<'a> Source<'a> for UncheckedReader<'a> {
    fn look(&self) -> Reader<'a> {
        Reader::at(self.text, self.at, Ends::default())
    }

    #[inline]
    fn bytes_left(&self) -> usize {
        self.text.len().saturating_sub(self.at)
    }

    #[inline]
    fn kind(&self) -> ValueKind {
        ValueKind::beginning_with(self.peek())
    }

    #[inline]
    fn string(&mut self) -> Option<Cow<'a, str>> {
        let bytes = self.text.as_bytes();
        if bytes.get(self.at) != Some(&b'"') {
            return None;
        }
        let start = self.at + 1;
        let end = swar::string_special(bytes, start);
        if bytes.get(end) != Some(&b'"') {
            return self.escaped_string(start, end);
        }
        self.at = end + 1;
        self.weight += STRING_WEIGHT;
        self.text.get(start..end).map(Cow::Borrowed)
    }

    fn number(&mut self) -> Option<&'a str> {
        if self.kind() != ValueKind::Number {
            return None;
        }
        let start = self.at;
        match end_of_number(self.text.as_bytes(), start) {
            Ok(end) => {
                self.at = end;
                self.weight += 1;
                self.text.get(start..end)
            }
            Err(_) => {
                self.fail();
                None
            }
        }
    }

    #[inline]
    fn boolean(&mut self) -> Option<bool> {
        let value = match self.peek() {
            Some(b't') => true,
            Some(b'f') => false,
            _ => return None,
        };
        self.word(if value { "true" } else { "false" });
        Some(value)
    }

    #[inline]
    fn null(&mut self) -> bool {
        let is = self.peek() == Some(b'n');
        if is {
            self.word("null");
        }
        is
    }

    fn raw(&mut self) -> &'a str {
        let start = self.at;
        self.outline.clear();
        self.texts.clear();
        let passed = scan_value(
            self.text,
            start,
            self.left,
            Some(&mut self.outline),
            &mut self.texts,
        );
        match passed {
            Ok(passed) => {
                self.at = passed.end;
                self.left.values = passed.values;
                self.weight += self.outline.weight();
                part(self.text, start..passed.end)
            }
            Err(_) => {
                self.fail();
                ""
            }
        }
    }

    #[inline]
    fn enter_object(&mut self) -> Cursor {
        self.enter(b'{')
    }

    #[inline]
    fn next_member(&mut self, entered: &mut Cursor) -> Option<Cow<'a, str>> {
        let bytes = self.text.as_bytes();
        let start = match (bytes.get(self.at..)?, entered.has_begun()) {
            ([b',', b'"', ..], true) => self.at + 2,
            ([b'"', ..], false) => self.at + 1,
            _ => return self.unusual_member(entered),
        };
        let end = swar::string_special(bytes, start);
        match bytes.get(end..)? {
            [b'"', b':', value, ..] if *value > b' ' => {}
            _ => return self.unusual_member(entered),
        }
        self.at = end + 2;
        self.weight += STRING_WEIGHT;
        self.begin_value(entered);
        self.text.get(start..end).map(Cow::Borrowed)
    }

    #[inline]
    fn enter_array(&mut self) -> Cursor {
        self.enter(b'[')
    }

    #[inline]
    fn next_element(&mut self, entered: &mut Cursor) -> bool {
        let is = self.advance(entered, b']');
        if is {
            self.begin_value(entered);
        }
        is
    }

    #[inline]
    fn pass_string(&mut self, text: &str) -> bool {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let plain = rest
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_prefix(text.as_bytes()));
        if plain.is_some_and(|rest| rest.first() == Some(&b'"')) {
            self.at += text.len() + 2;
            self.weight += STRING_WEIGHT;
            return true;
        }
        // Written with escapes, or another.
        let is = self.look().string().as_deref() == Some(text);
        if is {
            self.string();
        }
        is
    }

    #[inline]
    fn leading_type(&self) -> Option<&'a str> {
        let rest = self.text.get(self.at..)?.strip_prefix("{\"type\":\"")?;
        let end = swar::string_special(rest.as_bytes(), 0);
        rest.get(..end)
            .filter(|_| rest.as_bytes().get(end) == Some(&b'"'))
    }

    #[inline]
    fn once(&mut self, is_first: impl FnOnce() -> bool) {
        if !is_first() {
            self.fail();
        }
    }

    /// Ends the reading, since the text is read once.
    fn back_to(&mut self, _: Reader<'a>) {
        self.fail();
    }
}
