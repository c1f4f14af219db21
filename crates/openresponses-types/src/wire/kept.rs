//! Typed values that keep their rules beyond doubt, so that their text need not be validated.
//!
//! What is answered here is one question: could validation have anything to say? "No" must be certain in
//! both profiles; wherever it is not, the walk over the text decides. The rules are the same tables.

use super::value::WireValue;
use crate::json::{Reader, ValueKind};
use crate::rules::{Map, Object, StringLimits, Value, is_name};

/// The members of an object of which all so far keep their rules.
pub(crate) struct KeptMembers {
    object: &'static Object,
    /// A bit for each member that is there.
    seen: u64,
}

impl KeptMembers {
    /// Begins with no member; `None` where the rule is not one of an object.
    #[inline]
    pub(crate) fn new(rule: &Value) -> Option<Self> {
        match *rule {
            Value::Object(object) => Some(Self { object, seen: 0 }),
            _ => None,
        }
    }

    /// Returns true if the member `name` is absent or keeps its rule.
    #[inline(always)]
    pub(crate) fn member<T: WireValue>(&mut self, name: &'static str, value: &T) -> bool {
        value.is_absent()
            || self
                .rule(name)
                .is_some_and(|(rule, nullable)| match value.is_null() {
                    true => nullable,
                    false => value.surely_keeps(rule),
                })
    }

    /// Returns true if the object's `type` is the one that the rules demand.
    #[inline(always)]
    pub(crate) fn tag(&mut self, tag: &str) -> bool {
        let rule = self.rule("type");
        rule.is_some_and(|(rule, _)| surely_keeps_text(tag, rule))
    }

    /// Returns true if no required member is missing.
    #[inline]
    pub(crate) fn are_complete(&self) -> bool {
        self.object.surely_has_required(self.seen)
    }

    /// The rule of a member that is there, and whether it may be null.
    #[inline(always)]
    fn rule(&mut self, name: &'static str) -> Option<(&'static Value, bool)> {
        let (at, _, member) = self.object.find_known(name)?;
        self.seen |= 1 << at;
        Some((&member.value, member.nullable))
    }
}

/// Returns true if a text surely keeps `rule`. Bytes are counted, which are never fewer than code
/// points.
pub(crate) fn surely_keeps_text(text: &str, rule: &Value) -> bool {
    match rule {
        Value::Any => true,
        Value::String(limits) | Value::TextOr(limits, _) => surely_within(text, *limits),
        Value::Constant(constant) => text == *constant,
        Value::Enum(set) | Value::EnumOr(set, _) => set.values.contains(&text),
        _ => false,
    }
}

fn surely_within(text: &str, limits: StringLimits) -> bool {
    let shortest = match limits.min {
        0 => true,
        1 => !text.is_empty(),
        _ => false,
    };
    shortest && limits.max.is_none_or(|max| text.len() <= max) && (!limits.pattern || is_name(text))
}

/// Returns true if the value of `reader` surely keeps `rule`, where the rule does not look into it
/// or asks for a map of texts.
pub(super) fn surely_keeps_raw(reader: Reader<'_>, rule: &Value) -> bool {
    match rule {
        Value::Any => true,
        Value::Opaque => reader.kind() == ValueKind::Object,
        Value::Object(object) if object.all().next().is_none() => {
            reader.kind() == ValueKind::Object
        }
        Value::Map(map) => surely_keeps_map(reader, map),
        _ => false,
    }
}

fn surely_keeps_map(mut reader: Reader<'_>, map: &Map) -> bool {
    if reader.kind() != ValueKind::Object {
        return false;
    }
    let mut count = 0;
    let mut entered = reader.enter_object();
    while let Some(name) = reader.next_member(&mut entered) {
        count += 1;
        let is_kept = map.max_name.is_none_or(|max| name.len() <= max)
            && reader
                .string()
                .is_some_and(|text| surely_keeps_text(&text, &map.value));
        if !is_kept {
            return false;
        }
    }
    map.max_members.is_none_or(|max| count <= max)
}
