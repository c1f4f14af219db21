//! The rules of a stream.

use core::fmt;

macro_rules! rules {
    ($( $(#[doc = $why:literal])* $variant:ident = $name:literal, $section:literal, $message:literal; )*) => {
        /// A rule of streams.
        ///
        /// | name | place in the specification | rule |
        /// |---|---|---|
        $( #[doc = concat!("| `", $name, "` | ", $section, " | ", $message, " |")] )*
        ///
        /// ```
        /// use openresponses_types::check::StreamRule;
        ///
        /// assert_eq!(StreamRule::SequenceNumber.name(), "sequence-number");
        /// assert_eq!(StreamRule::from_name("sequence-number"), Some(StreamRule::SequenceNumber));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum StreamRule {
            $( #[doc = concat!("`", $name, "`: ", $message)] #[doc = ""] $(#[doc = $why])* $variant, )*
        }

        impl StreamRule {
            /// Returns all rules.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the rule's name. It is stable across versions.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// Returns the section of the specification with the rule.
            #[must_use]
            pub fn section(self) -> &'static str {
                match self { $( Self::$variant => $section, )* }
            }

            /// Returns the rule in one sentence.
            #[must_use]
            pub fn message(self) -> &'static str {
                match self { $( Self::$variant => $message, )* }
            }
        }
    };
}

rules! {
    EventUnreadable = "event-unreadable", "Streaming HTTP Responses",
        "Each event's data is one JSON object of the shape that its type has.";
    /// By the standard an event without the field is named `message`, so listeners for a type never
    /// receive it: over HTTP a missing field is a violation too. Other transports have no such
    /// field, and there the [`Checker`](super::Checker) is given `None`.
    EventName = "event-name-mismatch", "Streaming HTTP Responses",
        "The SSE field `event` matches the `type` in the event's body.";
    EventType = "event-type-invalid", "Streaming HTTP Responses",
        "An event's type can stand in the field `event`: it has no line breaks or control characters.";
    /// The text says MUST, though not every server complies. Without the marker the end of a stream
    /// cannot be distinguished from a connection that was cut after the terminal event, and clients
    /// that wait for it wait until the connection closes. The response is complete regardless, so
    /// enforcing the rule does not end the stream.
    DoneMarkerMissing = "done-marker-missing", "Streaming HTTP Responses",
        "The last data of an HTTP stream is the literal `[DONE]`.";
    /// Clients stop reading at the marker, so they never see later events.
    DoneMarkerEarly = "done-marker-before-terminal-event", "Streaming HTTP Responses",
        "The marker `[DONE]` comes after the terminal event.";
    DoneMarkerRepeated = "done-marker-repeated", "Streaming HTTP Responses",
        "The marker `[DONE]` comes once.";
    AfterDoneMarker = "event-after-done-marker", "Streaming HTTP Responses",
        "Nothing comes after the marker `[DONE]`.";
    /// The text has the number increase "within the stream or session", so that clients can order
    /// events and see gaps. A gap can only be seen where each number is one more than the last; the
    /// first may be any.
    SequenceNumber = "sequence-number", "Extending streaming events",
        "The events of a stream, those of implementers included, are numbered one by one, without gaps.";
    FirstEvent = "first-event-not-created", "Streaming",
        "A stream begins with `response.created`.";
    LifecycleRepeated = "lifecycle-event-repeated", "Streaming",
        "`response.created`, `response.queued` and `response.in_progress` each come at most once.";
    LifecycleOrder = "lifecycle-event-order", "Streaming",
        "A response is queued before it is in progress, and in progress before its first item.";
    /// A client cannot distinguish silence from a network fault.
    TerminalMissing = "terminal-event-missing", "Streaming",
        "A stream ends with one of `response.completed`, `response.incomplete`, `response.failed`.";
    AfterTerminal = "event-after-terminal", "Streaming",
        "Nothing comes after the terminal event.";
    ErrorNotFollowed = "error-without-response-failed", "Errors",
        "The event `error` is followed by `response.failed`.";
    ResponseIdentity = "response-identity", "Streaming",
        "All snapshots of a stream are of one response: the same `id` and `created_at`.";
    ResponseStatus = "response-status", "State machines",
        "A snapshot's status is the one that its event's type tells.";
    SnapshotOutput = "output-before-items", "Streaming",
        "A snapshot from before the first item has no output.";
    /// A client that shows the events and one that waits for the response must read the same
    /// answer. Statuses count where both have one; annotations and log probabilities may be in one
    /// of the two only.
    OutputMismatch = "terminal-output-mismatch", "Semantic events",
        "The output of the terminal response is the items as they were streamed, in their order.";
    ItemMissing = "item-missing", "Items are streamable",
        "An event about an item carries the item.";
    ItemNotAdded = "item-not-added", "Items are streamable",
        "An item's first event is `response.output_item.added`.";
    ItemAddedTwice = "item-added-twice", "Items are streamable",
        "An item is added once.";
    ItemNotDone = "item-not-done", "Items are streamable",
        "Each item is closed with `response.output_item.done` before its response ends, unless it fails.";
    ItemDoneTwice = "item-done-twice", "Items are streamable",
        "An item is closed once.";
    ItemIdMissing = "item-id-missing", "Required item fields",
        "Each item has an `id`.";
    ItemIdRepeated = "item-id-not-unique", "Required item fields",
        "No two items of a response have the same `id`.";
    ItemId = "item-id-mismatch", "Items are streamable",
        "All events about an item name the `id` with which it was added.";
    OutputIndex = "output-index", "Items are streamable",
        "`output_index` counts the items from 0 in the order in which they are added, and stays an item's own.";
    ItemChanged = "item-changed", "Items are streamable",
        "What an item was announced with stays: its type, its role, its function's name, its `call_id`.";
    ItemStatus = "item-status", "Items are state machines",
        "A closed item is `completed` or `incomplete`, and no longer `in_progress`.";
    IncompleteNotLast = "incomplete-item-not-last", "Items are state machines",
        "An item that is `incomplete` is the last one.";
    IncompleteResponse = "incomplete-item-response-status", "Items are state machines",
        "A response with an `incomplete` item is `incomplete` itself.";
    PartNotAdded = "part-not-added", "Items are streamable",
        "A part's first event is its `added` event.";
    PartAddedTwice = "part-added-twice", "Items are streamable",
        "A part is added once.";
    PartNotDone = "part-not-done", "Items are streamable",
        "Each part is closed with its `done` event before its item is.";
    PartDoneTwice = "part-done-twice", "Items are streamable",
        "A part is closed once.";
    PartChanged = "part-changed", "Items are streamable",
        "A part keeps the type with which it was added, and stays in its item.";
    ContentIndex = "content-index", "Items are streamable",
        "`content_index` counts an item's parts from 0 in the order in which they are added.";
    SummaryIndex = "summary-index", "Items are streamable",
        "`summary_index` counts a summary's parts from 0 in the order in which they are added.";
    AnnotationIndex = "annotation-index", "Items are streamable",
        "`annotation_index` counts a part's annotations from 0 in the order in which they are added.";
    AnnotationMismatch = "annotations-mismatch", "Items are streamable",
        "Where annotations are streamed, the finished part has those and no others.";
    DeltaAfterDone = "delta-after-done", "Items are state machines",
        "Nothing is added to a text, a part or an item after it was closed.";
    EventMisplaced = "event-misplaced", "Items are streamable",
        "An event fits the type of the item and the part that it is about.";
    /// A text that appears in its done event for the first time was not streamed, which is what the
    /// client asked for.
    DeltasMissing = "deltas-missing", "Items are streamable",
        "What a finished item contains was streamed before, or announced with it.";
    TextMismatch = "text-mismatch", "Items are streamable",
        "A finished text is its deltas, one after the other.";
    TextNotDone = "text-not-done", "Items are streamable",
        "A text is closed with its `done` event before its part is.";
    TextDoneTwice = "text-done-twice", "Items are streamable",
        "A text, or a call's arguments, is closed once.";
    ArgumentsMismatch = "arguments-mismatch", "Items are streamable",
        "A call's finished arguments are their deltas, one after the other.";
    ArgumentsNotDone = "arguments-not-done", "Items are streamable",
        "Streamed arguments are closed with `response.function_call_arguments.done` before their item is.";
    /// Types of OpenAI's API are exempt, since clients know them.
    TypeNotPrefixed = "type-not-prefixed", "Extending streaming events",
        "Items and events of implementers' own are prefixed with a slug: `slug:name`.";
    TooLarge = "output-too-large", "Streaming",
        "The output stays within the limit that was set for this check.";
}

impl StreamRule {
    /// Returns the rule of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }

    /// Returns true if enforcing the rule ends the stream. Violations of the others leave the
    /// response complete: the event is dropped, or clients can ignore it.
    #[must_use]
    pub fn ends_stream(self) -> bool {
        !matches!(
            self,
            Self::AfterTerminal
                | Self::AfterDoneMarker
                | Self::DoneMarkerMissing
                | Self::DoneMarkerRepeated
                | Self::TypeNotPrefixed
        )
    }
}

impl fmt::Display for StreamRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
