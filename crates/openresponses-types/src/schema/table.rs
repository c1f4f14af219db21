//! The words in which the schema is written down: static data, read by the walk and by the
//! coverage report.

use crate::diagnostics::Leniency;

/// An object of the schema.
pub(crate) struct Object {
    /// The schema's name in the OpenAPI file.
    pub(crate) name: &'static str,
    /// The members it names; any other is legal.
    pub(crate) members: &'static [Member],
    /// The object whose members it has, too.
    pub(crate) base: Option<&'static Object>,
}

/// A member of an object.
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    pub(crate) required: bool,
    pub(crate) nullable: bool,
    /// What excuses a missing member that is required, or a null where it is not nullable.
    pub(crate) excused: Option<Leniency>,
    /// The schema has it not here but in a schema that shares a type with this one: only its shape
    /// is checked, so that what is accepted can be represented.
    pub(crate) beyond: bool,
}

/// What a value may be.
#[derive(Clone, Copy)]
pub(crate) enum Value {
    /// Any JSON value.
    Any,
    /// Any object, never looked into.
    Opaque,
    /// Nothing but null.
    Null,
    /// Nothing: the member must not be there.
    Forbidden,
    Boolean,
    String(Text),
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
    TextOr(Text, &'static Array),
    /// One of several strings, or one of several objects.
    EnumOr(&'static Enum, &'static Union),
    Union(&'static Union),
    /// One value by the schema, another by a leniency.
    Relaxed {
        strict: &'static Value,
        compatible: &'static Value,
        leniency: Leniency,
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
pub(crate) struct Text {
    pub(crate) min: usize,
    pub(crate) max: Option<usize>,
    pub(crate) pattern: bool,
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

/// One of several objects, told apart by `type`.
pub(crate) struct Union {
    /// The schema's name in the OpenAPI file; empty when it has none.
    pub(crate) name: &'static str,
    /// What one is, for a human, with the article.
    pub(crate) what: &'static str,
    pub(crate) branches: &'static [Branch],
    /// Branches that the schema does not have in this place.
    pub(crate) relaxed: &'static [(Branch, Leniency)],
    /// Types that the specification knows, but not here: mistakes, not somebody's extension.
    pub(crate) elsewhere: &'static [&'static str],
    /// What the text demands of an extension.
    pub(crate) extension: Option<&'static Object>,
    /// What keeps an object of a type that nobody knows.
    pub(crate) unknown: Leniency,
    pub(crate) shape: Shape,
}

/// How a union's objects are told apart where `type` does not suffice.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    /// It suffices.
    Plain,
    /// Messages by their role; without a type, a message has a role and a reference an id.
    InputItem {
        /// What a message of no known role is held against.
        any_message: &'static Object,
        reference: &'static Object,
    },
    /// Without a type it is this object.
    Bare(&'static Object),
    /// A function may be nested in the manner of Chat Completions.
    Function {
        nested: &'static Object,
        leniency: Leniency,
    },
    /// An error event may have its members beside `type`.
    Event { flat_error: &'static Object },
}

/// One object of a union.
#[derive(Clone, Copy)]
pub(crate) struct Branch {
    pub(crate) tag: &'static str,
    /// Of a message: its role.
    pub(crate) role: &'static str,
    pub(crate) object: &'static Object,
}

impl Object {
    /// An object of `members`.
    pub(crate) const fn new(name: &'static str, members: &'static [Member]) -> Self {
        Self {
            name,
            members,
            base: None,
        }
    }

    /// The place of the member `name` among [all](Self::all) members, and the schema that has it.
    pub(crate) fn find(&self, name: &str) -> Option<(usize, &'static str, &'static Member)> {
        if let Some(at) = self.members.iter().position(|member| member.name == name) {
            return self.members.get(at).map(|member| (at, self.name, member));
        }
        let (at, schema, member) = self.base?.find(name)?;
        Some((self.members.len() + at, schema, member))
    }

    /// All members with the name of the schema that has them, the base's last.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&'static str, &'static Member)> {
        let own = self.members.iter().map(|member| (self.name, member));
        let base = self
            .base
            .into_iter()
            .flat_map(|base| base.members.iter().map(|member| (base.name, member)));
        own.chain(base)
    }
}

impl Member {
    const fn new(name: &'static str, value: Value, required: bool) -> Self {
        Self {
            name,
            value,
            required,
            nullable: false,
            excused: None,
            beyond: false,
        }
    }

    /// The member may also be null; where it is required, leaving it out counts as that.
    pub(crate) const fn or_null(mut self) -> Self {
        self.nullable = true;
        if self.required && self.excused.is_none() {
            self.excused = Some(Leniency::MissingNullableMember);
        }
        self
    }

    /// The member may also be null, and must be there in every profile.
    pub(crate) const fn there_or_null(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// `leniency` excuses it when it is missing or null.
    pub(crate) const fn excused(mut self, leniency: Leniency) -> Self {
        self.excused = Some(leniency);
        self
    }
}

/// A member that must be there.
pub(crate) const fn required(name: &'static str, value: Value) -> Member {
    Member::new(name, value, true)
}

/// A member that may be left out.
pub(crate) const fn optional(name: &'static str, value: Value) -> Member {
    Member::new(name, value, false)
}

/// A member of the merged type that this schema does not name.
pub(crate) const fn beyond(name: &'static str, value: Value) -> Member {
    let mut member = optional(name, value).or_null();
    member.beyond = true;
    member
}

/// The `type` of an object.
pub(crate) const fn tag(value: &'static str) -> Member {
    required("type", Value::Constant(value))
}

/// Any string.
pub(crate) const STRING: Value = string(0, None);

/// A string of so many code points.
pub(crate) const fn string(min: usize, max: Option<usize>) -> Value {
    Value::String(Text {
        min,
        max,
        pattern: false,
    })
}

/// A string of at most `max` code points.
pub(crate) const fn at_most(max: usize) -> Value {
    string(0, Some(max))
}

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

impl Branch {
    pub(crate) const fn new(tag: &'static str, object: &'static Object) -> Self {
        Self {
            tag,
            role: "",
            object,
        }
    }

    pub(crate) const fn message(role: &'static str, object: &'static Object) -> Self {
        Self {
            tag: "message",
            role,
            object,
        }
    }
}
