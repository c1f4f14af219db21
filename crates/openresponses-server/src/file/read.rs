//! Reading of the text, beyond its first fault.

use std::collections::BTreeMap;

use serde_path_to_error::{Path, Segment};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::faults::Faults;
use super::source::{Source, without_values};
use super::{File, path};

/// How many faults are looked for.
const MAX_FAULTS: usize = 100;

/// Reads a file. Each value with a fault is reported, left out, and the rest is read without it.
pub(super) fn read(source: &Source) -> (File, Faults) {
    let mut faults = Faults::default();
    let (mut table, errors) = DeTable::parse_recoverable(source.text());
    if !errors.is_empty() {
        for error in errors {
            faults.push(source.syntax(error.span(), error.message()));
        }
        return (File::default(), faults);
    }
    let mut removed = Removed::default();
    for _ in 0..MAX_FAULTS {
        let document = toml::Deserializer::from(table.clone());
        let error = match serde_path_to_error::deserialize(document) {
            Ok(file) => return (file, faults),
            Err(error) => error,
        };
        let message = error.inner().message();
        let is_unknown = message.starts_with("unknown field");
        let steps = steps(error.path());
        let original = removed.original(&steps);
        // A field that was removed is not missing.
        if !(message.starts_with("missing field") && removed.is_below(&original)) {
            let field = path::shown(&original, is_unknown);
            let message = without_values(message);
            faults.push(source.fault(error.inner().span(), &field, message));
        }
        if !removed.remove(table.get_mut(), &steps) {
            break;
        }
    }
    (File::default(), faults)
}

/// A step of a path into the document.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

fn steps(path: &Path) -> Vec<Step> {
    let steps = path.iter().filter_map(|segment| match segment {
        // The inside of a spanned value.
        Segment::Map { key } if key.starts_with("$__serde_spanned") => None,
        Segment::Map { key } => Some(Step::Key(key.clone())),
        Segment::Seq { index } => Some(Step::Index(*index)),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    steps.collect()
}

/// The values that were left out.
#[derive(Default)]
struct Removed {
    paths: Vec<Vec<Step>>,
    /// How many entries of each array. Arrays are read in order, so these entries stood before
    /// those that are read next.
    entries: BTreeMap<Vec<Step>, usize>,
}

impl Removed {
    /// Returns whether a value below this path was removed.
    fn is_below(&self, path: &[Step]) -> bool {
        self.paths.iter().any(|removed| removed.starts_with(path))
    }

    /// Returns the path in the document as it was written.
    fn original(&self, steps: &[Step]) -> Vec<Step> {
        let original = steps.iter().enumerate().map(|(at, step)| match step {
            Step::Key(key) => Step::Key(key.clone()),
            Step::Index(index) => {
                let removed = steps.get(..at).and_then(|array| self.entries.get(array));
                Step::Index(index + removed.copied().unwrap_or_default())
            }
        });
        original.collect()
    }

    /// Removes a value. Returns false where there is none.
    fn remove(&mut self, table: &mut DeTable<'_>, steps: &[Step]) -> bool {
        let Some((last, parents)) = steps.split_last() else {
            return false;
        };
        self.paths.push(self.original(steps));
        let [Step::Key(first), rest @ ..] = parents else {
            let Step::Key(name) = last else { return false };
            return remove_key(table, name);
        };
        let Some(value) = get(table, first) else {
            return false;
        };
        let mut value = value;
        for step in rest {
            let next = match (value.get_mut(), step) {
                (DeValue::Table(table), Step::Key(name)) => get(table, name),
                (DeValue::Array(array), Step::Index(index)) => array.get_mut(*index),
                _ => None,
            };
            match next {
                Some(next) => value = next,
                None => return false,
            }
        }
        match (value.get_mut(), last) {
            (DeValue::Table(table), Step::Key(name)) => remove_key(table, name),
            (DeValue::Array(array), Step::Index(index)) if *index < array.len() => {
                let kept = array.iter().enumerate().filter(|(at, _)| at != index);
                *array = kept.map(|(_, value)| value.clone()).collect();
                *self.entries.entry(parents.to_vec()).or_default() += 1;
                true
            }
            _ => false,
        }
    }
}

fn get<'t, 'i>(table: &'t mut DeTable<'i>, name: &str) -> Option<&'t mut Spanned<DeValue<'i>>> {
    let mut entries = table.iter_mut();
    entries.find_map(|(key, value)| (key.get_ref() == name).then_some(value))
}

fn remove_key(table: &mut DeTable<'_>, name: &str) -> bool {
    table.remove(name).is_some()
}
