//! What messages, tool outputs and reasoning are made of.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::content::{Annotation, LogProb};
use crate::diagnostics::Violation;
use crate::json::{Reader, ValueKind};
use crate::wire::{
    ReadResult, WireValue, json_and_serde, object, object_with_constructor, open_enum, union,
};

object! {
    /// Text given to the model. At most 10,485,760 code points in a request.
    pub struct InputText("input_text") {
        required {
            /// The text.
            text: String,
        }
    }
}

open_enum! {
    /// How closely the model looks at an image.
    pub enum ImageDetail {
        /// A low-resolution version.
        Low = "low",
        /// A high-resolution version, at more input tokens.
        High = "high",
        /// The service decides.
        Auto = "auto",
    }
}

object! {
    /// An image given to the model.
    pub struct InputImage("input_image") {
        optional {
            /// A URL or a data URL, at most 20,971,520 code points in a request.
            image_url: String,
            /// How closely to look.
            detail: ImageDetail,
        }
    }
}

object! {
    /// A file given to the model.
    pub struct InputFile("input_file") {
        optional {
            /// The file's name.
            filename: String,
            /// The file in base64, at most 33,554,432 code points.
            file_data: String,
            /// Where the file is.
            file_url: String,
        }
    }
}

object! {
    /// A video given to the model.
    pub struct InputVideo("input_video") {
        required {
            /// A URL or a data URL.
            video_url: String,
        }
    }
}

object_with_constructor! {
    (pub(crate)) from_members
    /// Text from the model. At most 10,485,760 code points when it comes back in a request.
    pub struct OutputText("output_text") {
        required {
            /// The text.
            text: String,
        }
        optional {
            /// What the text refers to.
            annotations: Vec<Annotation>,
            /// Log probabilities of the tokens. Optional since 2026-04-24.
            logprobs: Vec<LogProb>,
        }
    }
}

impl OutputText {
    /// A text that refers to nothing: its annotations are there, and empty, as a response must have
    /// them.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self::from_members(text.into()).annotations(Vec::new())
    }
}

object! {
    /// The model refuses, and why.
    pub struct Refusal("refusal") {
        required {
            /// The explanation.
            refusal: String,
        }
    }
}

object! {
    /// Plain text.
    pub struct Text("text") {
        required {
            /// The text.
            text: String,
        }
    }
}

object! {
    /// A part of a summary of the reasoning.
    pub struct SummaryText("summary_text") {
        required {
            /// The text.
            text: String,
        }
    }
}

object! {
    /// A part of the reasoning itself.
    pub struct ReasoningText("reasoning_text") {
        required {
            /// The text.
            text: String,
        }
    }
}

union! {
    /// A part of a message, of a tool's output, of reasoning or of its summary.
    ///
    /// One union for the specification's several: which parts are legal where is a matter of
    /// validation. Spec: "Content".
    ///
    /// | `type` | variant | since |
    /// |---|---|---|
    /// | `input_text` | [`InputText`](Self::InputText) | 2026-01-15 |
    /// | `input_image` | [`InputImage`](Self::InputImage) | 2026-01-15 |
    /// | `input_file` | [`InputFile`](Self::InputFile) | 2026-01-15 |
    /// | `input_video` | [`InputVideo`](Self::InputVideo) | 2026-01-15 |
    /// | `output_text` | [`OutputText`](Self::OutputText) | 2026-01-15 |
    /// | `refusal` | [`Refusal`](Self::Refusal) | 2026-01-15 |
    /// | `text` | [`Text`](Self::Text) | 2026-01-15 |
    /// | `summary_text` | [`SummaryText`](Self::SummaryText) | 2026-01-15 |
    /// | `reasoning_text` | [`ReasoningText`](Self::ReasoningText) | 2026-01-15 |
    /// | `slug:name` | [`Extension`](Self::Extension) | |
    /// | any other | [`Unknown`](Self::Unknown) | |
    pub enum ContentPart {
        /// Text given to the model.
        InputText(InputText) = "input_text",
        /// An image given to the model.
        InputImage(InputImage) = "input_image",
        /// A file given to the model.
        InputFile(InputFile) = "input_file",
        /// A video given to the model.
        InputVideo(InputVideo) = "input_video",
        /// Text from the model.
        OutputText(OutputText) = "output_text",
        /// A refusal.
        Refusal(Refusal) = "refusal",
        /// Plain text.
        Text(Text) = "text",
        /// A part of a summary of the reasoning.
        SummaryText(SummaryText) = "summary_text",
        /// A part of the reasoning.
        ReasoningText(ReasoningText) = "reasoning_text",
    }
}

impl ContentPart {
    /// The text of a part that has one; a refusal counts.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::InputText(part) => Some(&part.text),
            Self::OutputText(part) => Some(&part.text),
            Self::Text(part) => Some(&part.text),
            Self::SummaryText(part) => Some(&part.text),
            Self::ReasoningText(part) => Some(&part.text),
            Self::Refusal(part) => Some(&part.refusal),
            _ => None,
        }
    }
}

/// A string, or an array of parts: the content of a message, the output of a tool.
///
/// A string is what the client wrote for one text part; it is kept as a string.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// The short form.
    Text(String),
    /// The long form.
    Parts(Vec<ContentPart>),
}

impl Content {
    /// The texts, in order: the string itself, or those of the parts that have one.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let (text, parts) = match self {
            Self::Text(text) => (Some(text.as_str()), &[][..]),
            Self::Parts(parts) => (None, parts.as_slice()),
        };
        text.into_iter()
            .chain(parts.iter().filter_map(ContentPart::text))
    }

    /// The parts; none for the short form.
    #[must_use]
    pub fn parts(&self) -> &[ContentPart] {
        match self {
            Self::Text(_) => &[],
            Self::Parts(parts) => parts,
        }
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Vec<ContentPart>> for Content {
    fn from(parts: Vec<ContentPart>) -> Self {
        Self::Parts(parts)
    }
}

impl WireValue for Content {
    fn read(reader: &mut Reader<'_>) -> ReadResult<Self> {
        match reader.kind() {
            ValueKind::String => WireValue::read(reader).map(Self::Text),
            ValueKind::Array => WireValue::read(reader).map(Self::Parts),
            _ => Err(Violation::wrong_type(
                "a string or an array of content parts",
                reader,
            )),
        }
    }

    fn write<W: fmt::Write + ?Sized>(&self, out: &mut W) -> fmt::Result {
        match self {
            Self::Text(text) => text.write(out),
            Self::Parts(parts) => parts.write(out),
        }
    }
}

json_and_serde!(Content);
