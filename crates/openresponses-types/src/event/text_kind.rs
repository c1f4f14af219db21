//! The kinds of text that are streamed into parts: where each belongs, and its events.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::family::PartList;
use super::item_kind::ItemKind;
use super::table::*;
use crate::content::{ContentPart, LogProb, OutputText, ReasoningText, Refusal, SummaryText};

/// A kind of text that is streamed into parts.
///
/// ```
/// use openresponses_types::event::{EventFamily, TextKind};
///
/// let family = EventFamily::of_type("response.output_text.done");
/// assert_eq!(family, EventFamily::TextDone(TextKind::Output));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextKind {
    /// `response.output_text`
    Output,
    /// `response.refusal`
    Refusal,
    /// `response.reasoning`, and `response.reasoning_text` of OpenAI's API.
    Reasoning,
    /// `response.reasoning_summary_text`
    Summary,
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
                ItemKind::Message | ItemKind::Call | ItemKind::Whole | ItemKind::Opaque => {
                    TextKind::Output
                }
            })
        }
        _ => None,
    }
}

/// The number of an event about a text, and the place of the text's part.
pub(crate) struct TextPlace {
    pub(crate) sequence_number: u64,
    pub(crate) item_id: Arc<str>,
    pub(crate) output_index: u64,
    pub(crate) part_index: u64,
}

impl TextKind {
    /// Returns the list whose parts take the text.
    #[must_use]
    pub fn list(self) -> PartList {
        match self {
            Self::Output | Self::Refusal | Self::Reasoning => PartList::Content,
            Self::Summary => PartList::Summary,
        }
    }

    /// The kind of the items that have such texts.
    pub(crate) fn item_kind(self) -> ItemKind {
        match self {
            Self::Output | Self::Refusal => ItemKind::Message,
            Self::Reasoning | Self::Summary => ItemKind::Reasoning,
        }
    }

    /// Returns true if an item may have such a text. Reasoning may have all of them: the
    /// specification shows `output_text` parts there.
    pub(crate) fn may_be_in(self, shape: ItemKind) -> bool {
        match self {
            Self::Output | Self::Refusal | Self::Summary => shape.has(self.list()),
            Self::Reasoning => shape == ItemKind::Reasoning,
        }
    }

    /// Returns true if events of this kind may speak of a part like `content`. The specification
    /// shows `output_text` parts in reasoning, so both names will do there.
    pub(crate) fn fits(self, shape: ItemKind, list: PartList, content: &ContentPart) -> bool {
        match text_kind(shape, list, content) {
            Some(Self::Reasoning) => match self {
                Self::Reasoning => true,
                Self::Output => matches!(content, ContentPart::OutputText(_)),
                Self::Refusal | Self::Summary => false,
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

    /// The event that appends to a text. Log probabilities count where the event has them.
    pub(crate) fn delta_event(
        self,
        place: TextPlace,
        delta: String,
        logprobs: Vec<LogProb>,
    ) -> StreamEvent {
        let TextPlace {
            sequence_number: number,
            item_id: id,
            output_index: at,
            part_index: part,
        } = place;
        match self {
            Self::Output => {
                let mut event = ResponseOutputTextDeltaEvent::new(number, id, at, part, delta);
                event.logprobs = logprobs.into();
                event.into()
            }
            Self::Refusal => ResponseRefusalDeltaEvent::new(number, id, at, part, delta).into(),
            Self::Reasoning => ResponseReasoningDeltaEvent::new(number, id, at, part, delta).into(),
            Self::Summary => {
                ResponseReasoningSummaryTextDeltaEvent::new(number, id, at, part, delta).into()
            }
        }
    }

    /// The event that ends a text, which is that of `content`.
    pub(crate) fn done_event(self, place: TextPlace, content: ContentPart) -> StreamEvent {
        let TextPlace {
            sequence_number: number,
            item_id: id,
            output_index: at,
            part_index: part,
        } = place;
        let text = String::from(content.text().unwrap_or_default());
        match self {
            Self::Output => {
                let event = ResponseOutputTextDoneEvent::new(number, id, at, part, text);
                match content {
                    ContentPart::OutputText(content) => {
                        event.logprobs(content.logprobs.into_value().unwrap_or_default())
                    }
                    _ => event,
                }
                .into()
            }
            Self::Refusal => ResponseRefusalDoneEvent::new(number, id, at, part, text).into(),
            Self::Reasoning => ResponseReasoningDoneEvent::new(number, id, at, part, text).into(),
            Self::Summary => {
                ResponseReasoningSummaryTextDoneEvent::new(number, id, at, part, text).into()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_may_have_the_texts_whose_events_fit_its_parts() {
        use ItemKind as I;
        use TextKind as T;
        for shape in [I::Message, I::Reasoning, I::Call, I::Whole, I::Opaque] {
            for kind in [T::Output, T::Refusal, T::Reasoning, T::Summary] {
                let list = kind.list();
                let fits = shape.has(list) && kind.fits(shape, list, &kind.empty_part());
                assert_eq!(kind.may_be_in(shape), fits, "{kind:?} in {shape:?}");
            }
        }
    }
}
