//! What a stream is made of. Spec: "Streaming".

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::content::{Annotation, ContentPart, LogProb};
use crate::item::Item;
use crate::json::RawJson;
use crate::response::{ErrorPayload, Response};
use crate::wire::{Field, object, union};

/// One event's type. All have `sequence_number` first; the rest differs by family.
macro_rules! event {
    ($(#[$meta:meta])* $name:ident = $tag:literal {
        required { $( $(#[$req_meta:meta])* $req:ident : $req_ty:ty, )* }
        $( optional { $( $(#[$opt_meta:meta])* $opt:ident : $opt_ty:ty, )* } )?
    }) => {
        object! {
            $(#[$meta])*
            #[doc = concat!("\n\nOn the wire: `", $tag, "`.")]
            pub struct $name($tag) {
                required {
                    /// The event's number in its stream, from 0.
                    sequence_number: u64,
                    $( $(#[$req_meta])* $req: $req_ty, )*
                }
                $( optional { $( $(#[$opt_meta])* $opt: $opt_ty, )* } )?
            }
        }
    };
}

/// An event that carries the whole response.
macro_rules! lifecycle_event {
    ($(#[$meta:meta])* $name:ident = $tag:literal) => {
        event! { $(#[$meta])* $name = $tag {
            required {
                /// The response as it is now, complete.
                response: Arc<Response>,
            }
        } }
    };
}

/// An event about a whole output item.
macro_rules! item_event {
    ($(#[$meta:meta])* $name:ident = $tag:literal) => {
        event! { $(#[$meta])* $name = $tag {
            required {
                /// The item's place in the output, from 0.
                output_index: u64,
                /// The item as it is now.
                item: Field<Item>,
            }
        } }
    };
}

/// An event about a part of an item: an index among the item's parts, and what happened.
macro_rules! part_event {
    ($(#[$meta:meta])* $name:ident = $tag:literal $index:ident {
        required { $( $(#[$req_meta:meta])* $req:ident : $req_ty:ty, )* }
        $( optional { $( $(#[$opt_meta:meta])* $opt:ident : $opt_ty:ty, )* } )?
    }) => {
        event! { $(#[$meta])* $name = $tag {
            required {
                /// The item's id.
                item_id: Arc<str>,
                /// The item's place in the output, from 0.
                output_index: u64,
                /// The part's place in the item, from 0.
                $index: u64,
                $( $(#[$req_meta])* $req: $req_ty, )*
            }
            $( optional { $( $(#[$opt_meta])* $opt: $opt_ty, )* } )?
        } }
    };
}

lifecycle_event! { /// The response was made.
ResponseCreatedEvent = "response.created" }
lifecycle_event! { /// The response waits to be made.
ResponseQueuedEvent = "response.queued" }
lifecycle_event! { /// The response is being made.
ResponseInProgressEvent = "response.in_progress" }
lifecycle_event! { /// The response is finished. Terminal.
ResponseCompletedEvent = "response.completed" }
lifecycle_event! { /// The response failed. Terminal.
ResponseFailedEvent = "response.failed" }
lifecycle_event! { /// The response ended early. Terminal.
ResponseIncompleteEvent = "response.incomplete" }

item_event! { /// An item was begun.
ResponseOutputItemAddedEvent = "response.output_item.added" }
item_event! { /// An item is finished.
ResponseOutputItemDoneEvent = "response.output_item.done" }

part_event! { /// A part of a reasoning's summary was begun.
    ResponseReasoningSummaryPartAddedEvent = "response.reasoning_summary_part.added" summary_index {
        required {
            /// The part as it is now.
            part: Box<ContentPart>,
        }
} }
part_event! { /// A part of a reasoning's summary is finished.
    ResponseReasoningSummaryPartDoneEvent = "response.reasoning_summary_part.done" summary_index {
        required {
            /// The part.
            part: Box<ContentPart>,
        }
} }
part_event! { /// A part of an item was begun.
    ResponseContentPartAddedEvent = "response.content_part.added" content_index {
        required {
            /// The part as it is now.
            part: Box<ContentPart>,
        }
} }
part_event! { /// A part of an item is finished.
    ResponseContentPartDoneEvent = "response.content_part.done" content_index {
        required {
            /// The part.
            part: Box<ContentPart>,
        }
} }
part_event! { /// Text was appended to an output text.
    ResponseOutputTextDeltaEvent = "response.output_text.delta" content_index {
        required {
            /// The text to append.
            delta: String,
        }
        optional {
            /// Log probabilities of its tokens. Optional since 2026-04-24.
            logprobs: Vec<LogProb>,
            /// Padding against guessing from the event's size.
            obfuscation: String,
        }
} }
part_event! { /// An output text is finished.
    ResponseOutputTextDoneEvent = "response.output_text.done" content_index {
        required {
            /// The whole text.
            text: String,
        }
        optional {
            /// Log probabilities of its tokens. Optional since 2026-04-24.
            logprobs: Vec<LogProb>,
        }
} }
part_event! { /// Text was appended to a refusal.
    ResponseRefusalDeltaEvent = "response.refusal.delta" content_index {
        required {
            /// The text to append.
            delta: String,
        }
} }
part_event! { /// A refusal is finished.
    ResponseRefusalDoneEvent = "response.refusal.done" content_index {
        required {
            /// The whole refusal.
            refusal: String,
        }
} }
part_event! { /// Text was appended to the reasoning.
    ResponseReasoningDeltaEvent = "response.reasoning.delta" content_index {
        required {
            /// The text to append.
            delta: String,
        }
        optional {
            /// Padding against guessing from the event's size.
            obfuscation: String,
        }
} }
part_event! { /// A part of the reasoning is finished.
    ResponseReasoningDoneEvent = "response.reasoning.done" content_index {
        required {
            /// The whole text.
            text: String,
        }
} }
part_event! { /// Text was appended to a reasoning's summary.
    ResponseReasoningSummaryTextDeltaEvent = "response.reasoning_summary_text.delta" summary_index {
        required {
            /// The text to append.
            delta: String,
        }
        optional {
            /// Padding against guessing from the event's size.
            obfuscation: String,
        }
} }
part_event! { /// A part of a reasoning's summary is finished.
    ResponseReasoningSummaryTextDoneEvent = "response.reasoning_summary_text.done" summary_index {
        required {
            /// The whole text.
            text: String,
        }
} }
part_event! { /// An annotation was added to an output text.
    ResponseOutputTextAnnotationAddedEvent = "response.output_text.annotation.added" content_index {
        required {
            /// The annotation's place among the part's, from 0.
            annotation_index: u64,
            /// The annotation.
            annotation: Field<Annotation>,
        }
} }
event! { /// Text was appended to a function call's arguments.
    ResponseFunctionCallArgumentsDeltaEvent = "response.function_call_arguments.delta" {
        required {
            /// The item's id.
            item_id: Arc<str>,
            /// The item's place in the output, from 0.
            output_index: u64,
            /// The text to append.
            delta: String,
        }
        optional {
            /// Padding against guessing from the event's size.
            obfuscation: String,
        }
} }
event! { /// A function call's arguments are finished.
    ResponseFunctionCallArgumentsDoneEvent = "response.function_call_arguments.done" {
        required {
            /// The item's id.
            item_id: Arc<str>,
            /// The item's place in the output, from 0.
            output_index: u64,
            /// The whole arguments.
            arguments: String,
        }
} }
event! { /// Something went wrong; `response.failed` follows.
    ErrorEvent = "error" {
        required {
            /// What. Some servers write its members beside `type` instead; they are kept in `extra`.
            error: Field<Box<ErrorPayload>>,
        }
} }

/// The union and what all its variants have in common.
macro_rules! stream_event {
    ($(#[$meta:meta])* { $( $(#[$variant_meta:meta])* $variant:ident($ty:ident) = $tag:literal, )* }) => {
        union! {
            $(#[$meta])*
            pub enum StreamEvent {
                $( $(#[$variant_meta])* $variant($ty) = $tag, )*
            }
        }

        impl StreamEvent {
            /// The event's number in its stream. Nothing for an extension or unknown event
            /// without one.
            #[must_use]
            pub fn sequence_number(&self) -> Option<u64> {
                match self {
                    $( Self::$variant(event) => Some(event.sequence_number), )*
                    Self::Extension(raw) => raw_number(raw.json()),
                    Self::Unknown(raw) => raw_number(raw.json()),
                }
            }

            /// The event with the number `sequence_number`.
            #[must_use]
            pub fn with_sequence_number(mut self, sequence_number: u64) -> Self {
                match &mut self {
                    $( Self::$variant(event) => event.sequence_number = sequence_number, )*
                    Self::Extension(raw) => {
                        return Self::Extension(numbered!(raw, sequence_number));
                    }
                    Self::Unknown(raw) => {
                        return Self::Unknown(numbered!(raw, sequence_number));
                    }
                }
                self
            }
        }
    };
}

macro_rules! numbered {
    ($raw:expr, $number:expr) => {
        $raw.clone().with_member(
            "sequence_number",
            &RawJson::checked(&alloc::format!("{}", $number)),
        )
    };
}

stream_event! {
    /// An event of a stream: what happened to the response since the one before.
    ///
    /// | `type` | variant | since |
    /// |---|---|---|
    /// | `response.created` | [`Created`](Self::Created) | 2026-01-15 |
    /// | `response.queued` | [`Queued`](Self::Queued) | 2026-01-15 |
    /// | `response.in_progress` | [`InProgress`](Self::InProgress) | 2026-01-15 |
    /// | `response.completed` | [`Completed`](Self::Completed) | 2026-01-15 |
    /// | `response.failed` | [`Failed`](Self::Failed) | 2026-01-15 |
    /// | `response.incomplete` | [`Incomplete`](Self::Incomplete) | 2026-01-15 |
    /// | `response.output_item.added` | [`OutputItemAdded`](Self::OutputItemAdded) | 2026-01-15 |
    /// | `response.output_item.done` | [`OutputItemDone`](Self::OutputItemDone) | 2026-01-15 |
    /// | `response.reasoning_summary_part.added` | [`ReasoningSummaryPartAdded`](Self::ReasoningSummaryPartAdded) | 2026-01-15 |
    /// | `response.reasoning_summary_part.done` | [`ReasoningSummaryPartDone`](Self::ReasoningSummaryPartDone) | 2026-01-15 |
    /// | `response.content_part.added` | [`ContentPartAdded`](Self::ContentPartAdded) | 2026-01-15 |
    /// | `response.content_part.done` | [`ContentPartDone`](Self::ContentPartDone) | 2026-01-15 |
    /// | `response.output_text.delta` | [`OutputTextDelta`](Self::OutputTextDelta) | 2026-01-15 |
    /// | `response.output_text.done` | [`OutputTextDone`](Self::OutputTextDone) | 2026-01-15 |
    /// | `response.refusal.delta` | [`RefusalDelta`](Self::RefusalDelta) | 2026-01-15 |
    /// | `response.refusal.done` | [`RefusalDone`](Self::RefusalDone) | 2026-01-15 |
    /// | `response.reasoning.delta` | [`ReasoningDelta`](Self::ReasoningDelta) | 2026-01-15 |
    /// | `response.reasoning.done` | [`ReasoningDone`](Self::ReasoningDone) | 2026-01-15 |
    /// | `response.reasoning_summary_text.delta` | [`ReasoningSummaryTextDelta`](Self::ReasoningSummaryTextDelta) | 2026-01-15 |
    /// | `response.reasoning_summary_text.done` | [`ReasoningSummaryTextDone`](Self::ReasoningSummaryTextDone) | 2026-01-15 |
    /// | `response.output_text.annotation.added` | [`OutputTextAnnotationAdded`](Self::OutputTextAnnotationAdded) | 2026-01-15 |
    /// | `response.function_call_arguments.delta` | [`FunctionCallArgumentsDelta`](Self::FunctionCallArgumentsDelta) | 2026-01-15 |
    /// | `response.function_call_arguments.done` | [`FunctionCallArgumentsDone`](Self::FunctionCallArgumentsDone) | 2026-01-15 |
    /// | `error` | [`Error`](Self::Error) | 2026-01-15 |
    /// | `slug:name` | [`Extension`](Self::Extension) | |
    /// | any other | [`Unknown`](Self::Unknown) | |
    {
        /// The response was made.
        Created(ResponseCreatedEvent) = "response.created",
        /// The response waits to be made.
        Queued(ResponseQueuedEvent) = "response.queued",
        /// The response is being made.
        InProgress(ResponseInProgressEvent) = "response.in_progress",
        /// The response is finished.
        Completed(ResponseCompletedEvent) = "response.completed",
        /// The response failed.
        Failed(ResponseFailedEvent) = "response.failed",
        /// The response ended early.
        Incomplete(ResponseIncompleteEvent) = "response.incomplete",
        /// An item was begun.
        OutputItemAdded(ResponseOutputItemAddedEvent) = "response.output_item.added",
        /// An item is finished.
        OutputItemDone(ResponseOutputItemDoneEvent) = "response.output_item.done",
        /// A part of a summary was begun.
        ReasoningSummaryPartAdded(ResponseReasoningSummaryPartAddedEvent) = "response.reasoning_summary_part.added",
        /// A part of a summary is finished.
        ReasoningSummaryPartDone(ResponseReasoningSummaryPartDoneEvent) = "response.reasoning_summary_part.done",
        /// A part was begun.
        ContentPartAdded(ResponseContentPartAddedEvent) = "response.content_part.added",
        /// A part is finished.
        ContentPartDone(ResponseContentPartDoneEvent) = "response.content_part.done",
        /// Text was appended.
        OutputTextDelta(ResponseOutputTextDeltaEvent) = "response.output_text.delta",
        /// A text is finished.
        OutputTextDone(ResponseOutputTextDoneEvent) = "response.output_text.done",
        /// Text was appended to a refusal.
        RefusalDelta(ResponseRefusalDeltaEvent) = "response.refusal.delta",
        /// A refusal is finished.
        RefusalDone(ResponseRefusalDoneEvent) = "response.refusal.done",
        /// Text was appended to the reasoning.
        ReasoningDelta(ResponseReasoningDeltaEvent) = "response.reasoning.delta",
        /// A part of the reasoning is finished.
        ReasoningDone(ResponseReasoningDoneEvent) = "response.reasoning.done",
        /// Text was appended to a summary.
        ReasoningSummaryTextDelta(ResponseReasoningSummaryTextDeltaEvent) = "response.reasoning_summary_text.delta",
        /// A part of a summary is finished.
        ReasoningSummaryTextDone(ResponseReasoningSummaryTextDoneEvent) = "response.reasoning_summary_text.done",
        /// An annotation was added.
        OutputTextAnnotationAdded(ResponseOutputTextAnnotationAddedEvent) = "response.output_text.annotation.added",
        /// Text was appended to arguments.
        FunctionCallArgumentsDelta(ResponseFunctionCallArgumentsDeltaEvent) = "response.function_call_arguments.delta",
        /// Arguments are finished.
        FunctionCallArgumentsDone(ResponseFunctionCallArgumentsDoneEvent) = "response.function_call_arguments.done",
        /// Something went wrong.
        Error(ErrorEvent) = "error",
    }
}

impl StreamEvent {
    /// The event's type, which is also the SSE event's name.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.type_name()
    }

    /// The response that a lifecycle event carries.
    #[must_use]
    pub fn response(&self) -> Option<&Arc<Response>> {
        match self {
            Self::Created(event) => Some(&event.response),
            Self::Queued(event) => Some(&event.response),
            Self::InProgress(event) => Some(&event.response),
            Self::Completed(event) => Some(&event.response),
            Self::Failed(event) => Some(&event.response),
            Self::Incomplete(event) => Some(&event.response),
            _ => None,
        }
    }

    /// True for the last event of a stream: completed, failed or incomplete.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self,
            Self::Completed(_) | Self::Failed(_) | Self::Incomplete(_)
        )
    }
}

fn raw_number(json: &RawJson) -> Option<u64> {
    let number = crate::wire::integer(json.reader().member("sequence_number")?.number()?)?;
    u64::try_from(number).ok()
}

impl fmt::Display for StreamEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_json(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_small() {
        assert!(
            size_of::<StreamEvent>() <= 144,
            "{}",
            size_of::<StreamEvent>()
        );
    }

    #[test]
    fn numbers_are_set_in_raw_events_too() {
        let event = StreamEvent::from_json(br#"{"type":"acme:x","a":1}"#).unwrap();
        assert_eq!(event.sequence_number(), None);
        let event = event.with_sequence_number(7);
        assert_eq!(
            event.to_json(),
            r#"{"type":"acme:x","a":1,"sequence_number":7}"#
        );
        assert_eq!(event.with_sequence_number(8).sequence_number(), Some(8));
    }
}
