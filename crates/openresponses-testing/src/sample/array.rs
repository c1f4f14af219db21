//! Arrays of one element, or of the required number.

use openresponses_types::json::{Reader, ValueKind};

use super::rules::{Rules, elements};
use super::sampler::{At, Sampler};

/// Maximum length of an array.
const MAX_ARRAY_ITEMS: u64 = 10_000;

impl<'s> Sampler<'s> {
    pub(super) fn array(&mut self, rules: &Rules<'s>, at: &At) -> Option<String> {
        let contained = match rules.contains {
            Some(_) => rules.contains_at_least.unwrap_or(1),
            None => 0,
        };
        let least = rules.items.least.max(contained);
        if least > MAX_ARRAY_ITEMS {
            return None;
        }
        let wanted = if self.mode.least { least } else { least.max(1) };
        let wanted = rules.items.most.map_or(wanted, |most| wanted.min(most));
        if wanted < least {
            return None;
        }
        let prefixes: Vec<Vec<Reader<'s>>> =
            rules.prefixes.iter().map(|list| elements(*list)).collect();
        let mut all: Vec<String> = Vec::new();
        let mut next = at.nth;
        while (all.len() as u64) < wanted {
            let index = all.len();
            let contains = rules.contains.filter(|_| (index as u64) < contained);
            let schemas = element(rules, &prefixes, index, contains);
            let found = schemas.and_then(|schemas| {
                if rules.unique {
                    self.another(&schemas, at, &mut next, &all)
                } else {
                    self.value(&schemas, at)
                }
            });
            match found {
                Some(text) => all.push(text),
                // A recursion ends in a shorter array where that is allowed.
                None if index as u64 >= least => break,
                None => return None,
            }
        }
        Some(format!("[{}]", all.join(",")))
    }

    /// A value that is not among `all` yet.
    fn another(
        &mut self,
        schemas: &[Reader<'s>],
        at: &At,
        next: &mut usize,
        all: &[String],
    ) -> Option<String> {
        for _ in 0..=all.len() {
            let text = self.value(schemas, &at.nth(*next))?;
            *next += 1;
            self.spend(all.len())?;
            if !all.contains(&text) {
                return Some(text);
            }
        }
        None
    }
}

/// The schemas of the element at `index`; `None` if there may be no such element.
fn element<'s>(
    rules: &Rules<'s>,
    prefixes: &[Vec<Reader<'s>>],
    index: usize,
    contains: Option<Reader<'s>>,
) -> Option<Vec<Reader<'s>>> {
    let mut schemas: Vec<Reader<'s>> = prefixes
        .iter()
        .filter_map(|list| list.get(index).copied())
        .collect();
    if schemas.is_empty() {
        schemas.extend(&rules.elements);
    }
    schemas.extend(contains);
    let never = |schema: &Reader<'s>| {
        schema.kind() == ValueKind::Boolean && { *schema }.boolean() == Some(false)
    };
    (!schemas.iter().any(never)).then_some(schemas)
}
