//! What events do: the enumerations over which every match is exhaustive.

use super::text_kind::TextKind;

/// What an event does, without what it says.
///
/// ```
/// use openresponses_types::event::{EventFamily, TextKind};
///
/// assert_eq!(
///     EventFamily::of_type("response.output_text.delta"),
///     EventFamily::TextDelta(TextKind::Output),
/// );
/// assert_eq!(EventFamily::of_type("acme:trace_event"), EventFamily::Other);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EventFamily {
    /// Carries the response as a whole.
    Lifecycle(LifecycleEvent),
    /// Adds an item to the output.
    ItemAdded,
    /// Closes an item.
    ItemDone,
    /// Adds a part to an item.
    PartAdded(PartList),
    /// Closes a part.
    PartDone(PartList),
    /// Appends to a part's text.
    TextDelta(TextKind),
    /// Closes a part's text.
    TextDone(TextKind),
    /// Adds an annotation to a part.
    AnnotationAdded,
    /// Appends to a function call's arguments.
    ArgumentsDelta,
    /// Closes a function call's arguments.
    ArgumentsDone,
    /// Announces that the response fails.
    Error,
    /// An implementer's event, or one of an unknown type.
    Other,
}

impl EventFamily {
    /// Returns true for the last event of a stream.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        matches!(self, Self::Lifecycle(event) if event.is_terminal())
    }
}

/// An event that carries the whole response.
///
/// ```
/// use openresponses_types::event::{EventFamily, LifecycleEvent};
///
/// let family = EventFamily::of_type("response.completed");
/// assert_eq!(family, EventFamily::Lifecycle(LifecycleEvent::Completed));
/// assert!(family.is_terminal());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LifecycleEvent {
    /// `response.created`
    Created,
    /// `response.queued`
    Queued,
    /// `response.in_progress`
    InProgress,
    /// `response.completed`
    Completed,
    /// `response.incomplete`
    Incomplete,
    /// `response.failed`
    Failed,
}

impl LifecycleEvent {
    /// Returns true for completed, incomplete and failed, which end a stream.
    #[must_use]
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Created | Self::Queued | Self::InProgress => false,
            Self::Completed | Self::Incomplete | Self::Failed => true,
        }
    }
}

/// One of an item's lists of parts.
///
/// ```
/// use openresponses_types::event::{EventFamily, PartList};
///
/// let family = EventFamily::of_type("response.content_part.added");
/// assert_eq!(family, EventFamily::PartAdded(PartList::Content));
/// assert_eq!(PartList::Summary.index_member(), "summary_index");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PartList {
    /// `content`
    Content,
    /// `summary` of a reasoning item.
    Summary,
}

impl PartList {
    /// Returns the event member that holds a part's place in the list.
    #[must_use]
    pub fn index_member(self) -> &'static str {
        match self {
            Self::Content => "content_index",
            Self::Summary => "summary_index",
        }
    }

    /// The item's member.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Self::Content => "content",
            Self::Summary => "summary",
        }
    }
}
