//! What servers do wrong, as data.

use core::fmt;

macro_rules! repairs {
    ($( $variant:ident = $name:literal, $example:literal, $done:literal, $seen:literal, $since:literal; )*) => {
        /// A repair that a [`Relay`](super::Relay) makes.
        ///
        /// | name | what the server sends | what is done | seen at | since |
        /// |---|---|---|---|---|
        $( #[doc = concat!("| `", $name, "` | ", $example, " | ", $done, " | ", $seen, " | ", $since, " |")] )*
        ///
        /// ```
        /// use openresponses_types::relay::Repair;
        ///
        /// assert_eq!(Repair::from_name("part-added"), Some(Repair::PartAdded));
        /// for repair in Repair::ALL {
        ///     println!("{}: {}", repair.name(), repair.action());
        /// }
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Repair {
            $( #[doc = concat!("`", $name, "`: ", $example, ": ", $done, ".")] $variant, )*
        }

        impl Repair {
            /// All repairs.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Returns the repair's name. It stays the same in all versions.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $( Self::$variant => $name, )* }
            }

            /// Returns what the server sends.
            #[must_use]
            pub fn example(self) -> &'static str {
                match self { $( Self::$variant => $example, )* }
            }

            /// Returns what is done about it.
            #[must_use]
            pub fn action(self) -> &'static str {
                match self { $( Self::$variant => $done, )* }
            }

            /// Servers that were seen to do it.
            #[must_use]
            pub fn seen_at(self) -> &'static str {
                match self { $( Self::$variant => $seen, )* }
            }

            /// Returns the version of this crate that mends it first.
            #[must_use]
            pub fn since(self) -> &'static str {
                match self { $( Self::$variant => $since, )* }
            }
        }
    };
}

repairs! {
    SequenceNumber = "sequence-number", "an event without a number", "it is numbered", "llama.cpp, aimock", "0.1";
    EventName = "event-name", "a frame whose `event` field is not its type", "the type counts", "OpenRouter", "0.1";
    EventTypeInferred = "event-type-inferred", "data without a type below an `event` field that has it", "the field counts", "proxies", "0.1";
    MemberFilled = "member-filled", "a required member that is missing or null", "it gets its zero value", "xAI, LM Studio, llama.cpp", "0.1";
    MemberRetyped = "member-retyped", "a value of another type: arguments as an object, a numeric code", "it is written in its type", "llama.cpp, vLLM", "0.1";
    ObjectTyped = "object-typed", "an item or part without a type", "its members tell the type", "proxies", "0.1";
    PlaceInferred = "place-inferred", "an event without `item_id` or `output_index`", "the other of the two, or the open item, tells", "llama.cpp", "0.1";
    ItemIdChanged = "item-id-changed", "another id for an item in each event", "the first id stays", "GitHub Copilot", "0.1";
    OutputIndexChanged = "output-index-changed", "another index for an item", "the client's index stays", "LiteLLM", "0.1";
    PartIndexChanged = "part-index-changed", "a part index that is missing or was never announced", "the open part takes the event", "llama.cpp", "0.1";
    ItemIdMade = "item-id-made", "an item without an id, or with that of another item", "it gets an id", "Ollama", "0.1";
    ItemAdded = "item-added", "events about an item that was not added", "it is added", "OpenAI (`mcp_list_tools`)", "0.1";
    ItemAddedTwice = "item-added-twice", "an item that is added again", "the second event is dropped", "proxies", "0.1";
    ItemAnnouncedFinished = "item-announced-finished", "an item that is added as completed", "it is announced in progress", "OpenAI gpt-5.6", "0.1";
    ItemDone = "item-done", "an item that is not closed", "it is closed", "OpenAI (`mcp_list_tools`)", "0.1";
    ItemStatus = "item-status", "a closed item in progress, or incomplete before others", "it is completed", "vLLM", "0.1";
    ItemChanged = "item-changed", "a closed item of another type, role, name or `call_id` than announced", "what was announced stays", "proxies", "0.1";
    PartAdded = "part-added", "events about a part that was not added", "it is added", "OpenRouter", "0.1";
    PartDone = "part-done", "a part or a text that is not closed", "it is closed", "OpenRouter", "0.1";
    DeltaSent = "delta-sent", "a finished text or finished arguments that say more than their deltas", "the rest is sent as a delta", "LM Studio", "0.1";
    DeltaRepeated = "delta-repeated", "deltas of a text that the client has already", "they are dropped", "proxies", "0.1";
    TextKept = "text-kept", "a finished text that says less than its deltas", "the deltas count", "proxies", "0.1";
    AnnotationIndex = "annotation-index", "annotations that are numbered wrongly", "they are numbered", "xAI", "0.1";
    AnnotationSent = "annotation-sent", "a finished part with annotations behind those that were streamed", "the rest is sent", "proxies", "0.1";
    AnnotationKept = "annotation-kept", "a finished part with other annotations than were streamed", "those that were streamed count", "proxies", "0.1";
    EventEarly = "event-early", "events about an item before it is added", "they wait for it", "OpenAI (`mcp_list_tools`)", "0.1";
    EventRepeated = "event-repeated", "an event that closes what is closed", "it is dropped", "proxies", "0.1";
    EventLate = "event-late", "an event after the end of its item, or of the response", "it is dropped", "proxies", "0.1";
    EventMisplaced = "event-misplaced", "an event that no item can take", "it is dropped", "proxies", "0.1";
    VendorEventDropped = "vendor-event-dropped", "`keepalive`, `codex.rate_limits`", "they are dropped", "OpenAI Codex", "0.1";
    VendorEventRenamed = "vendor-event-renamed", "the same, where the host renames them", "they get the host's slug", "OpenAI Codex", "0.1";
    FrameUnreadable = "frame-unreadable", "data that is not a JSON object with a type", "it is dropped; the response fails unless its end confirms the text", "proxies", "0.1";
    FrameMended = "frame-mended", "JSON with half characters, control characters or infinite numbers", "what no parser takes is replaced", "proxies", "0.1";
    FrameUnterminated = "frame-unterminated", "a last frame without its blank line", "it is read", "proxies", "0.1";
    ErrorUntyped = "error-untyped", "`{\"error\":{...}}` without a type", "it counts as `error`", "llama.cpp, vLLM", "0.1";
    StatusFromBody = "status-from-body", "`response.completed` that holds another status", "the body's status counts", "vLLM", "0.1";
    OutputRestored = "output-restored", "a terminal response that lacks streamed items", "they are put back", "OpenAI Codex", "0.1";
    UsageMapped = "usage-mapped", "usage under the names of Chat Completions", "it is renamed", "proxies", "0.1";
}

impl Repair {
    /// Returns the repair of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|repair| repair.name() == name)
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How often each repair was made.
///
/// ```
/// use openresponses_types::relay::{Relay, RelayOptions, Repair};
///
/// let relay = Relay::new(RelayOptions::default());
/// assert!(relay.repairs().is_empty());
/// assert_eq!(relay.repairs().count(Repair::PartAdded), 0);
/// for (repair, count) in relay.repairs().iter() {
///     println!("{repair}: {count}");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repairs([u32; Repair::ALL.len()]);

impl Default for Repairs {
    fn default() -> Self {
        Self([0; Repair::ALL.len()])
    }
}

impl Repairs {
    pub(super) fn note(&mut self, repair: Repair) {
        let count = self.0.get_mut(repair as usize);
        debug_assert!(count.is_some(), "{repair} is in the table");
        if let Some(count) = count {
            *count = count.saturating_add(1);
        }
    }

    /// Returns how often a repair was made.
    #[must_use]
    pub fn count(&self, repair: Repair) -> u32 {
        self.0.get(repair as usize).copied().unwrap_or_default()
    }

    /// Returns true if nothing was repaired.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|count| *count == 0)
    }

    /// Returns the repairs that were made, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (Repair, u32)> + '_ {
        Repair::ALL
            .iter()
            .map(|repair| (*repair, self.count(*repair)))
            .filter(|(_, count)| *count > 0)
    }
}
