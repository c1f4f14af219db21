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
        let found = std::mem::take(&mut self.violations);
        for found in found {
            if !self.note(&found) {
                self.violations.push(found);
            }
        }
    }

    /// Notes a violation that a known server's quirk explains. Returns false for any other.
    pub(crate) fn note(&mut self, found: &Finding) -> bool {
        let Some(quirk) = quirk::of(found) else {
            return false;
        };
        let mut notes = self.notes.iter_mut();
        match notes.find(|note| note.quirk.name == quirk.name) {
            Some(note) => note.count += 1,
            None => self.notes.push(Note {
                quirk,
                count: 1,
                at: found.at,
            }),
        }
        true
    }

    /// Moves the places in the file, before which there are `bytes` more.
    pub(crate) fn shift(&mut self, bytes: usize) {
        let found = self.violations.iter_mut().map(|found| &mut found.place);
        let warned = self.warnings.iter_mut().map(|caveat| &mut caveat.place);
        for place in found.chain(warned).flatten() {
            *place += bytes;
        }
    }
}
