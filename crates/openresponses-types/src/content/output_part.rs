//! Parts that the model produces. Spec: "Content".

use alloc::string::String;
use alloc::vec::Vec;

use super::annotation::Annotation;
use super::annotation::{ANNOTATION, ANNOTATION_PARAM};
use super::log_prob::LogProb;
use super::log_prob::{LOG_PROBS, RETURNED_LOG_PROBS};
use crate::rules::{
    Array, Object, STRING, TEXT_MAX, Value, at_most, beyond, optional, required, tag,
};
use crate::wire::{object, object_with_constructor};

object_with_constructor! {
    (pub(crate)) from_members
    /// Text from the model. At most 10,485,760 code points in a request.
    ///
    /// ```
    /// use openresponses_types::content::OutputText;
    ///
    /// let value = OutputText::new("Hello");
    /// assert_eq!(value.to_json(), r#"{"type":"output_text","text":"Hello","annotations":[]}"#);
    /// ```
    pub struct OutputText("output_text") {
        required {
            /// The text.
            text: String,
        }
        optional {
            /// Annotations of the text, such as citations.
            annotations: Vec<Annotation>,
            /// Log probabilities of the tokens. Optional since 2026-04-24.
            logprobs: Vec<LogProb>,
        }
    }
}

impl OutputText {
    /// Creates a text with an empty list of annotations, which a response requires.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self::from_members(text.into()).annotations(Vec::new())
    }
}

object! {
    /// A refusal of the model.
    ///
    /// ```
    /// use openresponses_types::content::Refusal;
    ///
    /// let value = Refusal::new("I cannot.");
    /// assert_eq!(value.to_json(), r#"{"type":"refusal","refusal":"I cannot."}"#);
    /// ```
    pub struct Refusal("refusal") {
        required {
            /// The explanation.
            refusal: String,
        }
    }
}

object! {
    /// Plain text.
    ///
    /// ```
    /// use openresponses_types::content::Text;
    ///
    /// let value = Text::new("Hello");
    /// assert_eq!(value.to_json(), r#"{"type":"text","text":"Hello"}"#);
    /// ```
    pub struct Text("text") {
        required {
            /// The text.
            text: String,
        }
    }
}

object! {
    /// A part of a summary of the reasoning.
    ///
    /// ```
    /// use openresponses_types::content::SummaryText;
    ///
    /// let value = SummaryText::new("It looks.");
    /// assert_eq!(value.to_json(), r#"{"type":"summary_text","text":"It looks."}"#);
    /// ```
    pub struct SummaryText("summary_text") {
        required {
            /// The text.
            text: String,
        }
    }
}

object! {
    /// A part of the reasoning.
    ///
    /// ```
    /// use openresponses_types::content::ReasoningText;
    ///
    /// let value = ReasoningText::new("First,");
    /// assert_eq!(value.to_json(), r#"{"type":"reasoning_text","text":"First,"}"#);
    /// ```
    pub struct ReasoningText("reasoning_text") {
        required {
            /// The text.
            text: String,
        }
    }
}

static ANNOTATIONS: Array = Array::of(Value::Union(&ANNOTATION));

pub(crate) static OUTPUT_TEXT: Object = Object::new(
    "OutputTextContent",
    &[
        tag("output_text"),
        required("text", STRING),
        required("annotations", Value::Array(&ANNOTATIONS)),
        optional("logprobs", Value::Array(&LOG_PROBS)),
    ],
);

pub(crate) static TEXT: Object =
    Object::new("TextContent", &[tag("text"), required("text", STRING)]);

pub(crate) static SUMMARY_TEXT: Object = Object::new(
    "SummaryTextContent",
    &[tag("summary_text"), required("text", STRING)],
);

pub(crate) static REASONING_TEXT: Object = Object::new(
    "ReasoningTextContent",
    &[tag("reasoning_text"), required("text", STRING)],
);

pub(crate) static REFUSAL: Object = Object::new(
    "RefusalContent",
    &[tag("refusal"), required("refusal", STRING)],
);

static RETURNED_ANNOTATIONS: Array = Array::of(Value::Union(&ANNOTATION_PARAM));

pub(crate) static OUTPUT_TEXT_PARAM: Object = Object::new(
    "OutputTextContentParam",
    &[
        tag("output_text"),
        required("text", at_most(TEXT_MAX)),
        optional("annotations", Value::Array(&RETURNED_ANNOTATIONS)),
        beyond("logprobs", Value::Array(&RETURNED_LOG_PROBS)),
    ],
);

pub(crate) static REFUSAL_PARAM: Object = Object::new(
    "RefusalContentParam",
    &[tag("refusal"), required("refusal", at_most(TEXT_MAX))],
);

pub(crate) static SUMMARY_PARAM: Object = Object::new(
    "ReasoningSummaryContentParam",
    &[tag("summary_text"), required("text", at_most(TEXT_MAX))],
);
