//! Objects with the required members.

use std::borrow::Cow;
use std::collections::BTreeMap;

use openresponses_types::json::{RawJson, Reader, ValueKind};

use super::rules::{Count, Rules, Type};
use super::sampler::{At, Sampler};
use super::string::word;
use super::value::quoted;

/// Maximum number of members added to reach `minProperties`.
const MAX_ADDED_MEMBERS: u64 = 1_000;

/// A member that the object gets.
#[derive(Default)]
struct Member<'s> {
    /// Whether it has its place in the order.
    placed: bool,
    schemas: Vec<Reader<'s>>,
}

/// The members of an object, and their order.
#[derive(Default)]
struct Members<'s> {
    order: Vec<Cow<'s, str>>,
    by_name: BTreeMap<Cow<'s, str>, Member<'s>>,
}

impl<'s> Members<'s> {
    /// Adds a schema of the member, after those added before.
    fn describe(&mut self, name: Cow<'s, str>, schemas: impl IntoIterator<Item = Reader<'s>>) {
        if let Some(member) = self.by_name.get_mut(&name) {
            member.schemas.extend(schemas);
            if !std::mem::replace(&mut member.placed, true) {
                self.order.push(name);
            }
        }
    }
}

impl<'s> Sampler<'s> {
    pub(super) fn object(&mut self, rules: &Rules<'s>, at: &At) -> Option<String> {
        self.spend(rules.size())?;
        let mut members = self.required(rules)?;
        self.fill(&mut members, rules, at)?;
        if !rules.members.has(u64::try_from(members.order.len()).ok()?) {
            return None;
        }
        let mut text = String::from("{");
        for name in &members.order {
            let member = members.by_name.get(name)?;
            let value = self.value(&member.schemas, at)?;
            if text.len() > 1 {
                text.push(',');
            }
            text.push_str(&quoted(name));
            text.push(':');
            text.push_str(&value);
        }
        text.push('}');
        Some(text)
    }

    /// The members of `required`, in the order of `properties`, and as many other properties as
    /// `minProperties` demands.
    fn required(&mut self, rules: &Rules<'s>) -> Option<Members<'s>> {
        let mut members = Members::default();
        for name in &rules.required {
            members.by_name.entry(name.clone()).or_default();
        }
        let required = u64::try_from(members.by_name.len()).ok()?;
        let mut missing = rules.members.least.saturating_sub(required);
        for properties in &rules.properties {
            let mut reader = *properties;
            let mut entered = reader.enter_object();
            while let Some(name) = reader.next_member(&mut entered) {
                if missing > 0 && !members.by_name.contains_key(&name) {
                    missing -= 1;
                    members.by_name.insert(name.clone(), Member::default());
                }
                members.describe(name, [reader]);
                reader.skip();
            }
            self.spend(reader.offset().saturating_sub(properties.offset()))?;
        }
        if members.order.len() < members.by_name.len() {
            let rest = undescribed(rules)?;
            for name in &rules.required {
                if members.by_name.get(name).is_some_and(|it| !it.placed) {
                    members.describe(name.clone(), rest.iter().copied());
                }
            }
        }
        Some(members)
    }

    /// Adds invented members up to `minProperties`.
    fn fill(&mut self, members: &mut Members<'s>, rules: &Rules<'s>, at: &At) -> Option<()> {
        let have = u64::try_from(members.order.len()).ok()?;
        let missing = rules.members.least.saturating_sub(have);
        if missing == 0 {
            return Some(());
        }
        if missing > MAX_ADDED_MEMBERS {
            return None;
        }
        let schemas = undescribed(rules)?;
        let mut left = missing;
        for nth in 0..4 * MAX_ADDED_MEMBERS as usize {
            let name = self.name(rules, &at.nth(nth))?;
            if members.by_name.contains_key(&name) {
                continue;
            }
            members.by_name.insert(name.clone(), Member::default());
            members.describe(name, schemas.iter().copied());
            left -= 1;
            if left == 0 {
                return Some(());
            }
        }
        None
    }

    /// The name of the `nth` invented member.
    fn name(&mut self, rules: &Rules<'s>, at: &At) -> Option<Cow<'s, str>> {
        let text = if rules.names.is_empty() {
            word(Count::default(), at.nth)?
        } else {
            let mut names = Rules::default();
            names.allow(vec![Type::String]);
            let json = self.value_within(names, &rules.names, at)?;
            RawJson::parse(&json).ok()?.reader().string()?.into_owned()
        };
        Some(Cow::Owned(text))
    }
}

/// The schemas of members that `properties` does not name; `None` if there may be none.
fn undescribed<'s>(rules: &Rules<'s>) -> Option<Vec<Reader<'s>>> {
    let forbids = |schema: &Reader<'s>| {
        schema.kind() == ValueKind::Boolean && { *schema }.boolean() == Some(false)
    };
    if !rules.additional.iter().any(forbids) {
        return Some(rules.additional.clone());
    }
    // Only names that match a pattern are allowed; a required name should be one of them.
    let mut patterns = *rules.pattern_properties.first()?;
    let mut entered = patterns.enter_object();
    patterns.next_member(&mut entered)?;
    Some(vec![patterns])
}
