//! What typed values are read from: a checked document, or a text that is checked while it is read.

use alloc::borrow::Cow;

use super::reader::{Cursor, Reader, ValueKind};

/// What typed values are read from: a [`Reader`], whose text was checked, or an
/// [`UncheckedReader`](super::UncheckedReader), which checks what it passes. The methods are those of
/// [`Reader`].
pub(crate) trait Source<'a> {
    /// Returns a reader at the next value, to look ahead. What it reads may not have been checked yet.
    fn look(&self) -> Reader<'a>;

    /// Returns how many bytes the text has from the next value on.
    fn bytes_left(&self) -> usize;

    fn kind(&self) -> ValueKind;

    fn string(&mut self) -> Option<Cow<'a, str>>;

    fn number(&mut self) -> Option<&'a str>;

    fn boolean(&mut self) -> Option<bool>;

    fn null(&mut self) -> bool;

    fn raw(&mut self) -> &'a str;

    fn enter_object(&mut self) -> Cursor;

    fn next_member(&mut self, entered: &mut Cursor) -> Option<Cow<'a, str>>;

    fn enter_array(&mut self) -> Cursor;

    fn next_element(&mut self, entered: &mut Cursor) -> bool;

    /// Consumes a string that is `text`; any other value is left.
    fn pass_string(&mut self, text: &str) -> bool;

    /// Returns the member `type` of the object that comes next, if it comes first and has no escapes; `None`
    /// also where another way to look is as fast.
    fn leading_type(&self) -> Option<&'a str>;

    /// Notes whether the member that was entered is the first of its name. Of a checked text it is.
    fn once(&mut self, is_first: impl FnOnce() -> bool);

    /// Goes back to where `start` looked at.
    fn back_to(&mut self, start: Reader<'a>);
}

impl<'a> Source<'a> for Reader<'a> {
    #[inline]
    fn look(&self) -> Reader<'a> {
        *self
    }

    #[inline]
    fn bytes_left(&self) -> usize {
        self.bytes_left()
    }

    #[inline]
    fn kind(&self) -> ValueKind {
        self.kind()
    }

    #[inline]
    fn string(&mut self) -> Option<Cow<'a, str>> {
        self.string()
    }

    #[inline]
    fn number(&mut self) -> Option<&'a str> {
        self.number()
    }

    #[inline]
    fn boolean(&mut self) -> Option<bool> {
        self.boolean()
    }

    #[inline]
    fn null(&mut self) -> bool {
        self.null()
    }

    #[inline]
    fn raw(&mut self) -> &'a str {
        self.raw()
    }

    #[inline]
    fn enter_object(&mut self) -> Cursor {
        self.enter_object()
    }

    #[inline]
    fn next_member(&mut self, entered: &mut Cursor) -> Option<Cow<'a, str>> {
        self.next_member(entered)
    }

    #[inline]
    fn enter_array(&mut self) -> Cursor {
        self.enter_array()
    }

    #[inline]
    fn next_element(&mut self, entered: &mut Cursor) -> bool {
        self.next_element(entered)
    }

    #[inline]
    fn pass_string(&mut self, text: &str) -> bool {
        let mut copy = *self;
        let is = copy.string().as_deref() == Some(text);
        if is {
            *self = copy;
        }
        is
    }

    #[inline]
    fn leading_type(&self) -> Option<&'a str> {
        None
    }

    #[inline]
    fn once(&mut self, _: impl FnOnce() -> bool) {}

    #[inline]
    fn back_to(&mut self, start: Reader<'a>) {
        *self = start;
    }
}
