//! How one value is read from a checked document and printed again.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::kept::{surely_keeps_raw, surely_keeps_text};
use crate::diagnostics::{Segment, Violation};
use crate::json::{RawJson, Source, ValueKind, write_f64};
use crate::rules::Value;
use crate::wire::{Field, Print};

/// Reading stops at the first value that cannot be represented; its path is completed on the way
/// up. Boxed, because it is rare and large.
pub(crate) type ReadResult<T> = Result<T, Box<Violation>>;

/// A value of the protocol.
pub(crate) trait WireValue: Sized {
    /// Reads the next value, consuming it.
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self>;

    /// Returns the value of an absent member `name`, or an error where it is required.
    fn absent(name: &'static str) -> ReadResult<Self> {
        Err(Violation::missing(name))
    }

    /// Returns true if the member is not printed.
    fn is_absent(&self) -> bool {
        false
    }

    /// Returns true for a member that is null.
    fn is_null(&self) -> bool {
        false
    }

    /// Returns true if validation of the value by `rule` surely finds nothing, neither a violation
    /// nor a leniency that it needs; false where only validation can tell.
    fn surely_keeps(&self, _rule: &Value) -> bool {
        false
    }

    /// Prints the value.
    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result;
}

impl WireValue for String {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        match reader.string() {
            Some(text) => Ok(text.into_owned()),
            None => Err(Violation::wrong_type("a string", reader)),
        }
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        surely_keeps_text(self, rule)
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        out.print_text(self)
    }
}

/// Shared text: ids that many events carry.
impl WireValue for Arc<str> {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        match reader.string() {
            Some(text) => Ok(Arc::from(&*text)),
            None => Err(Violation::wrong_type("a string", reader)),
        }
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        surely_keeps_text(self, rule)
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        out.print_text(self)
    }
}

impl WireValue for bool {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        reader
            .boolean()
            .ok_or_else(|| Violation::wrong_type("a boolean", reader))
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        matches!(rule, Value::Boolean | Value::Any)
    }

    #[inline]
    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        out.write_str(if *self { "true" } else { "false" })
    }
}

impl WireValue for f64 {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        let start = reader.look();
        let text = reader
            .number()
            .ok_or_else(|| Violation::wrong_type("a number", &start))?;
        text.parse()
            .map_err(|_| Violation::unrepresentable("a number", &start))
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        match *rule {
            Value::Any => true,
            Value::Number { min, max } => is_between(self, min, max),
            _ => false,
        }
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        write_f64(out, *self)
    }
}

impl WireValue for i64 {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        let start = reader.look();
        let text = reader
            .number()
            .ok_or_else(|| Violation::wrong_type("an integer", &start))?;
        integer(text).ok_or_else(|| Violation::unrepresentable("an integer", &start))
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        match *rule {
            Value::Any => true,
            Value::Integer { min, max } => is_between(self, min, max),
            _ => false,
        }
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        crate::json::write_i64(out, *self)
    }
}

impl WireValue for u64 {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        let start = reader.look();
        let value = i64::read(reader)?;
        u64::try_from(value)
            .map_err(|_| Violation::unrepresentable("an integer not below 0", &start))
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        i64::try_from(*self).is_ok_and(|value| value.surely_keeps(rule))
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        match i64::try_from(*self) {
            Ok(value) => crate::json::write_i64(out, value),
            Err(_) => write!(out, "{self}"),
        }
    }
}

fn is_between<T: PartialOrd>(value: &T, min: Option<T>, max: Option<T>) -> bool {
    min.is_none_or(|min| *value >= min) && max.is_none_or(|max| *value <= max)
}

/// JSON has one type of number: `256.0` and `2.56e2` are the integer 256.
pub(crate) fn integer(text: &str) -> Option<i64> {
    if let Ok(value) = text.parse() {
        return Some(value);
    }
    let value: f64 = text.parse().ok()?;
    // Beyond 2^63 the cast would saturate.
    let whole = value as i64;
    (value.abs() < 9_223_372_036_854_775_808.0 && whole as f64 == value).then_some(whole)
}

impl WireValue for RawJson {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        Ok(RawJson::checked(reader.raw()))
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        surely_keeps_raw(self.reader(), rule)
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        out.write_str(self.get())
    }
}

impl<T: WireValue> WireValue for Field<T> {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        if reader.null() {
            Ok(Self::Null)
        } else {
            T::read(reader).map(Self::Value)
        }
    }

    fn absent(_: &'static str) -> ReadResult<Self> {
        Ok(Self::Absent)
    }

    fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        self.value().is_some_and(|value| value.surely_keeps(rule))
    }

    #[inline]
    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        match self {
            Self::Absent | Self::Null => out.write_str("null"),
            Self::Value(value) => value.write(out),
        }
    }
}

/// Room for more elements is made as they come.
const MOST_EXPECTED: usize = 255;

/// How many bytes of elements are expected of a byte of text, at most.
const MOST_BYTES_OF_BYTE: usize = 8;

impl<T: WireValue> WireValue for Vec<T> {
    fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
        if reader.kind() != ValueKind::Array {
            return Err(Violation::wrong_type("an array", reader));
        }
        let mut elements = reader.enter_array();
        let mut all = Vec::new();
        let mut is_more = reader.next_element(&mut elements);
        while is_more {
            let before = reader.bytes_left();
            let element =
                T::read(reader).map_err(|error| error.under(Segment::Index(all.len())))?;
            let left = reader.bytes_left();
            is_more = reader.next_element(&mut elements);
            if all.capacity() == 0 {
                // Made only now, since a list may be long and have no element that can be read.
                let others = match elements.count() {
                    // Of a list of unknown length the others may be as long as the first.
                    0 if is_more => {
                        let alike = left / before.saturating_sub(left).max(1);
                        alike.min(MOST_EXPECTED)
                    }
                    0 => 0,
                    count => {
                        let most = left.saturating_mul(MOST_BYTES_OF_BYTE) / size_of::<T>().max(1);
                        (count - 1).min(most.saturating_add(MOST_EXPECTED))
                    }
                };
                all.reserve_exact(1 + others);
            }
            all.push(element);
        }
        // A list of unknown length has grown by doubling and lives as long as its turn.
        all.shrink_to_fit();
        Ok(all)
    }

    fn surely_keeps(&self, rule: &Value) -> bool {
        let (Value::Array(array) | Value::TextOr(_, array)) = rule else {
            return matches!(rule, Value::Any);
        };
        self.len() >= array.min
            && array.max.is_none_or(|max| self.len() <= max)
            && self
                .iter()
                .all(|element| element.surely_keeps(&array.items))
    }

    fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
        out.write_char('[')?;
        for (at, element) in self.iter().enumerate() {
            if at > 0 {
                out.write_char(',')?;
            }
            element.write(out)?;
        }
        out.write_char(']')
    }
}

macro_rules! through_pointer {
    ($($pointer:ident),*) => {$(
        impl<T: WireValue> WireValue for $pointer<T> {
            fn read<'a, S: Source<'a>>(reader: &mut S) -> ReadResult<Self> {
                T::read(reader).map($pointer::new)
            }

            fn absent(name: &'static str) -> ReadResult<Self> {
                T::absent(name).map($pointer::new)
            }

            fn is_absent(&self) -> bool {
                T::is_absent(self)
            }

            fn is_null(&self) -> bool {
                T::is_null(self)
            }

            fn surely_keeps(&self, rule: &Value) -> bool {
                T::surely_keeps(self, rule)
            }

            fn write<W: Print + ?Sized>(&self, out: &mut W) -> fmt::Result {
                T::write(self, out)
            }
        }
    )*};
}

through_pointer!(Box, Arc);

#[cfg(test)]
mod tests {
    use super::integer;

    #[test]
    fn integers_of_every_spelling() {
        assert_eq!(integer("256"), Some(256));
        assert_eq!(integer("256.0"), Some(256));
        assert_eq!(integer("2.56e2"), Some(256));
        assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer("9223372036854775808"), None);
        assert_eq!(integer("1.5"), None);
        assert_eq!(integer("1e30"), None);
    }
}
