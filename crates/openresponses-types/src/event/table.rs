//! The events of a stream, each stated once.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::body::EventBody;
use super::delta::DeltaEvent;
use super::family::{EventFamily, LifecycleEvent, PartList};
use super::fixed::{Cursor, EventReader};
use super::head::{EventHead, EventHeadMut, item_id};
use super::macros::events;
use super::schema::{optional_member, required_member};
use super::text_kind::TextKind;
use crate::content::{Annotation, ContentPart, LogProb};
use crate::diagnostics::Violation;
use crate::item::Item;
use crate::json::{Source, ValueKind};
use crate::response::{ErrorPayload, Response};
use crate::rules::{Branch, Object, tag};
use crate::wire::{
    Extension, ExtensionType, Extra, Field, Print, ReadResult, Unknown, WireValue, json_and_serde,
    peek_type,
};

events! {
    /// The response was created.
    Created(ResponseCreatedEvent, "ResponseCreatedStreamingEvent") = "response.created",
    response, lifecycle(Created) {
        required {}
    }

    /// The response waits to be processed.
    Queued(ResponseQueuedEvent, "ResponseQueuedStreamingEvent") = "response.queued",
    response, lifecycle(Queued) {
        required {}
    }

    /// The response is being generated.
    InProgress(ResponseInProgressEvent, "ResponseInProgressStreamingEvent") = "response.in_progress",
    response, lifecycle(InProgress) {
        required {}
    }

    /// The response is finished. Terminal.
    Completed(ResponseCompletedEvent, "ResponseCompletedStreamingEvent") = "response.completed",
    response, lifecycle(Completed) {
        required {}
    }

    /// The response failed. Terminal.
    Failed(ResponseFailedEvent, "ResponseFailedStreamingEvent") = "response.failed",
    response, lifecycle(Failed) {
        required {}
    }

    /// The response ended early. Terminal.
    Incomplete(ResponseIncompleteEvent, "ResponseIncompleteStreamingEvent") = "response.incomplete",
    response, lifecycle(Incomplete) {
        required {}
    }

    /// An item was added to the output.
    OutputItemAdded(ResponseOutputItemAddedEvent, "ResponseOutputItemAddedStreamingEvent") = "response.output_item.added",
    item, item_added {
        required {}
    }

    /// An item is finished.
    OutputItemDone(ResponseOutputItemDoneEvent, "ResponseOutputItemDoneStreamingEvent") = "response.output_item.done",
    item, item_done {
        required {}
    }

    /// A part was added to a reasoning item's summary.
    ReasoningSummaryPartAdded(ResponseReasoningSummaryPartAddedEvent, "ResponseReasoningSummaryPartAddedStreamingEvent") = "response.reasoning_summary_part.added",
    part(summary_index), part_added(Summary) {
        required {
            /// The part as it is now.
            part: Box<ContentPart>,
        }
    }

    /// A part of a reasoning item's summary is finished.
    ReasoningSummaryPartDone(ResponseReasoningSummaryPartDoneEvent, "ResponseReasoningSummaryPartDoneStreamingEvent") = "response.reasoning_summary_part.done",
    part(summary_index), part_done(Summary) {
        required {
            /// The part.
            part: Box<ContentPart>,
        }
    }

    /// A part was added to an item's content.
    ContentPartAdded(ResponseContentPartAddedEvent, "ResponseContentPartAddedStreamingEvent") = "response.content_part.added",
    part(content_index), part_added(Content) {
        required {
            /// The part as it is now.
            part: Box<ContentPart>,
        }
    }

    /// A part of an item's content is finished.
    ContentPartDone(ResponseContentPartDoneEvent, "ResponseContentPartDoneStreamingEvent") = "response.content_part.done",
    part(content_index), part_done(Content) {
        required {
            /// The part.
            part: Box<ContentPart>,
        }
    }

    /// Text was appended to an output text.
    OutputTextDelta(ResponseOutputTextDeltaEvent, "ResponseOutputTextDeltaStreamingEvent") = "response.output_text.delta",
    part(content_index), text_delta(Output, logprobs) {
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
    }

    /// An output text is finished.
    OutputTextDone(ResponseOutputTextDoneEvent, "ResponseOutputTextDoneStreamingEvent") = "response.output_text.done",
    part(content_index), text_done(Output, text) {
        required {
            /// The whole text.
            text: String,
        }
        optional {
            /// Log probabilities of its tokens. Optional since 2026-04-24.
            logprobs: Vec<LogProb>,
        }
    }

    /// Text was appended to a refusal.
    RefusalDelta(ResponseRefusalDeltaEvent, "ResponseRefusalDeltaStreamingEvent") = "response.refusal.delta",
    part(content_index), text_delta(Refusal) {
        required {
            /// The text to append.
            delta: String,
        }
    }

    /// A refusal is finished.
    RefusalDone(ResponseRefusalDoneEvent, "ResponseRefusalDoneStreamingEvent") = "response.refusal.done",
    part(content_index), text_done(Refusal, refusal) {
        required {
            /// The whole refusal.
            refusal: String,
        }
    }

    /// Text was appended to the reasoning.
    ReasoningDelta(ResponseReasoningDeltaEvent, "ResponseReasoningDeltaStreamingEvent") = "response.reasoning.delta",
    part(content_index), text_delta(Reasoning) {
        required {
            /// The text to append.
            delta: String,
        }
        optional {
            /// Padding against guessing from the event's size.
            obfuscation: String,
        }
    }

    /// A part of the reasoning is finished.
    ReasoningDone(ResponseReasoningDoneEvent, "ResponseReasoningDoneStreamingEvent") = "response.reasoning.done",
    part(content_index), text_done(Reasoning, text) {
        required {
            /// The whole text.
            text: String,
        }
    }

    /// Text was appended to a reasoning item's summary.
    ReasoningSummaryTextDelta(ResponseReasoningSummaryTextDeltaEvent, "ResponseReasoningSummaryDeltaStreamingEvent") = "response.reasoning_summary_text.delta",
    part(summary_index), text_delta(Summary) {
        required {
            /// The text to append.
            delta: String,
        }
        optional {
            /// Padding against guessing from the event's size.
            obfuscation: String,
        }
    }

    /// A text of a reasoning item's summary is finished.
    ReasoningSummaryTextDone(ResponseReasoningSummaryTextDoneEvent, "ResponseReasoningSummaryDoneStreamingEvent") = "response.reasoning_summary_text.done",
    part(summary_index), text_done(Summary, text) {
        required {
            /// The whole text.
            text: String,
        }
    }

    /// An annotation was added to an output text.
    OutputTextAnnotationAdded(ResponseOutputTextAnnotationAddedEvent, "ResponseOutputTextAnnotationAddedStreamingEvent") = "response.output_text.annotation.added",
    part(content_index), annotation_added {
        required {
            /// The annotation's place among the part's, from 0.
            annotation_index: u64,
            /// The annotation.
            annotation: Field<Annotation>,
        }
    }

    /// Text was appended to a function call's arguments.
    FunctionCallArgumentsDelta(ResponseFunctionCallArgumentsDeltaEvent, "ResponseFunctionCallArgumentsDeltaStreamingEvent") = "response.function_call_arguments.delta",
    call, arguments_delta {
        required {
            /// The text to append.
            delta: String,
        }
        optional {
            /// Padding against guessing from the event's size.
            obfuscation: String,
        }
    }

    /// A function call's arguments are finished.
    FunctionCallArgumentsDone(ResponseFunctionCallArgumentsDoneEvent, "ResponseFunctionCallArgumentsDoneStreamingEvent") = "response.function_call_arguments.done",
    call, arguments_done {
        required {
            /// The whole arguments.
            arguments: String,
        }
    }

    /// An error occurred; `response.failed` follows.
    Error(ErrorEvent, "ErrorStreamingEvent") = "error",
    stream, error {
        required {
            /// The error. Some servers write its members beside `type` instead; they are kept in `extra`.
            error: Field<Box<ErrorPayload>>,
        }
    }

    /// Text was appended to the reasoning, as OpenAI's API names it.
    ReasoningTextDelta(ResponseReasoningTextDeltaEvent) = "response.reasoning_text.delta",
    part(content_index), text_delta(Reasoning) {
        required {
            /// The text to append.
            delta: String,
        }
        optional {
            /// Padding against guessing from the event's size.
            obfuscation: String,
        }
    }

    /// A part of the reasoning is finished, as OpenAI's API names it.
    ReasoningTextDone(ResponseReasoningTextDoneEvent) = "response.reasoning_text.done",
    part(content_index), text_done(Reasoning, text) {
        required {
            /// The whole text.
            text: String,
        }
    }

    /// A part was added to the reasoning, as OpenAI's API names it.
    ReasoningPartAdded(ResponseReasoningPartAddedEvent) = "response.reasoning_part.added",
    part(content_index), part_added(Content) {
        required {
            /// The part as it is now.
            part: Box<ContentPart>,
        }
    }

    /// A part of the reasoning is finished, as OpenAI's API names it.
    ReasoningPartDone(ResponseReasoningPartDoneEvent) = "response.reasoning_part.done",
    part(content_index), part_done(Content) {
        required {
            /// The part.
            part: Box<ContentPart>,
        }
    }
}

json_and_serde!(StreamEvent, |json| EventReader::new().read(json));
