//! The search for a value: choices tried in order, within bounds.

use std::collections::BTreeMap;

use openresponses_types::json::{RawJson, Reader, ValueKind};

use super::rules::{Choice, Rules, Type, elements};

/// Work limit of one attempt, in bytes of schema read and sample written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Work(u64);

impl Work {
    /// The most for any schema. Beyond it the sample is `{}`.
    pub(crate) const ALL: Self = Self(16 << 20);

    /// What may be done on a thread that serves connections: less than a millisecond.
    pub(crate) const AT_ONCE: Self = Self(64 << 10);
}

/// A sample takes more work than was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct OverBudget;

/// How deep values, choices and `allOf` may nest in one another.
const DEPTH: usize = 100;

/// Strategy of one attempt. The next one is tried when a recursion does not end.
#[derive(Clone, Copy)]
pub(super) struct Mode {
    /// Maximum number of nested uses of one `$ref`.
    rounds: usize,
    /// Prefer null and empty arrays, which end recursions.
    pub(super) least: bool,
}

const MODES: [Mode; 3] = [
    Mode {
        rounds: 2,
        least: false,
    },
    Mode {
        rounds: 1,
        least: false,
    },
    Mode {
        rounds: 1,
        least: true,
    },
];

/// Position of the search.
#[derive(Clone)]
pub(super) struct At {
    /// Targets of the references on the path, as offsets.
    path: Vec<usize>,
    /// Remaining depth.
    depth: usize,
    /// Index among several distinct values.
    pub(super) nth: usize,
}

impl At {
    /// One level deeper.
    pub(super) fn deeper(&self) -> Option<Self> {
        let mut at = self.clone();
        at.depth = at.depth.checked_sub(1)?;
        Some(at)
    }

    /// Adds the references that were followed further on.
    pub(super) fn join(&mut self, deeper: Self) {
        self.path = deeper.path;
    }

    /// The same place, for another value.
    pub(super) fn nth(&self, nth: usize) -> Self {
        Self {
            nth,
            ..self.clone()
        }
    }
}

pub(super) struct Sampler<'s> {
    root: Reader<'s>,
    pub(super) mode: Mode,
    work: u64,
    is_exhausted: bool,
    references: BTreeMap<Box<str>, Option<Reader<'s>>>,
}

impl<'s> Sampler<'s> {
    /// A value for `schema`, which has to be an object if `object`. With less than all work the result is
    /// the same, or an error.
    pub(super) fn sample(
        schema: &'s RawJson,
        object: bool,
        work: Work,
    ) -> Result<Option<String>, OverBudget> {
        for mode in MODES {
            let mut sampler = Self {
                root: schema.reader(),
                mode,
                work: work.0,
                is_exhausted: false,
                references: BTreeMap::new(),
            };
            match sampler.root(object) {
                Some(found) => return Ok(Some(found)),
                None if sampler.is_exhausted && work != Work::ALL => return Err(OverBudget),
                None => {}
            }
        }
        Ok(None)
    }

    fn root(&mut self, object: bool) -> Option<String> {
        let mut at = At {
            path: vec![self.root.offset()],
            depth: DEPTH,
            nth: 0,
        };
        let mut rules = Rules::default();
        self.collect(self.root, &mut rules, &mut at)?;
        // JSON requested without a type is an object.
        if object || !rules.says_type() {
            rules.allow(vec![Type::Object]);
        }
        self.choose(rules, &at)
    }

    /// A value that satisfies all of `schemas`.
    pub(super) fn value(&mut self, schemas: &[Reader<'s>], at: &At) -> Option<String> {
        self.value_within(Rules::default(), schemas, at)
    }

    /// A value that satisfies `rules` and all of `schemas`.
    pub(super) fn value_within(
        &mut self,
        mut rules: Rules<'s>,
        schemas: &[Reader<'s>],
        at: &At,
    ) -> Option<String> {
        let mut at = at.deeper()?;
        for schema in schemas {
            self.collect(*schema, &mut rules, &mut at)?;
        }
        self.choose(rules, &at)
    }

    /// Resolves the choices in order, with backtracking.
    fn choose(&mut self, mut rules: Rules<'s>, at: &At) -> Option<String> {
        let Some(choice) = rules.choices.pop() else {
            return self.build(&rules, at);
        };
        let at = at.deeper()?;
        for branch in self.branches(&choice) {
            self.spend(rules.size())?;
            let (mut rules, mut at) = (rules.clone(), at.clone());
            let taken = branch
                .iter()
                .try_for_each(|schema| self.collect(*schema, &mut rules, &mut at));
            if taken.is_some()
                && let Some(value) = self.choose(rules, &at)
            {
                return Some(value);
            }
        }
        None
    }

    /// The branches in the order in which they are tried.
    fn branches(&mut self, choice: &Choice<'s>) -> Vec<Vec<Reader<'s>>> {
        match choice {
            Choice::Branches(array) => {
                let all = elements(*array);
                let (mut nulls, mut others): (Vec<_>, Vec<_>) = all.into_iter().partition(is_null);
                if self.mode.least {
                    nulls.append(&mut others);
                    std::mem::swap(&mut nulls, &mut others);
                } else {
                    others.append(&mut nulls);
                }
                others.into_iter().map(|branch| vec![branch]).collect()
            }
            Choice::Condition {
                condition,
                then,
                otherwise,
            } => {
                let mut yes = vec![*condition];
                yes.extend(then);
                vec![yes, otherwise.iter().copied().collect()]
            }
        }
    }

    /// Follows a reference, unless it was followed too often on the way here.
    pub(super) fn follow(&mut self, reference: &str, at: &mut At) -> Option<Option<Reader<'s>>> {
        let found = match self.references.get(reference) {
            Some(found) => *found,
            None => {
                let found = resolve(self.root, reference);
                let mut root = self.root;
                self.spend(root.raw().len())?;
                self.references.insert(reference.into(), found);
                found
            }
        };
        let Some(target) = found else {
            return Some(None);
        };
        let rounds = at.path.iter().filter(|seen| **seen == target.offset());
        if rounds.count() >= self.mode.rounds {
            return None;
        }
        at.path.push(target.offset());
        Some(Some(target))
    }

    /// Subtracts `bytes` from the remaining work.
    pub(super) fn spend(&mut self, bytes: usize) -> Option<()> {
        let cost = u64::try_from(bytes).ok()?.saturating_add(64);
        let left = self.work.checked_sub(cost);
        self.work = left.unwrap_or(0);
        self.is_exhausted |= left.is_none();
        left.map(|_| ())
    }
}

/// Returns true for a schema that only null satisfies.
fn is_null(schema: &Reader<'_>) -> bool {
    let only = |name: &str| {
        schema.member(name).is_some_and(|value| {
            let inside = elements(value);
            match inside.as_slice() {
                [] => is_null_word(value),
                [one] => is_null_word(*one),
                _ => false,
            }
        })
    };
    only("type") || only("const") || only("enum")
}

fn is_null_word(mut value: Reader<'_>) -> bool {
    value.kind() == ValueKind::Null || value.string().as_deref() == Some("null")
}

/// The target of a local reference (`#`, `#/$defs/x`).
fn resolve<'s>(root: Reader<'s>, reference: &str) -> Option<Reader<'s>> {
    let pointer = reference.strip_prefix('#')?;
    let mut at = root;
    if pointer.is_empty() {
        return Some(at);
    }
    for token in pointer.strip_prefix('/')?.split('/') {
        let token = percent_decoded(token)?
            .replace("~1", "/")
            .replace("~0", "~");
        at = match at.kind() {
            ValueKind::Array => elements(at).get(token.parse::<usize>().ok()?).copied()?,
            _ => at.member(&token)?,
        };
    }
    Some(at)
}

fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        if *first == b'%' {
            let digits = std::str::from_utf8(behind.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = behind.get(2..)?;
        } else {
            bytes.push(*first);
            rest = behind;
        }
    }
    String::from_utf8(bytes).ok()
}
