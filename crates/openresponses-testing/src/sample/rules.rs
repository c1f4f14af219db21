//! The combined keywords of all schemas of one value.

use std::borrow::Cow;

use openresponses_types::json::{Reader, ValueKind};

use super::number::Range;

/// A type of JSON Schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    Null,
    Boolean,
    Integer,
    Number,
    String,
    Array,
    Object,
}

impl Type {
    fn of(name: &str) -> Option<Self> {
        Some(match name {
            "null" => Self::Null,
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "number" => Self::Number,
            "string" => Self::String,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// The intersection.
    fn and(self, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Integer, Self::Number) | (Self::Number, Self::Integer) => Some(Self::Integer),
            _ => (self == other).then_some(self),
        }
    }
}

/// A choice between alternatives.
#[derive(Clone)]
pub(super) enum Choice<'s> {
    /// `anyOf` or `oneOf`.
    Branches(Reader<'s>),
    /// `if`, `then` and `else`.
    Condition {
        condition: Reader<'s>,
        then: Option<Reader<'s>>,
        otherwise: Option<Reader<'s>>,
    },
}

/// Rules for a value. Lists have one entry for each schema with the keyword.
#[derive(Clone, Default)]
pub(super) struct Rules<'s> {
    /// The types that are allowed, in the order in which the first schema lists them.
    pub(super) types: Option<Vec<Type>>,
    pub(super) enums: Vec<Reader<'s>>,
    pub(super) consts: Vec<Reader<'s>>,
    pub(super) choices: Vec<Choice<'s>>,
    pub(super) length: Count,
    pub(super) format: Option<Cow<'s, str>>,
    pub(super) pattern: Option<Cow<'s, str>>,
    pub(super) range: Range,
    pub(super) items: Count,
    pub(super) prefixes: Vec<Reader<'s>>,
    pub(super) elements: Vec<Reader<'s>>,
    pub(super) contains: Option<Reader<'s>>,
    pub(super) contains_at_least: Option<u64>,
    pub(super) unique: bool,
    pub(super) members: Count,
    pub(super) required: Vec<Cow<'s, str>>,
    pub(super) properties: Vec<Reader<'s>>,
    pub(super) pattern_properties: Vec<Reader<'s>>,
    pub(super) additional: Vec<Reader<'s>>,
    pub(super) names: Vec<Reader<'s>>,
}

/// How many there may be.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Count {
    pub(super) least: u64,
    pub(super) most: Option<u64>,
}

impl Count {
    fn at_least(&mut self, count: Option<u64>) {
        self.least = self.least.max(count.unwrap_or(0));
    }

    fn at_most(&mut self, count: Option<u64>) {
        self.most = match (self.most, count) {
            (Some(old), Some(new)) => Some(old.min(new)),
            (old, new) => old.or(new),
        };
    }

    pub(super) fn has(self, count: u64) -> bool {
        count >= self.least && self.most.is_none_or(|most| count <= most)
    }
}

impl<'s> Rules<'s> {
    /// Narrows the types.
    pub(super) fn allow(&mut self, types: Vec<Type>) {
        self.types = Some(match self.types.take() {
            None => types,
            Some(old) => old
                .iter()
                .filter_map(|one| types.iter().find_map(|other| one.and(*other)))
                .collect(),
        });
    }

    /// Returns true if any keyword restricts the type.
    pub(super) fn says_type(&self) -> bool {
        self.types.is_some()
            || !(self.enums.is_empty() && self.consts.is_empty() && self.choices.is_empty())
            || self.guess().is_some()
    }

    /// The type that the keywords are made for.
    pub(super) fn guess(&self) -> Option<Type> {
        let object = [&self.properties, &self.pattern_properties, &self.names];
        let array = [&self.prefixes, &self.elements];
        if !self.required.is_empty()
            || self.members.least > 0
            || object.iter().any(|list| !list.is_empty())
            || self
                .additional
                .iter()
                .any(|it| it.kind() == ValueKind::Object)
        {
            Some(Type::Object)
        } else if array.iter().any(|list| !list.is_empty())
            || self.items.least > 0
            || self.contains.is_some()
        {
            Some(Type::Array)
        } else if self.format.is_some()
            || self.pattern.is_some()
            || self.length.least > 0
            || self.length.most.is_some()
        {
            Some(Type::String)
        } else if self.range.is_bounded() {
            Some(Type::Number)
        } else {
            None
        }
    }

    /// What a copy costs.
    pub(super) fn size(&self) -> usize {
        let lists = [
            &self.enums,
            &self.consts,
            &self.prefixes,
            &self.elements,
            &self.properties,
            &self.pattern_properties,
            &self.additional,
            &self.names,
        ];
        let readers: usize = lists.iter().map(|list| list.len()).sum();
        32 * (readers + self.required.len() + self.choices.len())
    }
}

impl<'s> Rules<'s> {
    /// Adds the rule of one keyword.
    pub(super) fn keyword(&mut self, name: &str, mut value: Reader<'s>) {
        match name {
            "type" => {
                let names = match value.kind() {
                    ValueKind::Array => elements(value),
                    _ => vec![value],
                };
                let types: Vec<Type> = names
                    .into_iter()
                    .filter_map(|mut name| Type::of(&name.string()?))
                    .collect();
                if !types.is_empty() {
                    self.allow(types);
                }
            }
            "enum" if value.kind() == ValueKind::Array => self.enums.push(value),
            "const" => self.consts.push(value),
            "anyOf" | "oneOf" if value.kind() == ValueKind::Array => {
                self.choices.push(Choice::Branches(value));
            }
            "minLength" => self.length.at_least(count(value)),
            "maxLength" => self.length.at_most(count(value)),
            "format" => self.format = self.format.take().or(value.string()),
            "pattern" => self.pattern = self.pattern.take().or(value.string()),
            "minimum" => self.range.minimum(number(value)),
            "maximum" => self.range.maximum(number(value)),
            "exclusiveMinimum" => match value.boolean() {
                Some(excluded) => self.range.exclude_minimum |= excluded,
                None => self.range.above(number(value)),
            },
            "exclusiveMaximum" => match value.boolean() {
                Some(excluded) => self.range.exclude_maximum |= excluded,
                None => self.range.below(number(value)),
            },
            "multipleOf" => self.range.multiple_of(number(value)),
            "minItems" => self.items.at_least(count(value)),
            "maxItems" => self.items.at_most(count(value)),
            "prefixItems" => self.prefixes.push(value),
            // A list of schemas was how older drafts wrote `prefixItems`.
            "items" if value.kind() == ValueKind::Array => self.prefixes.push(value),
            "items" | "additionalItems" => self.elements.push(value),
            "contains" => self.contains = Some(value),
            "minContains" => self.contains_at_least = count(value),
            "uniqueItems" => self.unique |= value.boolean() == Some(true),
            "minProperties" => self.members.at_least(count(value)),
            "maxProperties" => self.members.at_most(count(value)),
            "required" => {
                let names = elements(value).into_iter();
                self.required
                    .extend(names.filter_map(|mut name| name.string()));
            }
            "properties" => self.properties.push(value),
            "patternProperties" => self.pattern_properties.push(value),
            "additionalProperties" | "unevaluatedProperties" => self.additional.push(value),
            "propertyNames" => self.names.push(value),
            _ => {}
        }
    }
}

/// The elements of an array.
pub(super) fn elements<'s>(mut array: Reader<'s>) -> Vec<Reader<'s>> {
    let mut all = Vec::new();
    let mut entered = array.enter_array();
    while array.next_element(&mut entered) {
        all.push(array);
        array.skip();
    }
    all
}

/// How long a string is, in code points.
pub(super) fn length(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}

fn number(mut value: Reader<'_>) -> Option<f64> {
    value.number()?.parse().ok()
}

fn count(value: Reader<'_>) -> Option<u64> {
    let number = number(value)?;
    // A float becomes the nearest integer that there is.
    (number >= 0.0).then_some(number as u64)
}
