//! Strings and numbers against their limits.

use super::place::Place;
use super::walk::Walk;
use super::words;
use crate::diagnostics::ViolationCode;
use crate::json::{Reader, ValueKind, code_points};
use crate::rules::{Enum, FOREIGN_NAME_MAX, NAME_PATTERN, Open, StringLimits, is_name};
use crate::wire::integer;

/// Returns true if a string is longer than its limit or has other characters than its pattern.
fn is_beyond(mut reader: Reader<'_>, text: StringLimits) -> bool {
    let value = reader.string().unwrap_or_default();
    text.max
        .is_some_and(|max| value.len() > max && value.chars().count() > max)
        || text.pattern && !is_name(&value)
}

impl Walk {
    pub(super) fn string(&mut self, reader: &mut Reader<'_>, text: StringLimits, at: &Place<'_>) {
        if reader.kind() != ValueKind::String {
            return self.wrong_type(reader, "a string", at);
        }
        let start = *reader;
        let offset = reader.offset();
        let raw = reader.raw();
        let excess = text.excess.filter(|_| self.is_compatible());
        if let Some(leniency) = excess
            && is_beyond(start, text)
        {
            self.warn(at, offset, leniency);
        }
        // No code point is written in less than a byte: most strings need no count.
        if raw.len() - 2 < text.min
            || text.max.is_some_and(|max| raw.len() - 2 > max)
            || text.min > 1
        {
            let got = code_points(raw);
            if got < text.min {
                let min = text.min;
                self.refuse(
                    at,
                    offset,
                    ViolationCode::StringBelowMinLength,
                    "minLength",
                    |name| {
                        alloc::format!(
                            "Invalid {name}: expected at least {min} characters, got {got}."
                        )
                    },
                );
            }
            let most = excess.map(|_| FOREIGN_NAME_MAX).or(text.max);
            if let Some(max) = most
                && got > max
            {
                self.refuse(
                    at,
                    offset,
                    ViolationCode::StringAboveMaxLength,
                    "maxLength",
                    |name| {
                        alloc::format!(
                            "Invalid {name}: expected at most {max} characters, got {got}."
                        )
                    },
                );
            }
        }
        if text.pattern && raw.len() > 2 {
            let mut copy = start;
            let name = copy.string().unwrap_or_default();
            if excess.is_none() && !is_name(&name) {
                self.refuse(at, offset, ViolationCode::InvalidValue, "pattern", |of| {
                    let got = words::quoted(&name);
                    alloc::format!(
                        "Invalid {of}: expected a string that matches {NAME_PATTERN}, got {got}."
                    )
                });
            }
        }
    }

    pub(super) fn constant(&mut self, reader: &mut Reader<'_>, expected: &str, at: &Place<'_>) {
        let start = *reader;
        match reader.string() {
            Some(found) if found == expected => {}
            Some(found) => {
                self.refuse(
                    at,
                    start.offset(),
                    ViolationCode::InvalidValue,
                    "enum",
                    |name| {
                        let got = words::quoted(&found);
                        alloc::format!(
                            "Invalid value for {name}: expected '{expected}', got {got}."
                        )
                    },
                );
            }
            None => self.wrong_type(reader, &alloc::format!("'{expected}'"), at),
        }
    }

    pub(super) fn one_of(&mut self, reader: &mut Reader<'_>, set: &'static Enum, at: &Place<'_>) {
        let offset = reader.offset();
        let Some(found) = reader.string() else {
            return self.wrong_type(reader, "a string", at);
        };
        let has = |values: &[&str]| values.contains(&&*found);
        if has(set.values) || has(set.by_text) {
            return;
        }
        let leniency = match set.open {
            Open::No => None,
            Open::To(values, leniency) => has(values).then_some(leniency),
            Open::Any(leniency) => (!found.is_empty()).then_some(leniency),
        };
        match leniency {
            Some(leniency) if self.is_compatible() => self.warn(at, offset, leniency),
            _ => self.refuse(at, offset, ViolationCode::InvalidValue, "enum", |name| {
                let expected = words::one_of(set.values.iter().copied());
                let got = words::quoted(&found);
                alloc::format!("Invalid value for {name}: expected {expected}, got {got}.")
            }),
        }
    }

    pub(super) fn integer(
        &mut self,
        reader: &mut Reader<'_>,
        min: Option<i64>,
        max: Option<i64>,
        at: &Place<'_>,
    ) {
        let start = *reader;
        let offset = reader.offset();
        let Some(text) = reader.number() else {
            return self.wrong_type(reader, "an integer", at);
        };
        match integer(text) {
            Some(value) if min.is_some_and(|min| value < min) => {
                self.below(&start, "integer", &min.unwrap_or_default(), at);
            }
            Some(value) if max.is_some_and(|max| value > max) => {
                self.above(&start, "integer", &max.unwrap_or_default(), at);
            }
            Some(_) => {}
            None => {
                let value: f64 = text.parse().unwrap_or_default();
                // Anything this large is whole; it cannot be represented all the same.
                if value >= 9e18 {
                    self.above(&start, "integer", &max.unwrap_or(i64::MAX), at);
                } else if value <= -9e18 {
                    self.below(&start, "integer", &min.unwrap_or(i64::MIN), at);
                } else {
                    self.refuse(at, offset, ViolationCode::InvalidType, "type", |name| {
                        let got = words::got(&start);
                        alloc::format!(
                            "Invalid type for {name}: expected an integer, got the decimal number {got}."
                        )
                    });
                }
            }
        }
    }

    pub(super) fn number(
        &mut self,
        reader: &mut Reader<'_>,
        min: Option<f64>,
        max: Option<f64>,
        at: &Place<'_>,
    ) {
        let start = *reader;
        let Some(text) = reader.number() else {
            return self.wrong_type(reader, "a number", at);
        };
        let value: f64 = text.parse().unwrap_or_default();
        if let Some(min) = min.filter(|min| value < *min) {
            self.below(&start, "decimal", &min, at);
        } else if let Some(max) = max.filter(|max| value > *max) {
            self.above(&start, "decimal", &max, at);
        }
    }

    fn below(
        &mut self,
        reader: &Reader<'_>,
        of: &str,
        min: &dyn core::fmt::Display,
        at: &Place<'_>,
    ) {
        let code = match of {
            "integer" => ViolationCode::IntegerBelowMinValue,
            _ => ViolationCode::DecimalBelowMinValue,
        };
        self.refuse(at, reader.offset(), code, "minimum", |name| {
            let got = words::got(reader);
            alloc::format!("Invalid {name}: expected at least {min}, got {got}.")
        });
    }

    fn above(
        &mut self,
        reader: &Reader<'_>,
        of: &str,
        max: &dyn core::fmt::Display,
        at: &Place<'_>,
    ) {
        let code = match of {
            "integer" => ViolationCode::IntegerAboveMaxValue,
            _ => ViolationCode::DecimalAboveMaxValue,
        };
        self.refuse(at, reader.offset(), code, "maximum", |name| {
            let got = words::got(reader);
            alloc::format!("Invalid {name}: expected at most {max}, got {got}.")
        });
    }
}
