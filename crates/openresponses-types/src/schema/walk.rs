//! The walk: one pass over the checked text with the table of its schema.

use alloc::string::String;
use alloc::vec::Vec;

use super::misspelled::misspelled;
use super::place::Place;
use super::words;
use crate::diagnostics::{Leniency, Profile, ValidationReport, Violation, ViolationCode, Warning};
use crate::json::{Reader, ValueKind};
use crate::rules::{Array, Habit, Map, Member, Object, Value};

/// The most violations that a report lists.
const MAX_VIOLATIONS: usize = 64;

/// The most warnings of one leniency that a report lists.
const MAX_WARNINGS_EACH: usize = 16;

/// Findings so far.
pub(super) struct Walk {
    profile: Profile,
    violations: Vec<Violation>,
    /// With the byte they belong to.
    warnings: Vec<(usize, Warning)>,
    /// How many of each leniency.
    counts: [usize; Leniency::ALL.len()],
    more_violations: bool,
    more_warnings: bool,
    /// A tool choice was seen that names tools.
    pub(super) has_choice: bool,
    /// Unknown members are compared with the known ones.
    pub(super) suggests: bool,
}

impl Walk {
    pub(super) fn new(profile: Profile) -> Self {
        Self {
            profile,
            violations: Vec::new(),
            warnings: Vec::new(),
            counts: [0; Leniency::ALL.len()],
            more_violations: false,
            more_warnings: false,
            has_choice: false,
            suggests: false,
        }
    }

    /// What was found, in the order of the document: members that are missing count where their
    /// object starts.
    pub(super) fn report(mut self) -> ValidationReport {
        self.violations.sort_by_key(|violation| violation.offset);
        self.warnings.sort_by_key(|(offset, _)| *offset);
        ValidationReport {
            violations: self.violations,
            warnings: self
                .warnings
                .into_iter()
                .map(|(_, warning)| warning)
                .collect(),
            more_violations: self.more_violations,
            more_warnings: self.more_warnings,
        }
    }

    pub(super) fn is_compatible(&self) -> bool {
        self.profile == Profile::Compatible
    }

    /// Records a violation at the reader's value.
    pub(super) fn refuse(
        &mut self,
        at: &Place<'_>,
        offset: usize,
        code: ViolationCode,
        keyword: &str,
        message: impl FnOnce(&str) -> String,
    ) {
        if self.violations.len() >= MAX_VIOLATIONS {
            self.more_violations = true;
            return;
        }
        let name = words::name(at);
        let violation = Violation::new(at.path(), code, at.rule(keyword), message(&name));
        self.violations.push(violation.at(offset));
    }

    /// Records that the document needs `leniency`.
    pub(super) fn warn(&mut self, at: &Place<'_>, offset: usize, leniency: Leniency) {
        let count = self.counts.get_mut(leniency as usize);
        if count.is_some_and(|count| core::mem::replace(count, *count + 1) >= MAX_WARNINGS_EACH) {
            self.more_warnings = true;
            return;
        }
        let warning = Warning::new(leniency, at.path()).at(offset);
        self.warnings.push((offset, warning));
    }

    /// The value should be something else.
    pub(super) fn wrong_type(&mut self, reader: &mut Reader<'_>, expected: &str, at: &Place<'_>) {
        let got = reader.kind().words();
        self.refuse(
            at,
            reader.offset(),
            ViolationCode::InvalidType,
            "type",
            |name| alloc::format!("Invalid type for {name}: expected {expected}, got {got}."),
        );
        reader.skip();
    }

    /// Validates the next value against `value`, and consumes it.
    pub(super) fn value(&mut self, reader: &mut Reader<'_>, value: &'static Value, at: &Place<'_>) {
        if self.more_violations {
            // Nothing more will be listed.
            return reader.skip();
        }
        match *value {
            Value::Any => reader.skip(),
            Value::Opaque if reader.kind() == ValueKind::Object => reader.skip(),
            Value::Null if reader.kind() == ValueKind::Null => reader.skip(),
            Value::Boolean if reader.kind() == ValueKind::Boolean => reader.skip(),
            Value::Opaque | Value::Null | Value::Boolean => {
                self.wrong_type(reader, &words::expected(value), at);
            }
            Value::Forbidden => {
                self.refuse(
                    at,
                    reader.offset(),
                    ViolationCode::UnknownParameter,
                    "disallowed",
                    |name| alloc::format!("{name} must not be sent here: remove it."),
                );
                reader.skip();
            }
            Value::Instead { fix, harmless } => {
                let offset = reader.offset();
                if Some(reader.raw()) != harmless {
                    self.refuse(
                        at,
                        offset,
                        ViolationCode::UnsupportedParameter,
                        "unsupported",
                        |name| alloc::format!("Unsupported parameter {name}: {fix}."),
                    );
                }
            }
            Value::String(text) => self.string(reader, text, at),
            Value::Constant(expected) => self.constant(reader, expected, at),
            Value::Enum(set) => self.one_of(reader, set, at),
            Value::Integer { min, max } => self.integer(reader, min, max, at),
            Value::Number { min, max } => self.number(reader, min, max, at),
            Value::Object(object) => self.object(reader, object, at),
            Value::Map(map) => self.map(reader, map, at),
            Value::Array(array) => self.array(reader, array, at),
            Value::TextOr(text, array) => match reader.kind() {
                ValueKind::String => self.string(reader, text, at),
                ValueKind::Array => self.array(reader, array, at),
                _ => self.wrong_type(reader, &words::expected(value), at),
            },
            Value::EnumOr(set, union) => match reader.kind() {
                ValueKind::String => self.one_of(reader, set, at),
                ValueKind::Object => {
                    self.has_choice = true;
                    self.union(reader, union, at);
                }
                _ => self.wrong_type(reader, &words::expected(value), at),
            },
            Value::Union(union) => self.union(reader, union, at),
            Value::Relaxed {
                strict,
                compatible,
                leniency,
            } => {
                if self.is_compatible() {
                    self.warn(at, reader.offset(), leniency);
                    self.value(reader, compatible, at);
                } else {
                    self.value(reader, strict, at);
                }
            }
            Value::Habit { of, leniency } => self.habit(reader, of, leniency, at),
        }
    }

    /// Consumes a value of any type, with a warning where clients send it by habit.
    fn habit(&mut self, reader: &mut Reader<'_>, of: Habit, leniency: Leniency, at: &Place<'_>) {
        let is = match of {
            Habit::Array => reader.kind() == ValueKind::Array,
            Habit::False => {
                let mut copy = *reader;
                copy.boolean() == Some(false)
            }
        };
        if is && self.is_compatible() {
            self.warn(at, reader.offset(), leniency);
        }
        reader.skip();
    }

    /// Validates the next value against `object`, and consumes it.
    pub(super) fn object(
        &mut self,
        reader: &mut Reader<'_>,
        object: &'static Object,
        at: &Place<'_>,
    ) {
        self.object_without(reader, object, "", at);
    }

    /// Like [`object`](Self::object), but the member `without` may be missing or null.
    pub(super) fn object_without(
        &mut self,
        reader: &mut Reader<'_>,
        object: &'static Object,
        without: &str,
        at: &Place<'_>,
    ) {
        if reader.kind() != ValueKind::Object {
            return self.wrong_type(reader, "an object", at);
        }
        let start = reader.offset();
        // A bit for each member; no schema has 64.
        let mut seen = 0u64;
        let mut entered = reader.enter_object();
        while let Some(name) = reader.next_member(&mut entered) {
            match object.find(&name) {
                Some((_, _, member))
                    if member.name == without && reader.kind() == ValueKind::Null =>
                {
                    reader.skip();
                }
                Some((index, schema, member)) => {
                    seen |= 1 << index;
                    self.member(reader, member, &at.member(schema, member));
                }
                None => {
                    self.unknown_member(&name, reader.offset(), object, at);
                    reader.skip();
                }
            }
        }
        if object.surely_has_required(seen) {
            return;
        }
        for (index, (schema, member)) in object.all().enumerate() {
            if member.required && seen & (1 << index) == 0 && member.name != without {
                self.missing(start, member, &at.member(schema, member));
            }
        }
    }

    /// A member that the schema does not name is legal, but may be a known one misspelled.
    fn unknown_member(
        &mut self,
        name: &str,
        offset: usize,
        object: &'static Object,
        at: &Place<'_>,
    ) {
        if !self.suggests || !self.is_compatible() {
            return;
        }
        let known = object.all().filter(|(_, member)| !member.beyond);
        if let Some(meant) = misspelled(name, known.map(|(_, member)| member.name)) {
            let warned = self.warnings.len();
            self.warn(&at.key(name), offset, Leniency::MisspelledMember);
            if let Some((_, warning)) = self.warnings.get_mut(warned) {
                warning.suggestion = Some(meant);
            }
        }
    }

    fn member(&mut self, reader: &mut Reader<'_>, member: &'static Member, at: &Place<'_>) {
        if reader.kind() == ValueKind::Null && !matches!(member.value, Value::Any | Value::Null) {
            if member.nullable {
                return reader.skip();
            }
            if self.is_compatible() {
                let excuse = match member.value {
                    Value::Relaxed { leniency, .. } => Some(leniency),
                    _ if member.required => member.excused,
                    _ => Some(Leniency::ExplicitNull),
                };
                if let Some(leniency) = excuse {
                    self.warn(at, reader.offset(), leniency);
                    return reader.skip();
                }
            }
        }
        self.value(reader, &member.value, at);
    }

    /// A required member is not there; its object starts at `start`.
    pub(super) fn missing(&mut self, start: usize, member: &'static Member, at: &Place<'_>) {
        if self.is_compatible()
            && let Some(leniency) = member.excused
        {
            return self.warn(at, start, leniency);
        }
        self.absent(start, &words::expected(&member.value), at);
    }

    /// Something required is not there.
    pub(super) fn absent(&mut self, start: usize, expected: &str, at: &Place<'_>) {
        self.refuse(
            at,
            start,
            ViolationCode::MissingParameter,
            "required",
            |name| alloc::format!("Missing required parameter {name}: expected {expected}."),
        );
    }

    fn map(&mut self, reader: &mut Reader<'_>, map: &'static Map, at: &Place<'_>) {
        if reader.kind() != ValueKind::Object {
            return self.wrong_type(reader, "an object", at);
        }
        let at = &at.against(map.name);
        let start = reader.offset();
        let mut count = 0usize;
        let mut entered = reader.enter_object();
        while let Some(name) = reader.next_member(&mut entered) {
            count += 1;
            match map.max_name {
                Some(max) if name.len() > max && name.chars().count() > max => {
                    let got = name.chars().count();
                    self.refuse(
                        at,
                        reader.offset(),
                        ViolationCode::PropertyNameAboveMaxLength,
                        "propertyNames.maxLength",
                        |of| {
                            let key = words::quoted(&name);
                            alloc::format!(
                                "Invalid name {key} in {of}: expected at most {max} characters, got {got}."
                            )
                        },
                    );
                    reader.skip();
                }
                _ => self.value(reader, &map.value, &at.key(&name)),
            }
        }
        if let Some(max) = map.max_members
            && count > max
        {
            self.refuse(
                at,
                start,
                ViolationCode::ObjectAboveMaxProperties,
                "maxProperties",
                |name| {
                    alloc::format!("Invalid {name}: expected at most {max} members, got {count}.")
                },
            );
        }
    }

    fn array(&mut self, reader: &mut Reader<'_>, array: &'static Array, at: &Place<'_>) {
        if reader.kind() != ValueKind::Array {
            return self.wrong_type(reader, "an array", at);
        }
        let start = reader.offset();
        let mut count = 0usize;
        let mut entered = reader.enter_array();
        while reader.next_element(&mut entered) {
            self.value(reader, &array.items, &at.index(count));
            count += 1;
        }
        if count < array.min {
            let min = array.min;
            self.refuse(
                at,
                start,
                ViolationCode::ArrayBelowMinLength,
                "minItems",
                |name| {
                    alloc::format!("Invalid {name}: expected at least {min} elements, got {count}.")
                },
            );
        }
        if let Some(max) = array.max
            && count > max
        {
            self.refuse(
                at,
                start,
                ViolationCode::ArrayAboveMaxLength,
                "maxItems",
                |name| {
                    alloc::format!("Invalid {name}: expected at most {max} elements, got {count}.")
                },
            );
        }
    }
}
