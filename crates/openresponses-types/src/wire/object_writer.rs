//! Printing of objects.

use core::fmt;

use super::extra::Extra;
use super::print::Print;
use super::value::WireValue;
use crate::json::{part, write_string};

/// Prints one object: its members in the order of the calls, those that are absent left out.
pub(crate) struct ObjectWriter<'w, W: ?Sized> {
    out: &'w mut W,
    first: bool,
}

impl<'w, W: Print + ?Sized> ObjectWriter<'w, W> {
    pub(crate) fn begin(out: &'w mut W) -> Result<Self, fmt::Error> {
        out.write_char('{')?;
        Ok(Self { out, first: true })
    }

    /// `key` is the printed name with a comma before and a colon behind it: `,"name":`.
    fn key(&mut self, key: &'static str) -> fmt::Result {
        if core::mem::replace(&mut self.first, false) {
            return self.out.write_str(part(key, 1..));
        }
        self.out.write_str(key)
    }

    /// Prints the member `key` with a text that needs no escapes.
    pub(crate) fn tag(&mut self, key: &'static str, printed: &'static str) -> fmt::Result {
        self.key(key)?;
        self.out.write_str(printed)
    }

    /// Prints the member `key` unless it is absent.
    pub(crate) fn member<T: WireValue>(&mut self, key: &'static str, value: &T) -> fmt::Result {
        if value.is_absent() {
            return Ok(());
        }
        self.key(key)?;
        value.write(self.out)
    }

    /// Prints the members that the type does not know.
    pub(crate) fn members(&mut self, members: &Extra) -> fmt::Result {
        for (name, value) in members.iter() {
            if !core::mem::replace(&mut self.first, false) {
                self.out.write_char(',')?;
            }
            write_string(self.out, name)?;
            self.out.write_char(':')?;
            self.out.write_str(value.get())?;
        }
        Ok(())
    }

    pub(crate) fn end(self) -> fmt::Result {
        self.out.write_char('}')
    }
}
