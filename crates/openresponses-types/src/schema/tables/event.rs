//! Events of a stream.

use super::super::table::{
    Branch, COUNT, Member, Object, STRING, Shape, Union, Value, optional, required, tag,
};
use super::annotation::ANNOTATION;
use super::content::ITEM_PART;
use super::error::ERROR_PAYLOAD;
use super::logprob::LOG_PROBS;
use super::output_item::ITEM_FIELD;
use super::response::RESPONSE;
use crate::diagnostics::Leniency;

const NUMBER: Member = required("sequence_number", COUNT);
const ITEM_ID: Member = required("item_id", STRING);
const OUTPUT_INDEX: Member = required("output_index", COUNT);
const CONTENT_INDEX: Member = required("content_index", COUNT);
const SUMMARY_INDEX: Member = required("summary_index", COUNT);
const PART: Member = required("part", Value::Union(&ITEM_PART));
const DELTA: Member = required("delta", STRING);
const TEXT: Member = required("text", STRING);
const OBFUSCATION: Member = optional("obfuscation", STRING);
const LOGPROBS: Member = optional("logprobs", Value::Array(&LOG_PROBS));

/// An event whose schema is `name`: `type`, `sequence_number` and its own members.
macro_rules! events {
    ($( $table:ident = $name:literal $tag:literal [$($member:expr),* $(,)?]; )*) => {
        $( pub(in super::super) static $table: Object =
            Object::new($name, &[tag($tag), NUMBER, $($member),*]); )*

        pub(in super::super) static STREAM_EVENT: Union = Union {
            name: "StreamEvent",
            what: "an event",
            branches: &[$( Branch::new($tag, &$table) ),*],
            relaxed: &[],
            elsewhere: &[],
            extension: Some(&EXTENSION_EVENT),
            unknown: Leniency::UnknownEvent,
            shape: Shape::Event { flat_error: &FLAT_ERROR },
        };
    };
}

events! {
    CREATED = "ResponseCreatedStreamingEvent" "response.created" [required("response", Value::Object(&RESPONSE))];
    QUEUED = "ResponseQueuedStreamingEvent" "response.queued" [required("response", Value::Object(&RESPONSE))];
    IN_PROGRESS = "ResponseInProgressStreamingEvent" "response.in_progress" [required("response", Value::Object(&RESPONSE))];
    COMPLETED = "ResponseCompletedStreamingEvent" "response.completed" [required("response", Value::Object(&RESPONSE))];
    FAILED = "ResponseFailedStreamingEvent" "response.failed" [required("response", Value::Object(&RESPONSE))];
    INCOMPLETE = "ResponseIncompleteStreamingEvent" "response.incomplete" [required("response", Value::Object(&RESPONSE))];
    ITEM_ADDED = "ResponseOutputItemAddedStreamingEvent" "response.output_item.added" [OUTPUT_INDEX, required("item", Value::Union(&ITEM_FIELD)).there_or_null()];
    ITEM_DONE = "ResponseOutputItemDoneStreamingEvent" "response.output_item.done" [OUTPUT_INDEX, required("item", Value::Union(&ITEM_FIELD)).there_or_null()];
    SUMMARY_PART_ADDED = "ResponseReasoningSummaryPartAddedStreamingEvent" "response.reasoning_summary_part.added" [ITEM_ID, OUTPUT_INDEX, SUMMARY_INDEX, PART];
    SUMMARY_PART_DONE = "ResponseReasoningSummaryPartDoneStreamingEvent" "response.reasoning_summary_part.done" [ITEM_ID, OUTPUT_INDEX, SUMMARY_INDEX, PART];
    PART_ADDED = "ResponseContentPartAddedStreamingEvent" "response.content_part.added" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, PART];
    PART_DONE = "ResponseContentPartDoneStreamingEvent" "response.content_part.done" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, PART];
    OUTPUT_TEXT_DELTA = "ResponseOutputTextDeltaStreamingEvent" "response.output_text.delta" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, DELTA, LOGPROBS, OBFUSCATION];
    OUTPUT_TEXT_DONE = "ResponseOutputTextDoneStreamingEvent" "response.output_text.done" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, TEXT, LOGPROBS];
    REFUSAL_DELTA = "ResponseRefusalDeltaStreamingEvent" "response.refusal.delta" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, DELTA];
    REFUSAL_DONE = "ResponseRefusalDoneStreamingEvent" "response.refusal.done" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, required("refusal", STRING)];
    REASONING_DELTA = "ResponseReasoningDeltaStreamingEvent" "response.reasoning.delta" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, DELTA, OBFUSCATION];
    REASONING_DONE = "ResponseReasoningDoneStreamingEvent" "response.reasoning.done" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, TEXT];
    SUMMARY_DELTA = "ResponseReasoningSummaryDeltaStreamingEvent" "response.reasoning_summary_text.delta" [ITEM_ID, OUTPUT_INDEX, SUMMARY_INDEX, DELTA, OBFUSCATION];
    SUMMARY_DONE = "ResponseReasoningSummaryDoneStreamingEvent" "response.reasoning_summary_text.done" [ITEM_ID, OUTPUT_INDEX, SUMMARY_INDEX, TEXT];
    ANNOTATION_ADDED = "ResponseOutputTextAnnotationAddedStreamingEvent" "response.output_text.annotation.added" [ITEM_ID, OUTPUT_INDEX, CONTENT_INDEX, required("annotation_index", COUNT), required("annotation", Value::Union(&ANNOTATION)).there_or_null()];
    ARGUMENTS_DELTA = "ResponseFunctionCallArgumentsDeltaStreamingEvent" "response.function_call_arguments.delta" [ITEM_ID, OUTPUT_INDEX, DELTA, OBFUSCATION];
    ARGUMENTS_DONE = "ResponseFunctionCallArgumentsDoneStreamingEvent" "response.function_call_arguments.done" [ITEM_ID, OUTPUT_INDEX, required("arguments", STRING)];
    ERROR = "ErrorStreamingEvent" "error" [required("error", Value::Object(&ERROR_PAYLOAD))];
}

/// "At minimum, each event MUST include" it.
static EXTENSION_EVENT: Object = Object::new("ExtensionEvent", &[NUMBER]);

/// An error event as the original service writes it.
static FLAT_ERROR: Object = Object::new(
    "ErrorStreamingEvent",
    &[
        tag("error"),
        NUMBER,
        required("message", STRING),
        optional("code", STRING).or_null(),
        optional("param", STRING).or_null(),
    ],
);
