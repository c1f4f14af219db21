//! Selects the branch of a union.

use alloc::borrow::Cow;

use super::place::Place;
use super::walk::Walk;
use super::words;
use crate::diagnostics::{Leniency, ViolationCode};
use crate::json::{Reader, ValueKind};
use crate::rules::{Object, Shape, Union};
use crate::tool::is_nested;
use crate::wire::ExtensionType;

/// The `type` of an object.
enum Type<'a> {
    Absent,
    Named(Cow<'a, str>),
    /// It is no string.
    Wrong(Reader<'a>),
}

/// The type of the object that comes next. Null counts as absent.
fn type_of<'a>(reader: &Reader<'a>) -> Type<'a> {
    match reader.member("type") {
        None => Type::Absent,
        Some(value) if value.kind() == ValueKind::Null => Type::Absent,
        Some(value) => {
            let mut copy = value;
            copy.string().map_or(Type::Wrong(value), Type::Named)
        }
    }
}

impl Walk {
    /// Validates the next value against the branch of `union` that its `type` names, and consumes it.
    pub(super) fn union(&mut self, reader: &mut Reader<'_>, union: &'static Union, at: &Place<'_>) {
        if reader.kind() != ValueKind::Object {
            return self.wrong_type(reader, &words::object(union), at);
        }
        match type_of(reader) {
            Type::Named(name) => self.named(reader, &name, union, at),
            Type::Absent => self.bare(reader, union, at),
            Type::Wrong(mut value) => {
                let at = at.type_of(union.name);
                self.wrong_type(&mut value, "a string", &at);
                reader.skip();
            }
        }
    }

    fn named(
        &mut self,
        reader: &mut Reader<'_>,
        name: &str,
        union: &'static Union,
        at: &Place<'_>,
    ) {
        match union.shape {
            Shape::InputItem { any_message, .. } if name == "message" => {
                return self.message(reader, union, any_message, "", at);
            }
            Shape::Function {
                nested,
                beside,
                leniency,
            } if name == "function" && self.is_compatible() && is_nested(reader) => {
                self.nested(reader, nested, leniency, at);
                return self.object(reader, beside, at);
            }
            Shape::Event { flat_error }
                if name == "error"
                    && self.is_compatible()
                    && reader.member("error").is_none()
                    && reader.member("message").is_some() =>
            {
                self.warn(at, reader.offset(), Leniency::FlatErrorEvent);
                return self.object(reader, flat_error, at);
            }
            _ => {}
        }
        if let Some(branch) = union.branches.iter().find(|branch| branch.tag == name) {
            return self.object(reader, branch.object, at);
        }
        let relaxed = union.relaxed.iter().find(|(branch, _)| branch.tag == name);
        if let Some((branch, leniency)) = relaxed
            && self.is_compatible()
        {
            self.warn(at, reader.offset(), *leniency);
            return self.object(reader, branch.object, at);
        }
        if ExtensionType::is(name) {
            return match union.extension {
                Some(demanded) => self.object(reader, demanded, at),
                None => reader.skip(),
            };
        }
        let stray = union.elsewhere.contains(&name) || !is_plausible(name);
        if self.is_compatible() && !stray {
            self.warn(at, reader.offset(), union.unknown);
        } else {
            let offset = reader
                .member("type")
                .map_or(reader.offset(), |value| value.offset());
            let at = at.type_of(union.name);
            self.refuse(&at, offset, ViolationCode::InvalidValue, "oneOf", |of| {
                let expected = words::types(union);
                let got = words::quoted(name);
                alloc::format!(
                    "Invalid value for {of}: expected {expected} or an extension 'slug:name', got {got}."
                )
            });
        }
        reader.skip();
    }

    /// An object that names no type.
    fn bare(&mut self, reader: &mut Reader<'_>, union: &'static Union, at: &Place<'_>) {
        match union.shape {
            Shape::InputItem {
                any_message,
                reference,
            } => {
                let has = |name: &str| reader.member(name).is_some();
                let has_role = has("role");
                if has_role && has("content") {
                    // The schema takes whatever has an id and no type for a reference.
                    let untyped = !self.is_compatible() && has("id");
                    let without = if untyped { "type" } else { "" };
                    self.message(reader, union, any_message, without, at);
                } else if has("id") {
                    self.object(reader, reference, at);
                } else if has_role {
                    self.message(reader, union, any_message, "", at);
                } else {
                    self.untyped(reader, union, at);
                }
            }
            Shape::Bare(object) => self.object(reader, object, at),
            _ => self.untyped(reader, union, at),
        }
    }

    /// An object without its required type.
    fn untyped(&mut self, reader: &mut Reader<'_>, union: &'static Union, at: &Place<'_>) {
        let expected = words::types(union);
        let at = at.type_of(union.name);
        match reader.member("type") {
            Some(mut null) => self.wrong_type(&mut null, &expected, &at),
            None => self.absent(reader.offset(), &expected, &at),
        }
        reader.skip();
    }

    /// A message: its role tells what it may contain. The member `without` may be missing.
    fn message(
        &mut self,
        reader: &mut Reader<'_>,
        union: &'static Union,
        any: &'static Object,
        without: &str,
        at: &Place<'_>,
    ) {
        let role = reader.member("role").and_then(|mut value| value.string());
        let branch = union
            .branches
            .iter()
            .find(|branch| Some(branch.role) == role.as_deref() && !branch.role.is_empty());
        let object = branch.map_or(any, |branch| branch.object);
        self.object_without(reader, object, without, at);
    }

    /// A function one level deeper than it should be.
    fn nested(
        &mut self,
        reader: &Reader<'_>,
        nested: &'static Object,
        leniency: Leniency,
        at: &Place<'_>,
    ) {
        let at = at.named(nested.name, "function");
        if let Some(mut inside) = reader.member("function") {
            self.warn(&at, inside.offset(), leniency);
            self.object(&mut inside, nested, &at);
        }
    }
}

/// Returns true for a plausible name of a type.
fn is_plausible(name: &str) -> bool {
    (1..=256).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
}
