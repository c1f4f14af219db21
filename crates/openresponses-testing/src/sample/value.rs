//! A value of the type that the rules allow.

use openresponses_types::json::{Reader, ValueKind, write_f64, write_string};

use super::rules::{Rules, Type, elements, length};
use super::sampler::{At, Sampler};
use super::string::{string, word};

impl<'s> Sampler<'s> {
    /// A value that satisfies `rules`, whose choices are resolved.
    pub(super) fn build(&mut self, rules: &Rules<'s>, at: &At) -> Option<String> {
        let text = self.build_any(rules, at)?;
        self.spend(text.len())?;
        Some(text)
    }

    fn build_any(&mut self, rules: &Rules<'s>, at: &At) -> Option<String> {
        if let Some(constant) = rules.consts.first() {
            self.spend(bytes(&rules.consts) + bytes(&rules.enums))?;
            return rules
                .allows(*constant, &rules.enums)
                .then(|| compact(*constant));
        }
        if let Some((values, others)) = rules.enums.split_first() {
            let values = elements(*values);
            // Each value is looked for in all other lists.
            self.spend(bytes(&rules.enums) + values.len().saturating_mul(bytes(others)))?;
            let fits = |value: &Reader<'s>| rules.allows(*value, others);
            let mut fitting: Vec<_> = values.into_iter().filter(fits).collect();
            let chosen = at.nth.checked_rem(fitting.len())?;
            return Some(compact(fitting.swap_remove(chosen)));
        }
        let Some(types) = &rules.types else {
            return match rules.guess() {
                Some(guess) => self.build_as(guess, rules, at),
                None => word(rules.length, at.nth).map(|text| quoted(&text)),
            };
        };
        let null = types.contains(&Type::Null);
        if null && self.mode.least {
            return Some("null".into());
        }
        let mut others = types.iter().filter(|one| **one != Type::Null);
        let found = others.find_map(|one| self.build_as(*one, rules, at));
        found.or_else(|| null.then(|| "null".into()))
    }

    fn build_as(&mut self, kind: Type, rules: &Rules<'s>, at: &At) -> Option<String> {
        self.spend(match kind {
            Type::Null | Type::Boolean | Type::Array | Type::Object => 0,
            // Candidates are tried one after the other.
            Type::Integer | Type::Number => at.nth.saturating_add(rules.range.cost()),
            Type::String => super::string::cost(rules),
        })?;
        match kind {
            Type::Null => Some("null".into()),
            Type::Boolean => Some(at.nth.is_multiple_of(2).to_string()),
            Type::Integer | Type::Number => {
                let value = rules.range.number(kind == Type::Integer, at.nth)?;
                let mut text = String::new();
                write_f64(&mut text, value).ok()?;
                Some(text)
            }
            Type::String => string(rules, at.nth).map(|text| quoted(&text)),
            Type::Array => self.array(rules, at),
            Type::Object => self.object(rules, at),
        }
    }
}

impl<'s> Rules<'s> {
    /// Returns true if a value of the schema satisfies the other supported keywords, and is in each
    /// of the lists `enums`.
    fn allows(&self, value: Reader<'s>, enums: &[Reader<'s>]) -> bool {
        let mut number = value;
        let number: Option<f64> = number.number().and_then(|text| text.parse().ok());
        let type_fits = self.types.as_ref().is_none_or(|types| {
            types.iter().any(|one| match value.kind() {
                ValueKind::Null => *one == Type::Null,
                ValueKind::Boolean => *one == Type::Boolean,
                ValueKind::Number => match one {
                    Type::Number => true,
                    Type::Integer => number.is_some_and(|number| number.fract() == 0.0),
                    _ => false,
                },
                ValueKind::String => *one == Type::String,
                ValueKind::Array => *one == Type::Array,
                ValueKind::Object => *one == Type::Object,
            })
        });
        let text = { value }.string();
        type_fits
            && text.is_none_or(|text| self.length.has(length(&text)))
            && number.is_none_or(|number| self.range.has(number, false))
            && self.consts.iter().all(|other| same(*other, value))
            && enums.iter().all(|values| {
                elements(*values)
                    .into_iter()
                    .any(|other| same(other, value))
            })
    }
}

/// The length of values in bytes.
fn bytes(values: &[Reader<'_>]) -> usize {
    values.iter().map(|value| { *value }.raw().len()).sum()
}

/// Equal except for spaces.
fn same(one: Reader<'_>, other: Reader<'_>) -> bool {
    let (mut left, mut right) = (one, other);
    left.raw() == right.raw() || compact(one) == compact(other)
}

/// The value without the spaces between its tokens.
fn compact(mut value: Reader<'_>) -> String {
    let mut text = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for c in value.raw().chars() {
        if !quoted && c.is_ascii_whitespace() {
            continue;
        }
        text.push(c);
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = quoted,
            '"' => quoted = !quoted,
            _ => {}
        }
    }
    text
}

/// A string as JSON.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    // Printing into a string cannot fail.
    let _ = write_string(&mut out, text);
    out
}
