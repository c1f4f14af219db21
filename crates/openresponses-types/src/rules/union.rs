//! Unions of objects.

use super::object::Object;
use crate::diagnostics::Leniency;

/// One of several objects, distinguished by `type`.
pub(crate) struct Union {
    /// The schema's name in the OpenAPI file; empty when it has none.
    pub(crate) name: &'static str,
    /// What one is, for a human, with the article.
    pub(crate) what: &'static str,
    pub(crate) branches: &'static [Branch],
    /// Branches that the schema does not have in this place.
    pub(crate) relaxed: &'static [(Branch, Leniency)],
    /// Types that the specification defines, but not in this place: mistakes, not extensions.
    pub(crate) elsewhere: &'static [&'static str],
    /// What the text requires of an extension.
    pub(crate) extension: Option<&'static Object>,
    /// The leniency that accepts an object of an unknown type.
    pub(crate) unknown: Leniency,
    pub(crate) shape: Shape,
}

/// How a union's objects are distinguished where `type` does not suffice.
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
        /// The members that may stand beside it as well.
        beside: &'static Object,
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
