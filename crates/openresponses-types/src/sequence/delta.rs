use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::content::{Annotation, LogProb};
use crate::event::StreamEvent;
use crate::item::{Item, Phase};
use crate::json::RawJson;
use crate::response::{ErrorPayload, ResponseError, Usage};
use crate::wire::Extension;

/// Next piece of a provider's output. Contains content only; the [`Sequencer`](super::Sequencer)
/// adds positions, ids and surrounding events.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Delta {
    /// Appends text to the answer's open message, or opens one. Empty text does nothing, here and in
    /// the variants below.
    Text(String),
    /// Text of the answer with the log probabilities of its tokens.
    TextWithLogprobs(String, Vec<LogProb>),
    /// An annotation of the answer's text so far.
    Annotation(Box<Annotation>),
    /// Appends a refusal to the open message, or opens one.
    Refusal(String),
    /// Begins a new message, even when one is open.
    Message {
        /// What part the message plays.
        phase: Option<Phase>,
    },
    /// Appends to the text of the open reasoning item, or opens one.
    Reasoning(String),
    /// Appends to the open part of the reasoning's summary, or opens one.
    Summary(String),
    /// Ends the open part of the open message or reasoning item: text that follows begins a new
    /// part. Does nothing when no part is open.
    EndPart,
    /// Ends the open message or reasoning item: what follows begins a new one. Does nothing when no
    /// such item is open; calls end with [`EndCall`](Self::EndCall).
    EndItem,
    /// The reasoning in a form that only its provider can read.
    EncryptedReasoning(String),
    /// Begins a function call. Parallel calls may be interleaved: the key tells them apart, and
    /// the calls come out one after the other. Other output closes all of them.
    Call {
        /// The provider's name for the call, unique in the response.
        key: u32,
        /// Ties the call to its output; made when the provider has none.
        call_id: Option<String>,
        /// The function.
        name: String,
    },
    /// A piece of a call's arguments.
    Arguments {
        /// The call.
        key: u32,
        /// The text to append.
        delta: String,
    },
    /// A call is complete. Not required, but calls behind it come out sooner.
    EndCall {
        /// The call.
        key: u32,
    },
    /// A whole item at once. It comes out with all the events of its type.
    Item(Box<Item>),
    /// Opens an item of a tool that the server itself runs: it is announced in progress, before its
    /// result is known. What follows about it is [`ItemEvent`](Self::ItemEvent), its end
    /// [`CloseItem`](Self::CloseItem). The tool policy judges calls that the client should make, so
    /// it does not apply.
    OpenItem(Box<Item>),
    /// An event about the item that [`OpenItem`](Self::OpenItem) opened. The item's id and place and
    /// the event's number are filled in. Does nothing when no such item is open.
    ItemEvent(Box<StreamEvent>),
    /// Ends the item that [`OpenItem`](Self::OpenItem) opened, as it is now: with its result and its
    /// status, `completed` where it has none. Does nothing when no such item is open.
    CloseItem(Box<Item>),
    /// An event of an implementer's, numbered with the others. Some clients fail on unknown events:
    /// send one only to clients that request it.
    Event(Box<Extension>),
    /// Token counts; the last ones count.
    Usage(Box<Usage>),
    /// A member of an implementer's on the response, seen on the terminal event. Members of the
    /// protocol are not replaced, except `service_tier`, the tier that was used.
    Member {
        /// The member's name.
        name: String,
        /// Its value.
        value: RawJson,
    },
    /// The end. Later deltas are dropped.
    Finish(Finish),
}

impl Delta {
    /// Returns the approximate size of its content in bytes, for callers that hold deltas back. What a
    /// response takes is [`Sequencer::output_bytes`](super::Sequencer::output_bytes).
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Text(text)
            | Self::Refusal(text)
            | Self::Reasoning(text)
            | Self::Summary(text)
            | Self::EncryptedReasoning(text) => text.len(),
            Self::TextWithLogprobs(text, logprobs) => {
                let alternatives =
                    |logprob: &LogProb| logprob.top_logprobs.value().map_or(1, |top| 1 + top.len());
                text.len() + 100 * logprobs.iter().map(alternatives).sum::<usize>()
            }
            Self::Annotation(annotation) => annotation.to_json().len(),
            Self::Arguments { delta, .. } => delta.len(),
            Self::Call { name, call_id, .. } => {
                name.len() + call_id.as_ref().map_or(0, String::len) + 200
            }
            // Callers that keep events of items count them.
            Self::Item(item) | Self::OpenItem(item) | Self::CloseItem(item) => item.to_json().len(),
            Self::Member { name, value } => name.len() + value.get().len(),
            Self::Message { .. } => 200,
            Self::ItemEvent(_)
            | Self::Event(_)
            | Self::EndPart
            | Self::EndItem
            | Self::EndCall { .. }
            | Self::Usage(_)
            | Self::Finish(_) => 0,
        }
    }

    /// Creates a delta that appends text to the answer.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Returns true if a client can see this delta before the response ends. Token counts, members
    /// of the response, beginnings of messages, ends and empty text are not output: models send them
    /// before they fail.
    ///
    /// ```
    /// use openresponses_types::sequence::Delta;
    ///
    /// assert!(Delta::text("Hello").is_output());
    /// assert!(!Delta::text("").is_output());
    /// assert!(!Delta::EndPart.is_output());
    /// ```
    #[must_use]
    pub fn is_output(&self) -> bool {
        match self {
            Self::Text(text)
            | Self::Refusal(text)
            | Self::Reasoning(text)
            | Self::Summary(text) => !text.is_empty(),
            Self::TextWithLogprobs(text, logprobs) => !text.is_empty() || !logprobs.is_empty(),
            Self::Arguments { delta, .. } => !delta.is_empty(),
            Self::Message { .. } | Self::EndPart | Self::EndItem | Self::EndCall { .. } => false,
            Self::Usage(_) | Self::Member { .. } => false,
            Self::Annotation(_)
            | Self::EncryptedReasoning(_)
            | Self::Call { .. }
            | Self::Item(_)
            | Self::OpenItem(_)
            | Self::ItemEvent(_)
            | Self::CloseItem(_)
            | Self::Event(_)
            | Self::Finish(_) => true,
        }
    }

    /// Creates the delta that completes the response.
    #[must_use]
    pub fn complete() -> Self {
        Self::Finish(Finish::Completed)
    }

    /// Creates the delta that ends the response as incomplete for `reason`, such as
    /// `max_output_tokens`.
    #[must_use]
    pub fn incomplete(reason: impl Into<String>) -> Self {
        Self::Finish(Finish::Incomplete(reason.into()))
    }

    /// Creates a delta with token counts.
    #[must_use]
    pub fn usage(usage: Usage) -> Self {
        Self::Usage(Box::new(usage))
    }

    /// Creates a delta with a whole item.
    #[must_use]
    pub fn item(item: impl Into<Item>) -> Self {
        Self::Item(Box::new(item.into()))
    }
}

/// How a response ends.
///
/// ```
/// use openresponses_types::sequence::{Delta, Finish};
///
/// assert_eq!(
///     Delta::incomplete("max_output_tokens"),
///     Delta::Finish(Finish::Incomplete("max_output_tokens".into())),
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Finish {
    /// The output is complete.
    Completed,
    /// It ended early, for this reason. The open item is incomplete.
    Incomplete(String),
    /// It failed. The open item stays in progress. Boxed, since deltas are moved through the layers of a
    /// stream.
    Failed(Box<Failure>),
}

/// Why a response failed, as reported in an `error` event and in the response's `error`.
///
/// ```
/// use openresponses_types::sequence::Failure;
///
/// let failure = Failure::new("invalid_request_error", "too_long", "The input is too long.")
///     .param("input");
/// assert_eq!(failure.param.as_deref(), Some("input"));
/// assert!(failure.from_upstream().upstream);
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Failure {
    /// The category, such as `model_error` or `server_error`.
    pub kind: String,
    /// Machine-readable code.
    pub code: String,
    /// One sentence for a human. Never the text of an inner error.
    pub message: String,
    /// The member of the request at fault, if any.
    pub param: Option<String>,
    /// Whether an upstream server reported it. Over HTTP such a failure is a 502 where its kind
    /// names no other status.
    pub upstream: bool,
}

impl Failure {
    /// Creates a failure.
    #[must_use]
    pub fn new(
        kind: impl Into<String>,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            kind: kind.into(),
            code: code.into(),
            message: message.into(),
            param: None,
            upstream: false,
        }
    }

    /// Creates the failure of a stream that ended before the response was finished: `model_error`,
    /// `stream_ended_early`.
    #[must_use]
    pub fn ended_early() -> Self {
        Self::new(
            "model_error",
            "stream_ended_early",
            "The model's stream ended before the response was complete.",
        )
    }

    /// The upstream violated the protocol.
    pub(crate) fn broken_upstream() -> Self {
        Self::new(
            "server_error",
            "upstream_error",
            "The upstream's stream broke the protocol.",
        )
    }

    /// Marks the failure as reported by an upstream server.
    #[must_use]
    pub fn from_upstream(mut self) -> Self {
        self.upstream = true;
        self
    }

    /// Sets the member of the request at fault.
    #[must_use]
    pub fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }

    /// The failure as a response's `error`.
    pub(crate) fn response_error(&self) -> ResponseError {
        ResponseError::new(self.code.as_str(), self.message.as_str())
    }

    /// Returns the failure as the inside of an error body or event.
    #[must_use]
    pub fn payload(&self) -> ErrorPayload {
        ErrorPayload::new(self.kind.as_str(), self.message.as_str())
            .code(self.code.as_str())
            .param(crate::Field::or_null(self.param.clone()))
    }
}
