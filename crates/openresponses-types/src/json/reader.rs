use alloc::borrow::Cow;

use super::outline::Ends;
use super::part::part;
use super::string::unescape;
use super::swar;

/// The kind of a JSON value.
///
/// ```
/// use openresponses_types::json::{Document, ValueKind};
///
/// let document = Document::parse(b"[true]")?;
/// assert_eq!(document.reader().kind(), ValueKind::Array);
/// # Ok::<(), openresponses_types::json::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// `null`
    Null,
    /// `true` or `false`
    Boolean,
    /// A number
    Number,
    /// A string
    String,
    /// An array
    Array,
    /// An object
    Object,
}

impl ValueKind {
    /// Returns the kind of the value that begins with `first`.
    #[inline]
    pub(super) fn beginning_with(first: Option<u8>) -> Self {
        match first {
            Some(b'"') => Self::String,
            Some(b'{') => Self::Object,
            Some(b'[') => Self::Array,
            Some(b't' | b'f') => Self::Boolean,
            Some(b'n') => Self::Null,
            _ => Self::Number,
        }
    }

    /// Returns the kind in JSON Schema's words, with an article, for messages.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::Array => "an array",
            Self::Object => "an object",
        }
    }
}

impl core::fmt::Display for ValueKind {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.words())
    }
}

/// Reads a checked document from front to back, once.
///
/// A reader is `Copy`: read from a copy to look ahead. Each method either consumes the value that its
/// name states or, on a value of another kind, nothing.
///
/// ```
/// use openresponses_types::json::{Document, ValueKind};
///
/// let document = Document::parse(br#"{"name": "x", "n": [1, 2]}"#)?;
/// let mut reader = document.reader();
/// assert_eq!(reader.kind(), ValueKind::Object);
/// let mut members = reader.enter_object();
/// while let Some(name) = reader.next_member(&mut members) {
///     match &*name {
///         "name" => assert_eq!(reader.string().as_deref(), Some("x")),
///         _ => assert_eq!(reader.raw(), "[1, 2]"),
///     }
/// }
/// # Ok::<(), openresponses_types::json::SyntaxError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Of what begins at `at` or later; empty where the text has no outline.
    ends: Ends<'a>,
}

/// The position in an array or object that is being read, see [`Reader`].
///
/// ```
/// use openresponses_types::json::Document;
///
/// let document = Document::parse(b"[1,2]")?;
/// let mut reader = document.reader();
/// let mut cursor = reader.enter_array();
/// let mut sum = String::new();
/// while reader.next_element(&mut cursor) {
///     sum += reader.number().unwrap_or_default();
/// }
/// assert_eq!(sum, "12");
/// # Ok::<(), openresponses_types::json::SyntaxError>(())
/// ```
#[derive(Debug)]
pub struct Cursor {
    /// Nothing was entered, or the end was passed.
    over: bool,
    /// An element or member was begun, where that is noted.
    has_begun: bool,
    count: usize,
}

impl Cursor {
    /// Creates a position in a container of which the number of elements is not known.
    pub(super) fn new(over: bool) -> Self {
        Self {
            over,
            has_begun: false,
            count: 0,
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Notes that the end was passed.
    pub(super) fn end(&mut self) {
        self.over = true;
    }

    /// Returns whether an element or member was [begun](Self::begin).
    pub(super) fn has_begun(&self) -> bool {
        self.has_begun
    }

    pub(super) fn begin(&mut self) {
        self.has_begun = true;
    }

    /// How many elements or members there are, where that is known beforehand; else 0.
    pub(crate) fn count(&self) -> usize {
        self.count
    }
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, ends: Ends<'a>) -> Self {
        let mut reader = Self::at(text, 0, ends);
        reader.space();
        reader
    }

    /// A reader at the value that begins at `at`; `ends` are those of what begins there or later.
    pub(super) fn at(text: &'a str, at: usize, ends: Ends<'a>) -> Self {
        Self { text, at, ends }
    }

    /// Returns the byte offset of the next value in the document.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn bytes_left(&self) -> usize {
        self.text.len().saturating_sub(self.at)
    }

    /// Returns the kind of the next value.
    #[must_use]
    #[inline]
    pub fn kind(&self) -> ValueKind {
        ValueKind::beginning_with(self.peek())
    }

    /// Reads a string and decodes its escapes.
    #[inline]
    pub fn string(&mut self) -> Option<Cow<'a, str>> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        match plain_string_end(self.text, start, &mut self.ends) {
            Some(end) => {
                self.at = end + 1;
                self.text.get(start..end).map(Cow::Borrowed)
            }
            None => self.unusual_string(start),
        }
    }

    /// The string that begins at `start` and has escapes.
    #[inline(never)]
    fn unusual_string(&mut self, start: usize) -> Option<Cow<'a, str>> {
        if let Some((end, text)) = self.ends.escaped_string() {
            self.at = end + 1;
            return match self.ends.text(text) {
                Some(text) => Some(Cow::Borrowed(text)),
                None => self.text.get(start..end).map(unescape),
            };
        }
        let (end, is_escaped) = self.find_string_end(start);
        self.at = end + 1;
        let inside = self.text.get(start..end)?;
        Some(match is_escaped {
            false => Cow::Borrowed(inside),
            true => unescape(inside),
        })
    }

    /// The closing quote of the string that begins at `start`.
    #[inline(always)]
    fn string_end(&mut self, start: usize) -> usize {
        match self.ends.plain_string() {
            Some(end) => end,
            None => self.unusual_string_end(start),
        }
    }

    #[inline(never)]
    fn unusual_string_end(&mut self, start: usize) -> usize {
        match self.ends.escaped_string() {
            Some((end, _)) => end,
            None => self.find_string_end(start).0,
        }
    }

    /// The closing quote of the string that begins at `start`, and whether the string has escapes.
    fn find_string_end(&self, start: usize) -> (usize, bool) {
        let bytes = self.text.as_bytes();
        let first = swar::string_end(bytes, start);
        let mut end = first;
        while bytes.get(end) == Some(&b'\\') {
            end = swar::string_end(bytes, end + 2);
        }
        (end, end > first)
    }

    /// Reads a number, as written.
    pub fn number(&mut self) -> Option<&'a str> {
        if self.kind() != ValueKind::Number {
            return None;
        }
        let start = self.at;
        self.skip_number();
        self.text.get(start..self.at)
    }

    /// Reads a boolean.
    pub fn boolean(&mut self) -> Option<bool> {
        let (value, length) = match self.peek() {
            Some(b't') => (true, 4),
            Some(b'f') => (false, 5),
            _ => return None,
        };
        self.at += length;
        Some(value)
    }

    /// Reads a null; returns false when the next value is not null.
    pub fn null(&mut self) -> bool {
        let is = self.kind() == ValueKind::Null;
        if is {
            self.at += 4;
        }
        is
    }

    /// Reads any value, as written.
    pub fn raw(&mut self) -> &'a str {
        let start = self.at;
        self.skip();
        part(self.text, start..self.at)
    }

    /// Enters an object. A value of another kind has no members.
    pub fn enter_object(&mut self) -> Cursor {
        self.enter(b'{')
    }

    /// Returns the name of the next member, `None` at the end. The reader is then at the member's
    /// value, which must be consumed before the next call.
    #[inline]
    pub fn next_member(&mut self, entered: &mut Cursor) -> Option<Cow<'a, str>> {
        if entered.over {
            return None;
        }
        if let Some((name, value)) = self.plain_member() {
            (self.at, self.ends) = value;
            return Some(Cow::Borrowed(name));
        }
        self.unusual_member(entered)
    }

    /// The name of a member as programs print it, without escapes and without space, and what is left
    /// from its value on.
    #[inline(always)]
    fn plain_member(&self) -> Option<(&'a str, (usize, Ends<'a>))> {
        let bytes = self.text.as_bytes();
        let start = match bytes.get(self.at..)? {
            [b',', b'"', ..] => self.at + 2,
            [b'"', ..] => self.at + 1,
            _ => return None,
        };
        let mut ends = self.ends;
        let end = plain_string_end(self.text, start, &mut ends)?;
        match bytes.get(end + 1..)? {
            [b':', value, ..] if *value > b' ' => {
                Some((self.text.get(start..end)?, (end + 2, ends)))
            }
            _ => None,
        }
    }

    #[inline(never)]
    fn unusual_member(&mut self, entered: &mut Cursor) -> Option<Cow<'a, str>> {
        if !self.advance(entered, b'}') {
            return None;
        }
        let name = self.string()?;
        self.pass_colon();
        Some(name)
    }

    /// [`next_member`](Self::next_member) that returns where the name as written begins and ends.
    pub(super) fn next_name(&mut self, entered: &mut Cursor) -> Option<(usize, usize)> {
        if !self.advance(entered, b'}') {
            return None;
        }
        let start = self.at + 1;
        let end = self.string_end(start);
        self.at = end + 1;
        self.pass_colon();
        Some((start, end))
    }

    fn pass_colon(&mut self) {
        self.space();
        self.at += 1;
        self.space();
    }

    /// Enters an array. A value of another kind has no elements.
    pub fn enter_array(&mut self) -> Cursor {
        self.enter(b'[')
    }

    /// Moves to the next element, false at the end. The element must be consumed before the next
    /// call.
    pub fn next_element(&mut self, entered: &mut Cursor) -> bool {
        self.advance(entered, b']')
    }

    /// Returns a reader at the member `name` of the next value, if that is an object with the
    /// member. Consumes nothing.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Self> {
        let mut reader = *self;
        let mut entered = reader.enter_object();
        while let Some(found) = reader.next_member(&mut entered) {
            if found == name {
                return Some(reader);
            }
            reader.skip();
        }
        None
    }

    /// Skips the next value.
    #[inline]
    pub fn skip(&mut self) {
        match self.peek() {
            Some(b'"') => self.at = self.string_end(self.at + 1) + 1,
            Some(b't' | b'n') => self.at += 4,
            Some(b'f') => self.at += 5,
            Some(b'{' | b'[') => match self.ends.container() {
                Some(container) => {
                    self.ends.skip(container);
                    self.at = container.end;
                }
                None => self.skip_container(),
            },
            _ => self.skip_number(),
        }
    }

    /// Passes over a number.
    fn skip_number(&mut self) {
        while let Some(byte) = self.peek() {
            if matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') {
                break;
            }
            self.at += 1;
        }
    }

    /// Passes over a container of a text without an outline.
    #[inline(never)]
    fn skip_container(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at = self.find_string_end(self.at + 1).0 + 1;
                    continue;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    #[inline]
    fn enter(&mut self, open: u8) -> Cursor {
        let is = self.peek() == Some(open);
        let mut cursor = Cursor::new(!is);
        if is {
            self.at += 1;
            cursor.count = self.ends.container().map_or(0, |container| container.count);
        }
        cursor
    }

    #[inline]
    fn advance(&mut self, entered: &mut Cursor, close: u8) -> bool {
        if entered.over {
            return false;
        }
        self.space();
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                self.space();
                true
            }
            Some(first) if first != close => true,
            _ => {
                self.at += 1;
                entered.over = true;
                false
            }
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        // What programs print has none.
        if self.peek().is_some_and(|byte| byte <= b' ') {
            self.pass_space();
        }
    }

    #[inline(never)]
    fn pass_space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }
}

/// The closing quote of the string that begins at `start`, if it has no escapes.
#[inline(always)]
fn plain_string_end(text: &str, start: usize, ends: &mut Ends<'_>) -> Option<usize> {
    if !ends.is_empty() {
        return ends.plain_string();
    }
    // A text without an outline, such as a part of another one, is searched.
    let end = swar::string_special(text.as_bytes(), start);
    (text.as_bytes().get(end) == Some(&b'"')).then_some(end)
}
