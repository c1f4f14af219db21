//! What an event says, in one vocabulary for both dialects of reasoning.

use alloc::borrow::Cow;

use crate::content::{Annotation, ContentPart, LogProb};
use crate::event::*;
use crate::fold::{PartList, TextKind};
use crate::item::Item;
use crate::json::{RawJson, Reader};
use crate::wire::WireValue;

/// Where a part is, in the server's words.
#[derive(Clone, Debug)]
pub(super) struct Place<'e> {
    pub(super) item_id: Cow<'e, str>,
    pub(super) output_index: u64,
    pub(super) list: PartList,
    pub(super) index: u64,
}

/// What an event says about the output.
#[derive(Debug)]
pub(super) enum Step<'e> {
    ItemAdded(u64, Option<&'e Item>),
    ItemDone(u64, Option<&'e Item>),
    PartAdded(Place<'e>, Cow<'e, ContentPart>),
    PartDone(Place<'e>, Cow<'e, ContentPart>),
    Delta(Place<'e>, TextKind, Cow<'e, str>, &'e [LogProb]),
    TextDone(Place<'e>, TextKind, Cow<'e, str>),
    Annotation(Place<'e>, u64, Option<&'e Annotation>),
    ArgumentsDelta(Place<'e>, &'e str),
    ArgumentsDone(Place<'e>, &'e str),
    /// Nothing.
    Other,
}

macro_rules! place {
    ($event:expr, $list:ident, $index:expr) => {
        Place {
            item_id: Cow::Borrowed(&$event.item_id),
            output_index: $event.output_index,
            list: PartList::$list,
            index: $index,
        }
    };
}

impl<'e> Step<'e> {
    #[allow(clippy::too_many_lines)]
    pub(super) fn of(event: &'e StreamEvent) -> Self {
        match event {
            StreamEvent::OutputItemAdded(event) => {
                Self::ItemAdded(event.output_index, event.item.value())
            }
            StreamEvent::OutputItemDone(event) => {
                Self::ItemDone(event.output_index, event.item.value())
            }
            StreamEvent::ContentPartAdded(event) => Self::PartAdded(
                place!(event, Content, event.content_index),
                Cow::Borrowed(&event.part),
            ),
            StreamEvent::ContentPartDone(event) => Self::PartDone(
                place!(event, Content, event.content_index),
                Cow::Borrowed(&event.part),
            ),
            StreamEvent::ReasoningSummaryPartAdded(event) => Self::PartAdded(
                place!(event, Summary, event.summary_index),
                Cow::Borrowed(&event.part),
            ),
            StreamEvent::ReasoningSummaryPartDone(event) => Self::PartDone(
                place!(event, Summary, event.summary_index),
                Cow::Borrowed(&event.part),
            ),
            StreamEvent::OutputTextDelta(event) => Self::Delta(
                place!(event, Content, event.content_index),
                TextKind::Output,
                Cow::Borrowed(&event.delta),
                event.logprobs.value().map_or(&[], |all| all.as_slice()),
            ),
            StreamEvent::OutputTextDone(event) => Self::TextDone(
                place!(event, Content, event.content_index),
                TextKind::Output,
                Cow::Borrowed(&event.text),
            ),
            StreamEvent::RefusalDelta(event) => Self::Delta(
                place!(event, Content, event.content_index),
                TextKind::Refusal,
                Cow::Borrowed(&event.delta),
                &[],
            ),
            StreamEvent::RefusalDone(event) => Self::TextDone(
                place!(event, Content, event.content_index),
                TextKind::Refusal,
                Cow::Borrowed(&event.refusal),
            ),
            StreamEvent::ReasoningDelta(event) => Self::Delta(
                place!(event, Content, event.content_index),
                TextKind::Reasoning,
                Cow::Borrowed(&event.delta),
                &[],
            ),
            StreamEvent::ReasoningDone(event) => Self::TextDone(
                place!(event, Content, event.content_index),
                TextKind::Reasoning,
                Cow::Borrowed(&event.text),
            ),
            StreamEvent::ReasoningSummaryTextDelta(event) => Self::Delta(
                place!(event, Summary, event.summary_index),
                TextKind::Summary,
                Cow::Borrowed(&event.delta),
                &[],
            ),
            StreamEvent::ReasoningSummaryTextDone(event) => Self::TextDone(
                place!(event, Summary, event.summary_index),
                TextKind::Summary,
                Cow::Borrowed(&event.text),
            ),
            StreamEvent::OutputTextAnnotationAdded(event) => Self::Annotation(
                place!(event, Content, event.content_index),
                event.annotation_index,
                event.annotation.value(),
            ),
            StreamEvent::FunctionCallArgumentsDelta(event) => {
                Self::ArgumentsDelta(place!(event, Content, 0), &event.delta)
            }
            StreamEvent::FunctionCallArgumentsDone(event) => {
                Self::ArgumentsDone(place!(event, Content, 0), &event.arguments)
            }
            StreamEvent::Unknown(raw) => {
                Self::of_dialect(raw.type_name(), raw.json()).unwrap_or(Self::Other)
            }
            _ => Self::Other,
        }
    }

    /// Reasoning as OpenAI's API and its imitators name it. An event in another shape says nothing.
    fn of_dialect(type_name: &str, json: &'e RawJson) -> Option<Self> {
        let reader = json.reader();
        let place = || {
            Some(Place {
                item_id: reader.member("item_id")?.string()?,
                output_index: number(&reader, "output_index")?,
                list: PartList::Content,
                index: number(&reader, "content_index")?,
            })
        };
        let text = |name| reader.member(name)?.string();
        let part = || ContentPart::read(&mut reader.member("part")?).ok();
        let kind = TextKind::Reasoning;
        match type_name {
            REASONING_TEXT_DELTA => Some(Self::Delta(place()?, kind, text("delta")?, &[])),
            REASONING_TEXT_DONE => Some(Self::TextDone(place()?, kind, text("text")?)),
            REASONING_PART_ADDED => Some(Self::PartAdded(place()?, Cow::Owned(part()?))),
            REASONING_PART_DONE => Some(Self::PartDone(place()?, Cow::Owned(part()?))),
            _ => None,
        }
    }
}

const REASONING_TEXT_DELTA: &str = "response.reasoning_text.delta";
const REASONING_TEXT_DONE: &str = "response.reasoning_text.done";
const REASONING_PART_ADDED: &str = "response.reasoning_part.added";
const REASONING_PART_DONE: &str = "response.reasoning_part.done";

fn number(reader: &Reader<'_>, name: &str) -> Option<u64> {
    u64::read(&mut reader.member(name)?).ok()
}
