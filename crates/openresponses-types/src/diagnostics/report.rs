//! What validation found.

use alloc::vec::Vec;
use core::fmt;

use super::leniency::Leniency;
use super::path::Path;
use super::violation::Violation;

/// A place where a document was accepted only because of a [`Leniency`].
///
/// ```
/// use openresponses_types::diagnostics::{Leniency, Path, Warning};
///
/// let warning = Warning::new(Leniency::ALL[0], Path::default().member("input")).at(10);
/// assert_eq!(warning.offset, Some(10));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Warning {
    /// Which one.
    pub leniency: Leniency,
    /// The place.
    pub path: Path,
    /// The known member that was probably meant, for [`Leniency::MisspelledMember`].
    pub suggestion: Option<&'static str>,
    /// The byte of the document where the value starts, when the document's text was at hand.
    pub offset: Option<usize>,
}

impl Warning {
    /// Creates a warning of a `leniency` that was needed at `path`.
    #[must_use]
    pub fn new(leniency: Leniency, path: Path) -> Self {
        Self {
            leniency,
            path,
            suggestion: None,
            offset: None,
        }
    }

    /// Sets the byte of the document where the value starts.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path.param() {
            Some(param) => write!(f, "{} at {param}", self.leniency)?,
            None => write!(f, "{}", self.leniency)?,
        }
        match self.suggestion {
            Some(meant) => write!(f, ": did you mean '{meant}'?"),
            None => Ok(()),
        }
    }
}

/// What [`validate`](crate::schema::validate()) found in a document.
///
/// Bounded, whatever the document: at most 64 violations, and at most 16 warnings of each leniency.
///
/// ```
/// use openresponses_types::diagnostics::ValidationReport;
///
/// let report = ValidationReport::default();
/// assert!(report.is_ok());
/// assert_eq!(report.into_result(), Ok(Vec::new()));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ValidationReport {
    /// The rules that the document breaks, in the order of the document.
    pub violations: Vec<Violation>,
    /// The leniencies that it needed, in the order of the document.
    pub warnings: Vec<Warning>,
    /// True when there are more violations than listed.
    pub more_violations: bool,
    /// True when there are more warnings than listed.
    pub more_warnings: bool,
}

impl ValidationReport {
    /// Returns true if the document breaks no rule.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.violations.is_empty()
    }

    /// Returns the warnings of an acceptable document.
    ///
    /// # Errors
    /// The first violation: the one to answer with.
    pub fn into_result(self) -> Result<Vec<Warning>, Violation> {
        match self.violations.into_iter().next() {
            Some(violation) => Err(violation),
            None => Ok(self.warnings),
        }
    }
}
