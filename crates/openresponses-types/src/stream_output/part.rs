//! A part of a streamed item: how far it is, and what kind of text goes into it.

use alloc::string::String;
use alloc::vec::Vec;

use super::item_kind::ItemKind;
use super::reported::Reported;
use crate::content::{ContentPart, OutputText, ReasoningText, Refusal, SummaryText};
use crate::event::{PartList, TextKind};

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
    /// True when no event may follow.
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

/// The kind of a part's text; `None` for a part that has none.
pub(crate) fn text_kind(
    shape: ItemKind,
    list: PartList,
    content: &ContentPart,
) -> Option<TextKind> {
    match (list, content) {
        (PartList::Summary, _) => content.text().map(|_| TextKind::Summary),
        (_, ContentPart::Refusal(_)) => Some(TextKind::Refusal),
        (_, ContentPart::OutputText(_) | ContentPart::Text(_) | ContentPart::ReasoningText(_)) => {
            Some(match shape {
                ItemKind::Reasoning => TextKind::Reasoning,
                _ => TextKind::Output,
            })
        }
        _ => None,
    }
}

impl TextKind {
    /// True when events of this kind may speak of a part like `content`. The specification shows
    /// `output_text` parts in reasoning, so both names will do there.
    pub(crate) fn fits(self, shape: ItemKind, list: PartList, content: &ContentPart) -> bool {
        match text_kind(shape, list, content) {
            Some(Self::Reasoning) => match self {
                Self::Reasoning => true,
                Self::Output => matches!(content, ContentPart::OutputText(_)),
                _ => false,
            },
            Some(kind) => self == kind,
            // A part of an implementer's: its events are the implementer's matter.
            None => matches!(content, ContentPart::Extension(_) | ContentPart::Unknown(_)),
        }
    }

    /// An empty part for this kind of text.
    pub(crate) fn empty_part(self) -> ContentPart {
        match self {
            Self::Output => OutputText::new("")
                .annotations(Vec::new())
                .logprobs(Vec::new())
                .into(),
            Self::Refusal => Refusal::new("").into(),
            Self::Reasoning => ReasoningText::new("").into(),
            Self::Summary => SummaryText::new("").into(),
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
        _ => None,
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
