//! The pre-pass: one walk over the bytes that checks everything later readers rely on.

use super::duplicates::{self, Key};
use super::limits::JsonLimits;
use super::outline::Outline;
use super::part::part;
use super::short_list::ShortList;
use super::string::{code_point, plain};
use super::swar;
use super::syntax::SyntaxKind;

/// A fault and the byte where it was seen.
pub(super) type Fault = (SyntaxKind, usize);

/// A container that is not closed yet.
#[derive(Clone, Copy)]
struct Open {
    kind: OpenKind,
    /// Its entry in the outline.
    entry: usize,
}

#[derive(Clone, Copy)]
enum OpenKind {
    /// With the number of elements that have begun.
    Array { count: usize },
    /// The object's own names are `keys[first_key..]`.
    Object { first_key: usize },
}

impl Default for Open {
    fn default() -> Self {
        let kind = OpenKind::Array { count: 0 };
        Self { kind, entry: 0 }
    }
}

struct Scan<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    limits: JsonLimits,
    values: usize,
    keys: ShortList<Key, 24>,
    stack: ShortList<Open, 16>,
    outline: Option<Outline>,
}

/// Checks grammar, depth, number of values, duplicate members, surrogates and the range of numbers, and
/// notes where strings and containers end.
pub(super) fn scan(text: &str, limits: JsonLimits) -> Result<Outline, Fault> {
    let mut scan = Scan {
        text,
        bytes: text.as_bytes(),
        at: 0,
        limits,
        values: 0,
        keys: ShortList::with_capacity(0),
        stack: ShortList::with_capacity(0),
        outline: Outline::of_length(text.len()),
    };
    scan.run()?;
    Ok(scan.outline.unwrap_or_default())
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), Fault> {
        loop {
            if self.value()? && self.after_value()? {
                return Ok(());
            }
        }
    }

    /// Reads one value. False: it opened a container that has members, and the next value is
    /// the first of them.
    fn value(&mut self) -> Result<bool, Fault> {
        self.space();
        self.values += 1;
        if self.values > self.limits.values {
            return Err((SyntaxKind::TooManyValues, self.at));
        }
        match self.peek() {
            Some(b'"') => {
                self.string()?;
            }
            Some(b'{') => {
                self.open(OpenKind::Object {
                    first_key: self.keys.len(),
                })?;
                if self.peek() != Some(b'}') {
                    self.key()?;
                    return Ok(false);
                }
                self.close(0);
            }
            Some(b'[') => {
                self.open(OpenKind::Array { count: 1 })?;
                if self.peek() != Some(b']') {
                    return Ok(false);
                }
                self.close(0);
            }
            Some(b't') => self.word(b"true")?,
            Some(b'f') => self.word(b"false")?,
            Some(b'n') => self.word(b"null")?,
            Some(b'-' | b'0'..=b'9') => self.number()?,
            _ => return Err(self.unexpected()),
        }
        Ok(true)
    }

    /// Closes what ends here. True: the document is over.
    fn after_value(&mut self) -> Result<bool, Fault> {
        loop {
            self.space();
            let Some(open) = self.stack.as_mut_slice().last_mut() else {
                return match self.bytes.get(self.at) {
                    None => Ok(true),
                    Some(_) => Err((SyntaxKind::TrailingCharacters, self.at)),
                };
            };
            match (&mut open.kind, self.bytes.get(self.at)) {
                (OpenKind::Array { count }, Some(b',')) => {
                    *count += 1;
                    self.at += 1;
                    return Ok(false);
                }
                (OpenKind::Object { .. }, Some(b',')) => {
                    self.at += 1;
                    self.space();
                    self.key()?;
                    return Ok(false);
                }
                (&mut OpenKind::Array { count }, Some(b']')) => self.close(count),
                (&mut OpenKind::Object { first_key }, Some(b'}')) => {
                    let own = self
                        .keys
                        .as_mut_slice()
                        .get_mut(first_key..)
                        .unwrap_or_default();
                    let count = own.len();
                    if let Some(key) = duplicates::duplicate(self.text, own) {
                        return Err((SyntaxKind::DuplicateMember, key.start.saturating_sub(1)));
                    }
                    self.keys.truncate(first_key);
                    self.close(count);
                }
                _ => return Err(self.unexpected()),
            }
        }
    }

    fn open(&mut self, kind: OpenKind) -> Result<(), Fault> {
        if self.stack.len() >= self.limits.depth {
            return Err((SyntaxKind::TooDeep, self.at));
        }
        let entry = self.outline.as_mut().map_or(0, Outline::open);
        self.stack.push(Open { kind, entry });
        self.at += 1;
        self.space();
        Ok(())
    }

    /// Closes the innermost container at its last byte.
    fn close(&mut self, count: usize) {
        self.at += 1;
        if let (Some(open), Some(outline)) = (self.stack.pop(), &mut self.outline) {
            outline.close(open.entry, self.at, count);
        }
    }

    fn key(&mut self) -> Result<(), Fault> {
        if self.peek() != Some(b'"') {
            return Err(self.unexpected());
        }
        let start = self.at + 1;
        let escaped = self.string()?;
        let key = Key::new(self.bytes, start, self.at - 1, escaped);
        self.keys.push(key);
        self.space();
        if self.peek() != Some(b':') {
            return Err(self.unexpected());
        }
        self.at += 1;
        Ok(())
    }

    /// Reads a string; true when it has escapes.
    fn string(&mut self) -> Result<bool, Fault> {
        let mut escaped = false;
        let mut at = self.at + 1;
        loop {
            at = swar::string_special(self.bytes, at);
            match (self.bytes.get(at), self.bytes.get(at + 1)) {
                (Some(b'"'), _) => {
                    if let Some(outline) = &mut self.outline {
                        outline.string(at, escaped);
                    }
                    self.at = at + 1;
                    return Ok(escaped);
                }
                (Some(b'\\'), Some(&letter)) if plain(letter) > 0 => {
                    escaped = true;
                    at += 2;
                }
                (Some(b'\\'), _) => {
                    escaped = true;
                    self.at = at;
                    self.long_escape()?;
                    at = self.at;
                }
                (Some(_), _) => return Err((SyntaxKind::ControlCharacter, at)),
                (None, _) => {
                    self.at = at;
                    return Err(self.unexpected());
                }
            }
        }
    }

    /// Reads an escape other than those of a single letter.
    #[inline(never)]
    fn long_escape(&mut self) -> Result<(), Fault> {
        if self.bytes.get(self.at + 1) != Some(&b'u') {
            return Err((SyntaxKind::Unexpected, self.at + 1));
        }
        match code_point(self.bytes.get(self.at..).unwrap_or_default()) {
            (Some(_), used) => self.at += used,
            (None, 6) => return Err((SyntaxKind::LoneSurrogate, self.at)),
            (None, _) => return Err((SyntaxKind::Unexpected, self.at + 2)),
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), Fault> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        let mut far = self.at - start > 300;
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
            far = true;
        }
        if far {
            let text = part(self.text, start..self.at);
            if !text.parse::<f64>().is_ok_and(f64::is_finite) {
                return Err((SyntaxKind::NumberOutOfRange, start));
            }
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        if self.at == start {
            Err(self.unexpected())
        } else {
            Ok(())
        }
    }

    fn word(&mut self, word: &[u8]) -> Result<(), Fault> {
        if self
            .bytes
            .get(self.at..)
            .is_some_and(|rest| rest.starts_with(word))
        {
            self.at += word.len();
            Ok(())
        } else {
            Err(self.unexpected())
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
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

    fn unexpected(&self) -> Fault {
        if self.at >= self.bytes.len() {
            (SyntaxKind::UnexpectedEnd, self.bytes.len())
        } else {
            (SyntaxKind::Unexpected, self.at)
        }
    }
}
