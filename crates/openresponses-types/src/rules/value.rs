//! Values, and the limits of strings, numbers, arrays and maps.

use super::object::Object;
use super::union::Union;
use crate::diagnostics::Leniency;

/// What a value may be.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    /// Any JSON value.
    Any,
    /// Any object, never looked into.
    Opaque,
    /// Nothing but null.
    Null,
    /// Nothing: the member is forbidden.
    Forbidden,
    Boolean,
    String(StringLimits),
    /// One string.
    Constant(&'static str),
    /// One of several strings.
    Enum(&'static Enum),
    Integer {
        min: Option<i64>,
        max: Option<i64>,
    },
    Number {
        min: Option<f64>,
        max: Option<f64>,
    },
    Object(&'static Object),
    /// An object of any names.
    Map(&'static Map),
    Array(&'static Array),
    /// A string, or an array.
    TextOr(StringLimits, &'static Array),
    /// One of several strings, or one of several objects.
    EnumOr(&'static Enum, &'static Union),
    Union(&'static Union),
    /// One value by the schema, another by a leniency.
    Relaxed {
        strict: &'static Value,
        compatible: &'static Value,
        leniency: Leniency,
    },
    /// No member of the protocol but one of Chat Completions, which would be ignored.
    Instead {
        /// What to do instead, as the end of a sentence.
        fix: &'static str,
        /// The value that asks for what there is anyway.
        harmless: Option<&'static str>,
    },
    /// No member of the protocol; a value of this kind is a known habit.
    Habit {
        of: Habit,
        leniency: Leniency,
    },
}

/// A value that is reported although any value is legal in its place.
#[derive(Clone, Copy)]
pub(crate) enum Habit {
    /// An array.
    Array,
    /// `false`.
    False,
}

/// The limits of a string, in code points.
#[derive(Clone, Copy)]
pub(crate) struct StringLimits {
    pub(crate) min: usize,
    pub(crate) max: Option<usize>,
    pub(crate) pattern: bool,
    /// What excuses a longer string, or one of other characters.
    pub(crate) excess: Option<Leniency>,
}

/// The one pattern of the schema: names of functions.
pub(crate) const NAME_PATTERN: &str = "^[a-zA-Z0-9_-]+$";

/// A closed set of strings.
pub(crate) struct Enum {
    /// The schema's name in the OpenAPI file; empty when it has none.
    pub(crate) name: &'static str,
    pub(crate) values: &'static [&'static str],
    /// Values that the text names beside the schema's: accepted in both profiles.
    pub(crate) by_text: &'static [&'static str],
    pub(crate) open: Open,
}

/// How a set of strings is opened.
#[derive(Clone, Copy)]
pub(crate) enum Open {
    /// It is closed in both profiles.
    No,
    /// To these.
    To(&'static [&'static str], Leniency),
    /// To any string that is not empty.
    Any(Leniency),
}

/// An object of any names.
pub(crate) struct Map {
    /// The schema's name in the OpenAPI file.
    pub(crate) name: &'static str,
    pub(crate) max_members: Option<usize>,
    /// In code points.
    pub(crate) max_name: Option<usize>,
    pub(crate) value: Value,
}

/// An array.
pub(crate) struct Array {
    pub(crate) items: Value,
    pub(crate) min: usize,
    pub(crate) max: Option<usize>,
}

/// Any string.
pub(crate) const STRING: Value = string(0, None);

/// A string of so many code points.
const fn string(min: usize, max: Option<usize>) -> Value {
    Value::String(StringLimits {
        min,
        max,
        pattern: false,
        excess: None,
    })
}

/// A string of at most `max` code points.
pub(crate) const fn at_most(max: usize) -> Value {
    string(0, Some(max))
}

/// A string of at most `max` code points, or an array.
pub(crate) const fn text_or(max: Option<usize>, array: &'static Array) -> Value {
    Value::TextOr(
        StringLimits {
            min: 0,
            max,
            pattern: false,
            excess: None,
        },
        array,
    )
}

/// The longest text of an input item, in code points.
pub(crate) const TEXT_MAX: usize = 10_485_760;

/// The longest name of a function, and the longest key that ties a call to its output, in code
/// points.
pub(crate) const NAME_MAX: usize = 64;

/// The name of a function.
pub(crate) const FUNCTION_NAME: Value = Value::String(StringLimits {
    min: 1,
    max: Some(NAME_MAX),
    pattern: true,
    excess: None,
});

/// The longest name or key of a call that [`Leniency::ForeignCallName`] excuses, in code points.
pub(crate) const FOREIGN_NAME_MAX: usize = 1024;

/// Any integer.
pub(crate) const INTEGER: Value = Value::Integer {
    min: None,
    max: None,
};

/// A count or an index: no schema says so, but nothing is counted below 0.
pub(crate) const COUNT: Value = Value::Integer {
    min: Some(0),
    max: None,
};

/// Any number.
pub(crate) const NUMBER: Value = Value::Number {
    min: None,
    max: None,
};

/// Returns true if `text` has the characters of [`NAME_PATTERN`], or none.
pub(crate) fn is_name(text: &str) -> bool {
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    text.bytes().all(is_name_byte)
}

impl Value {
    /// Returns true if `keeps` holds for an object of this union whose `type` is `tag`. Messages
    /// have one object for each role, of which at most one fits.
    pub(crate) fn surely_has_branch(&self, tag: &str, keeps: impl Fn(&Self) -> bool) -> bool {
        let (Self::Union(union) | Self::EnumOr(_, union)) = self else {
            return false;
        };
        let mut branches = union.branches.iter().filter(|branch| branch.tag == tag);
        branches.any(|branch| keeps(&Self::Object(branch.object)))
    }
}

impl Array {
    /// An array of any length.
    pub(crate) const fn of(items: Value) -> Self {
        Self {
            items,
            min: 0,
            max: None,
        }
    }
}

impl Enum {
    /// A closed set.
    pub(crate) const fn closed(name: &'static str, values: &'static [&'static str]) -> Self {
        Self::open(name, values, Open::No)
    }

    /// A set that is opened by a leniency.
    pub(crate) const fn open(
        name: &'static str,
        values: &'static [&'static str],
        open: Open,
    ) -> Self {
        Self {
            name,
            values,
            by_text: &[],
            open,
        }
    }
}
