use alloc::string::String;
use core::fmt;

use super::rule::StreamRule;
use crate::diagnostics::Path;

/// A violated rule and the event that violates it.
///
/// ```
/// use openresponses_types::StreamEvent;
/// use openresponses_types::check::Checker;
///
/// let mut checker = Checker::new();
/// for number in [3, 5] {
///     let event = format!(r#"{{"type":"acme:ping","sequence_number":{number}}}"#);
///     let event = StreamEvent::from_json(event.as_bytes())?;
///     checker.push(&event, None);
/// }
/// let found: Vec<String> = std::iter::from_fn(|| checker.pop()).map(|found| found.to_string()).collect();
/// assert_eq!(found, [
///     "event 0: first-event-not-created at type: got acme:ping",
///     "event 1: sequence-number at sequence_number: expected 4, got 5",
/// ]);
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StreamViolation {
    /// The rule.
    pub rule: StreamRule,
    /// Index of the event at which it was detected, from 0 in order of arrival. For events missing
    /// at the end, the number of events.
    pub event: u64,
    /// The place inside the event; the root for the event as a whole.
    pub path: Path,
    /// Expected and actual content. Texts of the model are never shown.
    pub detail: String,
}

impl StreamViolation {
    /// The stream has no end.
    pub(crate) fn without_end() -> Self {
        Self {
            rule: StreamRule::TerminalMissing,
            event: 0,
            path: Path::default(),
            detail: String::new(),
        }
    }

    /// Returns the place inside the event as `error.param` writes it.
    #[must_use]
    pub fn param(&self) -> Option<String> {
        self.path.param()
    }
}

impl fmt::Display for StreamViolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {}: {}", self.event, self.rule)?;
        if let Some(param) = self.param() {
            write!(f, " at {param}")?;
        }
        match self.detail.as_str() {
            "" => write!(f, ": {}", self.rule.message()),
            detail => write!(f, ": {detail}"),
        }
    }
}

impl core::error::Error for StreamViolation {}
