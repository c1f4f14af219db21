//! The parts of messages, tool outputs and reasoning. Spec: "Content".

use super::input_part::{InputFile, InputImage, InputText, InputVideo};
use super::output_part::{OutputText, ReasoningText, Refusal, SummaryText, Text};
use crate::diagnostics::Leniency;
use crate::rules::{Branch, Shape, Union};
use crate::wire::union;

union! {
    /// A part of a message, of a tool's output, of reasoning or of its summary.
    ///
    /// One union for the specification's several; validation decides which parts are legal where.
    /// Spec: "Content".
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
    ///
    /// ```
    /// use openresponses_types::content::{ContentPart, InputText};
    ///
    /// assert!(matches!(ContentPart::from(InputText::new("Hello")), ContentPart::InputText(_)));
    /// ```
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
    /// Returns the text of a text part or a refusal.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::InputText(part) => Some(&part.text),
            Self::OutputText(part) => Some(&part.text),
            Self::Text(part) => Some(&part.text),
            Self::SummaryText(part) => Some(&part.text),
            Self::ReasoningText(part) => Some(&part.text),
            Self::Refusal(part) => Some(&part.refusal),
            Self::InputImage(_)
            | Self::InputFile(_)
            | Self::InputVideo(_)
            | Self::Extension(_)
            | Self::Unknown(_) => None,
        }
    }
}

/// The parts that are legal in one place.
pub(crate) const fn parts(
    branches: &'static [Branch],
    relaxed: &'static [(Branch, Leniency)],
) -> Union {
    Union {
        name: "",
        what: "a content part",
        branches,
        relaxed,
        elsewhere: ContentPart::TYPES,
        extension: None,
        unknown: Leniency::UnknownContentPart,
        shape: Shape::Plain,
    }
}
