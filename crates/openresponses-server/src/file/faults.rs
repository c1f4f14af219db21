//! All faults of a file.

use std::fmt;

use super::source::Fault;

/// The faults of a file, in the order in which they were found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn push(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    /// Keeps the fault of a failed step; returns the result of any other.
    pub(crate) fn take<T>(&mut self, result: Result<T, Fault>) -> Option<T> {
        result.map_err(|fault| self.push(fault)).ok()
    }

    /// Adds the faults of a later step, without those that follow from these: faults of the same
    /// entry, and names that do not resolve once an entry that may define them is faulty.
    pub(crate) fn append(&mut self, later: Self) {
        let is_defining = |fault: &Fault| !fault.is_unresolved() && fault.is_of_catalog();
        let is_open = self.0.iter().chain(&later.0).any(is_defining);
        let follows = |fault: &Fault| {
            (fault.is_unresolved() && is_open)
                || self.0.iter().any(|earlier| earlier.is_of_entry_of(fault))
        };
        let later: Vec<_> = later
            .0
            .into_iter()
            .filter(|fault| !follows(fault))
            .collect();
        self.0.extend(later);
    }

    /// # Errors
    /// These faults, if there are any.
    pub(crate) fn into_result<T>(self, value: Option<T>) -> Result<T, Self> {
        match value {
            Some(value) if self.is_empty() => Ok(value),
            _ => Err(self),
        }
    }

    /// Returns whether keys or issuers may have been left out.
    pub(crate) fn hide_callers(&self) -> bool {
        self.0.iter().any(Fault::hides_callers)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter()
    }
}

impl From<Fault> for Faults {
    fn from(fault: Fault) -> Self {
        Self(vec![fault])
    }
}

/// One fault a line.
impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{fault}")?;
        }
        Ok(())
    }
}
