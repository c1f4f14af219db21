//! Collects the rules of a schema and of the schemas that it refers to.

use openresponses_types::json::{Reader, ValueKind};

use super::rules::{Choice, Rules, elements};
use super::sampler::{At, Sampler};

impl<'s> Sampler<'s> {
    /// Adds the rules of `schema` to `rules`. `None` if the schema cannot be satisfied, or if a
    /// recursion or work limit is reached.
    pub(super) fn collect(
        &mut self,
        schema: Reader<'s>,
        rules: &mut Rules<'s>,
        at: &mut At,
    ) -> Option<()> {
        let mut reader = schema;
        if reader.kind() != ValueKind::Object {
            // Malformed schemas add no rules.
            return (reader.boolean() != Some(false)).then_some(());
        }
        let mut all: Vec<Reader<'s>> = Vec::new();
        let mut reference = None;
        let (mut condition, mut then, mut otherwise) = (None, None, None);
        let mut members = reader.enter_object();
        while let Some(name) = reader.next_member(&mut members) {
            let value = reader;
            match &*name {
                "$ref" => reference = { value }.string(),
                "allOf" => all.extend(elements(value)),
                "if" => condition = Some(value),
                "then" => then = Some(value),
                "else" => otherwise = Some(value),
                name => rules.keyword(name, value),
            }
            reader.skip();
        }
        self.spend(reader.offset().saturating_sub(schema.offset()))?;
        if let Some(condition) = condition {
            rules.choices.push(Choice::Condition {
                condition,
                then,
                otherwise,
            });
        }
        if let Some(reference) = reference
            && let Some(target) = self.follow(&reference, at)?
        {
            self.nested(target, rules, at)?;
        }
        all.into_iter()
            .try_for_each(|schema| self.nested(schema, rules, at))
    }

    fn nested(&mut self, schema: Reader<'s>, rules: &mut Rules<'s>, at: &mut At) -> Option<()> {
        let mut deeper = at.deeper()?;
        self.collect(schema, rules, &mut deeper)?;
        at.join(deeper);
        Some(())
    }
}
