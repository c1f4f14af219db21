//! The result of a check.

use crate::finding::{At, Caveat, Finding};
use crate::quirk::{self, Quirk};

/// A known server's fault, with the number of findings that it explains.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Note {
    pub(crate) quirk: &'static Quirk,
    pub(crate) count: usize,
    /// The first place.
    pub(crate) at: Option<At>,
}

/// All findings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Checked {
    /// Unknown when the text is not JSON and the kind was not given.
    pub(crate) kind: Option<&'static str>,
    pub(crate) violations: Vec<Finding>,
    pub(crate) warnings: Vec<Caveat>,
    /// What known servers do, too.
    pub(crate) notes: Vec<Note>,
    /// The list of violations is truncated.
    pub(crate) more: bool,
}

impl Checked {
    /// Returns whether nothing was found. Beyond the limit of the list nothing was looked for.
    pub(crate) fn is_ok(&self) -> bool {
        self.violations.is_empty() && !self.more
    }

    /// Turns violations that known servers' quirks explain into notes.
    pub(crate) fn excuse(&mut self) {
        let notes = &mut self.notes;
        self.violations.retain(|found| {
            let Some(quirk) = quirk::of(found) else {
                return true;
            };
            match notes.iter_mut().find(|note| note.quirk.name == quirk.name) {
                Some(note) => note.count += 1,
                None => notes.push(Note {
                    quirk,
                    count: 1,
                    at: found.at,
                }),
            }
            false
        });
    }
}
