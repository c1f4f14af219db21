//! A part of a streamed item: how far it is.

use alloc::string::String;
use alloc::vec::Vec;

use super::reported::Reported;
use crate::content::{Annotation, ContentPart};

/// How far a part is, or the arguments of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// It came inside its item and has had no event of its own.
    Carried,
    /// It takes deltas.
    Open,
    /// Its text is finished.
    TextDone,
    /// It is finished.
    Done,
    /// Only the finished item has it.
    Unsent,
}

impl Stage {
    /// Returns true if no event may follow.
    pub(crate) fn is_closed(self) -> bool {
        matches!(self, Self::Done | Self::Unsent)
    }
}

/// What is known of a part besides its content.
#[derive(Clone, Debug)]
pub(crate) struct StreamedPart {
    /// Its index as the server counts.
    pub(crate) wire_index: u64,
    pub(crate) stage: Stage,
    /// A delta came.
    pub(crate) streamed: bool,
    /// Annotations that had an event.
    pub(crate) annotations: u64,
    /// Faults of it that were reported.
    pub(crate) reported: Reported,
}

impl StreamedPart {
    pub(crate) fn new(wire_index: u64, stage: Stage) -> Self {
        Self {
            wire_index,
            stage,
            streamed: false,
            annotations: 0,
            reported: Reported::default(),
        }
    }
}

/// The text of a part that deltas can be appended to.
pub(crate) fn text_mut(content: &mut ContentPart) -> Option<&mut String> {
    match content {
        ContentPart::InputText(part) => Some(&mut part.text),
        ContentPart::OutputText(part) => Some(&mut part.text),
        ContentPart::Text(part) => Some(&mut part.text),
        ContentPart::SummaryText(part) => Some(&mut part.text),
        ContentPart::ReasoningText(part) => Some(&mut part.text),
        ContentPart::Refusal(part) => Some(&mut part.refusal),
        ContentPart::InputImage(_)
        | ContentPart::InputFile(_)
        | ContentPart::InputVideo(_)
        | ContentPart::Extension(_)
        | ContentPart::Unknown(_) => None,
    }
}

/// How many annotations the part has.
pub(crate) fn annotation_count(content: &ContentPart) -> usize {
    annotations(content).len()
}

/// The annotations of the part.
pub(crate) fn annotations(content: &ContentPart) -> &[Annotation] {
    match content {
        ContentPart::OutputText(part) => part.annotations.value().map_or(&[], Vec::as_slice),
        _ => &[],
    }
}

/// The part before anything was streamed into it.
pub(crate) fn emptied(content: &ContentPart) -> ContentPart {
    let mut content = content.clone();
    if let Some(text) = text_mut(&mut content) {
        text.clear();
    }
    if let ContentPart::OutputText(part) = &mut content {
        if let Some(annotations) = part.annotations.value_mut() {
            annotations.clear();
        }
        if let Some(logprobs) = part.logprobs.value_mut() {
            logprobs.clear();
        }
    }
    content
}
