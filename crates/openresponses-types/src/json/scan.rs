//! The pre-pass: one walk over the bytes that checks everything later readers rely on.

use super::duplicates::{self, Names};
use super::limits::JsonLimits;
use super::outline::{Ends, Outline};
use super::reader::Reader;
use super::short_list::ShortList;
use super::syntax::SyntaxKind;
use super::texts::Texts;
use super::tokens::{Fault, Tokens};

/// A container that is not closed yet.
#[derive(Clone, Copy, Default)]
struct Open {
    kind: OpenKind,
    /// Where it starts.
    start: usize,
    /// Its entry in the outline.
    entry: usize,
    /// How many elements or members have begun.
    count: usize,
    /// Those of an object.
    names: Names,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum OpenKind {
    /// The document, in which the first container stands.
    #[default]
    Document,
    Array,
    Object,
}

/// Checks grammar, depth, number of values, duplicate members, surrogates and the range of numbers, and
/// notes in `outline`, if there is one, where strings and containers end and what strings with escapes
/// stand for.
pub(super) fn scan(
    text: &str,
    limits: JsonLimits,
    mut outline: Option<&mut Outline>,
) -> Result<(), Fault> {
    let mut texts = Texts::default();
    let passed = scan_value(text, 0, limits, outline.as_deref_mut(), &mut texts)?;
    let mut rest = Tokens::new(text, passed.end, limits);
    if rest.after_space().is_some() {
        return Err((SyntaxKind::TrailingCharacters, rest.at));
    }
    if let Some(outline) = outline
        && texts.len() > 0
    {
        outline.set_texts(texts.finish());
    }
    Ok(())
}

/// A value that was passed.
pub(super) struct Passed {
    /// The place behind it.
    pub(super) end: usize,
    /// How many values may still come.
    pub(super) values: usize,
}

/// [`scan`] of the value at `at`. The texts of strings with escapes are added to `texts`.
pub(super) fn scan_value(
    text: &str,
    at: usize,
    limits: JsonLimits,
    outline: Option<&mut Outline>,
    texts: &mut Texts,
) -> Result<Passed, Fault> {
    let mut tokens = Tokens::new(text, at, limits);
    let mut scan = Scan {
        text,
        depth: limits.depth,
        open: Open::default(),
        around: ShortList::default(),
        outline,
        texts,
    };
    loop {
        if scan.open.kind == OpenKind::Object {
            scan.key(&mut tokens)?;
        }
        if scan.value(&mut tokens)? && scan.after_value(&mut tokens)? {
            return Ok(Passed {
                end: tokens.at,
                values: tokens.values,
            });
        }
    }
}

struct Scan<'a, 'o> {
    text: &'a str,
    /// How many containers may be open.
    depth: usize,
    /// The innermost container.
    open: Open,
    /// Those around it.
    around: ShortList<Open, 12>,
    /// `None` where the text is too long to have one.
    outline: Option<&'o mut Outline>,
    texts: &'o mut Texts,
}

/// What runs for each value is inlined into one loop.
impl Scan<'_, '_> {
    /// Reads one value. False: it opened a container that has members, and the next value is
    /// the first of them.
    #[inline(always)]
    fn value(&mut self, tokens: &mut Tokens<'_>) -> Result<bool, Fault> {
        let (kind, end) = match tokens.begin_value()? {
            Some(b'"') => {
                self.string(tokens)?;
                return Ok(true);
            }
            Some(b'{') => (OpenKind::Object, b'}'),
            Some(b'[') => (OpenKind::Array, b']'),
            Some(b't') => return tokens.word(b"true").map(|()| true),
            Some(b'f') => return tokens.word(b"false").map(|()| true),
            Some(b'n') => return tokens.word(b"null").map(|()| true),
            Some(b'-' | b'0'..=b'9') => {
                tokens.number()?;
                if let Some(outline) = &mut self.outline {
                    outline.number();
                }
                return Ok(true);
            }
            _ => return Err(tokens.unexpected()),
        };
        self.open(kind, tokens)?;
        let is_empty = tokens.after_space() == Some(end);
        if is_empty {
            self.close(tokens);
        } else {
            self.open.count = 1;
        }
        Ok(is_empty)
    }

    /// Closes what ends here. True: nothing is open any more.
    #[inline(always)]
    fn after_value(&mut self, tokens: &mut Tokens<'_>) -> Result<bool, Fault> {
        loop {
            if self.open.kind == OpenKind::Document {
                return Ok(true);
            }
            match (self.open.kind, tokens.after_space()) {
                (OpenKind::Array | OpenKind::Object, Some(b',')) => {
                    self.open.count += 1;
                    tokens.at += 1;
                    return Ok(false);
                }
                (OpenKind::Array, Some(b']')) => self.close(tokens),
                (OpenKind::Object, Some(b'}')) => {
                    let (start, entry, names) = (self.open.start, self.open.entry, self.open.names);
                    self.close(tokens);
                    if !names.are_distinct() {
                        self.refuse_duplicates(start, entry)?;
                    }
                }
                (OpenKind::Document | OpenKind::Array | OpenKind::Object, _) => {
                    return Err(tokens.unexpected());
                }
            }
        }
    }

    #[inline(always)]
    fn open(&mut self, kind: OpenKind, tokens: &mut Tokens<'_>) -> Result<(), Fault> {
        if self.around.len() >= self.depth {
            return Err((SyntaxKind::TooDeep, tokens.at));
        }
        self.around.push(self.open);
        self.open = Open {
            kind,
            start: tokens.at,
            entry: self.outline.as_mut().map_or(0, |outline| outline.open()),
            count: 0,
            names: Names::default(),
        };
        tokens.at += 1;
        Ok(())
    }

    /// Closes the innermost container at its last byte.
    #[inline(always)]
    fn close(&mut self, tokens: &mut Tokens<'_>) {
        tokens.at += 1;
        if let Some(outline) = &mut self.outline {
            outline.close(self.open.entry, tokens.at, self.open.count);
        }
        self.open = self.around.pop().unwrap_or_default();
    }

    /// Reads the name of a member and the colon behind it.
    #[inline(always)]
    fn key(&mut self, tokens: &mut Tokens<'_>) -> Result<(), Fault> {
        if tokens.after_space() != Some(b'"') {
            return Err(tokens.unexpected());
        }
        let start = tokens.at + 1;
        let is_escaped = self.string(tokens)?;
        let end = tokens.at - 1;
        self.open.names.add(self.text, start, end, is_escaped);
        if tokens.after_space() != Some(b':') {
            return Err(tokens.unexpected());
        }
        tokens.at += 1;
        Ok(())
    }

    /// Reads a string; true when it has escapes.
    #[inline(always)]
    fn string(&mut self, tokens: &mut Tokens<'_>) -> Result<bool, Fault> {
        let text = tokens.string(self.texts)?;
        let is_escaped = text.is_some();
        if let Some(outline) = &mut self.outline {
            let end = tokens.at - 1;
            match text {
                None => outline.string(end),
                Some(text) => outline.escaped_string(end, text),
            }
        }
        Ok(is_escaped)
    }

    /// Refuses an object that has two equal names, of which not all are surely distinct.
    #[inline(never)]
    fn refuse_duplicates(&self, start: usize, entry: usize) -> Result<(), Fault> {
        let ends = self.outline.as_ref();
        let ends = ends.map_or(Ends::default(), |outline| outline.ends_so_far(entry));
        let object = Reader::at(self.text, start, ends);
        match duplicates::duplicate(self.text, object) {
            Some(name) => Err((SyntaxKind::DuplicateMember, name)),
            None => Ok(()),
        }
    }
}
