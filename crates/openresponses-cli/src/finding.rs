//! Findings in documents, streams and answers.

use std::borrow::Cow;

use openresponses_types::Violation;
use openresponses_types::check::StreamViolation;
use openresponses_types::diagnostics::{Path, Warning};

/// A violated rule and its place.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    /// The place inside the document, or inside the event.
    pub(crate) path: Path,
    pub(crate) code: &'static str,
    pub(crate) rule: Cow<'static, str>,
    pub(crate) message: String,
    /// Byte offset in the file.
    pub(crate) place: Option<usize>,
    /// Place in a stream.
    pub(crate) at: Option<At>,
    /// Section of the specification with the rule.
    pub(crate) section: Option<Cow<'static, str>>,
}

/// An event of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct At {
    /// Counted from 0; for something missing at the end, the number of events.
    pub(crate) event: u64,
    /// The byte of the stream where the event starts.
    pub(crate) offset: u64,
}

impl From<Violation> for Finding {
    fn from(violation: Violation) -> Self {
        Self {
            path: violation.path,
            code: violation.code.name(),
            rule: violation.rule,
            message: violation.message,
            place: violation.offset,
            at: None,
            section: None,
        }
    }
}

impl Finding {
    /// A document rule that an event violates. Its data starts at byte `data`, if it is contiguous.
    pub(crate) fn in_event(violation: Violation, at: At, data: Option<usize>) -> Self {
        let mut found = Self::from(violation);
        let schema = found.rule.split(['.', ':']).next().unwrap_or_default();
        found.section = Some(Cow::Owned(format!("openapi.json, {schema}")));
        found.place = data
            .map(|data| data.saturating_add(found.place.unwrap_or_default()))
            .or(usize::try_from(at.offset).ok());
        found.at = Some(at);
        found
    }

    /// A rule of the streams.
    pub(crate) fn of_stream(violation: &StreamViolation, at: At) -> Self {
        let rule = violation.rule;
        let mut found = Self::of_framing(
            rule.name(),
            rule.section(),
            sentence(rule.message(), &violation.detail),
            at,
        );
        found.path = violation.path.clone();
        found
    }

    /// A rule about the bytes of a stream.
    pub(crate) fn of_framing(
        rule: &'static str,
        section: &'static str,
        message: String,
        at: At,
    ) -> Self {
        Self {
            path: Path::default(),
            code: "invalid_stream",
            rule: Cow::Borrowed(rule),
            message,
            place: usize::try_from(at.offset).ok(),
            at: Some(at),
            section: Some(Cow::Borrowed(section)),
        }
    }

    /// Returns the member at fault, as `error.param` names it: `body` for a document as a whole.
    pub(crate) fn param(&self) -> Option<String> {
        let document = || self.at.is_none().then(|| "body".to_owned());
        self.path.param().or_else(document)
    }
}

/// The rule and the actual content.
fn sentence(rule: &str, detail: &str) -> String {
    if detail.is_empty() {
        rule.to_owned()
    } else {
        format!("{}: {detail}.", rule.trim_end_matches('.'))
    }
}

/// Something that is accepted here but not by every implementation.
#[derive(Clone, Debug)]
pub(crate) struct Caveat {
    pub(crate) name: &'static str,
    pub(crate) param: Option<String>,
    /// The known member that was probably meant.
    pub(crate) suggestion: Option<&'static str>,
    /// Byte offset in the file.
    pub(crate) place: Option<usize>,
    pub(crate) at: Option<At>,
}

impl From<&Warning> for Caveat {
    fn from(warning: &Warning) -> Self {
        Self {
            name: warning.leniency.name(),
            param: warning.path.param(),
            suggestion: warning.suggestion,
            place: warning.offset,
            at: None,
        }
    }
}
