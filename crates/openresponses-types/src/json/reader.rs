use alloc::borrow::Cow;
use alloc::string::String;

use super::string::decode;
use super::swar;

/// The kind of a JSON value.
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
    /// The kind in JSON Schema's words, with the article that a sentence needs.
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

/// Reads a checked document from front to back, once.
///
/// Copying a reader costs nothing, which is how one looks ahead. Each method either consumes
/// exactly what its name says or, on a value of another kind, nothing.
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
}

/// How far the reading of an array or object is.
#[derive(Debug)]
pub struct Cursor {
    /// Nothing was entered, or the end was passed.
    over: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let mut reader = Self { text, at: 0 };
        reader.space();
        reader
    }

    /// The byte of the document where the next value starts.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.at
    }

    /// The kind of the next value.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        match self.peek() {
            Some(b'"') => ValueKind::String,
            Some(b'{') => ValueKind::Object,
            Some(b'[') => ValueKind::Array,
            Some(b't' | b'f') => ValueKind::Boolean,
            Some(b'n') => ValueKind::Null,
            _ => ValueKind::Number,
        }
    }

    /// A string, its escapes decoded.
    pub fn string(&mut self) -> Option<Cow<'a, str>> {
        if self.peek() != Some(b'"') {
            return None;
        }
        let start = self.at + 1;
        let end = swar::string_end(self.text.as_bytes(), start);
        if self.text.as_bytes().get(end) == Some(&b'"') {
            self.at = end + 1;
            return self.text.get(start..end).map(Cow::Borrowed);
        }
        Some(Cow::Owned(self.escaped_string(start, end)))
    }

    /// The string whose inside starts at `start` and has its first escape at `first`.
    #[inline(never)]
    fn escaped_string(&mut self, start: usize, first: usize) -> String {
        let (text, end) = decode(self.text, start, first);
        self.at = end + 1;
        text
    }

    /// A number, as it is written.
    pub fn number(&mut self) -> Option<&'a str> {
        if self.kind() != ValueKind::Number {
            return None;
        }
        let start = self.at;
        self.skip_word();
        self.text.get(start..self.at)
    }

    /// A boolean.
    pub fn boolean(&mut self) -> Option<bool> {
        (self.kind() == ValueKind::Boolean).then(|| self.raw() == "true")
    }

    /// A null; false when the next value is another one.
    pub fn null(&mut self) -> bool {
        let is = self.kind() == ValueKind::Null;
        if is {
            self.at += 4;
        }
        is
    }

    /// Any value, as it is written.
    pub fn raw(&mut self) -> &'a str {
        let start = self.at;
        self.skip();
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Enters an object. On a value of another kind there will be no members.
    pub fn enter_object(&mut self) -> Cursor {
        self.enter(b'{')
    }

    /// The name of the next member; the reader then stands at its value, which must be consumed
    /// before the next call. Nothing at the end of the object.
    pub fn next_member(&mut self, entered: &mut Cursor) -> Option<Cow<'a, str>> {
        if !self.advance(entered, b'}') {
            return None;
        }
        let name = self.string()?;
        self.space();
        self.at += 1;
        self.space();
        Some(name)
    }

    /// Enters an array. On a value of another kind there will be no elements.
    pub fn enter_array(&mut self) -> Cursor {
        self.enter(b'[')
    }

    /// True when the reader stands at a further element, which must be consumed before the next
    /// call.
    pub fn next_element(&mut self, entered: &mut Cursor) -> bool {
        self.advance(entered, b']')
    }

    /// A reader at the value of the object's member `name`, if the next value is an object that
    /// has it. Consumes nothing.
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

    /// Passes over the next value.
    pub fn skip(&mut self) {
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{' | b'[') => self.skip_container(),
            _ => self.skip_word(),
        }
    }

    /// Passes over a number, `true`, `false` or `null`.
    fn skip_word(&mut self) {
        while let Some(byte) = self.peek() {
            if matches!(byte, b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t') {
                break;
            }
            self.at += 1;
        }
    }

    fn skip_container(&mut self) {
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.skip_string();
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

    fn skip_string(&mut self) {
        self.at += 1;
        self.skip_string_rest();
    }

    /// Passes over the rest of a string, from anywhere inside it but the middle of an escape.
    fn skip_string_rest(&mut self) {
        loop {
            self.at = swar::string_end(self.text.as_bytes(), self.at);
            match self.peek() {
                Some(b'\\') => self.at += 2,
                // The end of the text cannot come first in checked text.
                _ => {
                    self.at += 1;
                    return;
                }
            }
        }
    }

    fn enter(&mut self, open: u8) -> Cursor {
        let is = self.peek() == Some(open);
        if is {
            self.at += 1;
        }
        Cursor { over: !is }
    }

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

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }
}
