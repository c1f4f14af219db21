//! Which violations only follow from others.

use openresponses_types::check::{StreamRule, StreamViolation};
use openresponses_types::{Path, Violation};

/// What was lost with events that could not be read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    any: bool,
    first: bool,
    terminal: bool,
    /// Nobody knows the response.
    unknown: bool,
}

impl Lost {
    /// An event of this type could not be read.
    pub(crate) fn note(&mut self, event_type: &str, number: u64) {
        // What implementers send is no part of the response.
        if event_type.contains(':') {
            return;
        }
        self.any = true;
        self.first |= number == 0;
        self.terminal |= matches!(
            event_type,
            "response.completed" | "response.incomplete" | "response.failed"
        );
    }

    /// The stream did not begin as it should, which is reported.
    pub(crate) fn note_start(&mut self) {
        self.unknown = true;
    }

    /// Whether a rule is broken, as likely as not, only because an event is not known.
    pub(crate) fn explains(self, rule: StreamRule) -> bool {
        use StreamRule as R;
        match rule {
            R::FirstEvent => self.first,
            R::ResponseIdentity => self.first || self.unknown,
            R::TerminalMissing | R::ErrorNotFollowed => self.terminal,
            R::EventUnreadable
            | R::EventName
            | R::EventType
            | R::DoneMarkerMissing
            | R::DoneMarkerEarly
            | R::DoneMarkerRepeated
            | R::AfterDoneMarker
            | R::AfterTerminal
            | R::SequenceNumber
            | R::LifecycleRepeated
            | R::LifecycleOrder
            | R::ResponseStatus
            | R::SnapshotOutput
            | R::ItemMissing
            | R::ItemIdMissing
            | R::ItemIdRepeated
            | R::ItemAddedTwice
            | R::ItemDoneTwice
            | R::PartDoneTwice
            | R::TextDoneTwice
            | R::ItemStatus
            | R::TypeNotPrefixed
            | R::TooLarge => false,
            _ => self.any,
        }
    }
}

/// Whether the event's schema says the same of the same place already.
pub(crate) fn said_by_schema(violation: &StreamViolation, schema: &[Violation]) -> bool {
    schema
        .iter()
        .any(|found| !found.path.is_root() && starts_with(&violation.path, &found.path))
}

fn starts_with(path: &Path, start: &Path) -> bool {
    path.segments().starts_with(start.segments())
}
