//! Suppresses violations that follow from others.

use openresponses_types::Violation;
use openresponses_types::check::{StreamRule, StreamViolation};
use openresponses_types::diagnostics::Path;
use openresponses_types::event::EventFamily;

/// Losses due to unreadable events, each by the number of the first such event.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lost {
    any: Option<u64>,
    first: Option<u64>,
    terminal: Option<u64>,
    /// The response is unknown.
    unknown: Option<u64>,
}

impl Lost {
    /// An event of this type could not be read.
    pub(crate) fn note(&mut self, event_type: &str, number: u64) {
        // Events of implementers are not part of the response.
        if event_type.contains(':') {
            return;
        }
        self.any.get_or_insert(number);
        if number == 0 {
            self.first = Some(number);
        }
        if EventFamily::of_type(event_type).is_terminal() {
            self.terminal.get_or_insert(number);
        }
    }

    /// The stream had an invalid start, which is reported for this event.
    pub(crate) fn note_start(&mut self, number: u64) {
        self.unknown.get_or_insert(number);
    }

    /// Returns true if the violation probably follows from an unreadable event before.
    pub(crate) fn explains(self, rule: StreamRule, event: u64) -> bool {
        use StreamRule as R;
        let lost = match rule {
            R::FirstEvent => self.first,
            R::ResponseIdentity => self.first.or(self.unknown),
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
            | R::TooLarge => None,
            _ => self.any,
        };
        lost.is_some_and(|lost| lost <= event)
    }
}

/// Returns true if the event's schema already reports the same place.
pub(crate) fn reported_by_schema(violation: &StreamViolation, schema: &[Violation]) -> bool {
    schema
        .iter()
        .any(|found| !found.path.is_root() && starts_with(&violation.path, &found.path))
}

fn starts_with(path: &Path, start: &Path) -> bool {
    path.segments().starts_with(start.segments())
}
