//! Text of messages and of reasoning: goes on with what is open, or opens it.

use alloc::string::String;
use alloc::vec::Vec;

use super::ids::IdKind;
use super::open::{MessagePart, OpenKind, OpenReasoning, ReasoningPart};
use super::sequencer::Sequencer;
use crate::content::{Annotation, LogProb};
use crate::event::*;
use crate::item::Phase;
use crate::wire::Field;

impl Sequencer {
    pub(super) fn text(
        &mut self,
        text: String,
        logprobs: Vec<LogProb>,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        self.ensure_text_part(sink);
        let (item_id, output_index, content_index) = self.content_position();
        if let Some(MessagePart::Text(part)) = self.message_part() {
            part.text.push_str(&text);
            if let Field::Value(all) = &mut part.logprobs {
                all.extend(logprobs.iter().cloned());
            }
        }
        if !text.is_empty() || !logprobs.is_empty() {
            let number = self.number();
            sink(
                ResponseOutputTextDeltaEvent::new(
                    number,
                    item_id,
                    output_index,
                    content_index,
                    text,
                )
                .logprobs(logprobs)
                .into(),
            );
        }
    }

    pub(super) fn annotation(
        &mut self,
        annotation: Annotation,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        self.ensure_text_part(sink);
        let (item_id, output_index, content_index) = self.content_position();
        let mut index = 0;
        if let Some(MessagePart::Text(part)) = self.message_part()
            && let Field::Value(all) = &mut part.annotations
        {
            index = all.len() as u64;
            all.push(annotation.clone());
        }
        let number = self.number();
        sink(
            ResponseOutputTextAnnotationAddedEvent::new(
                number,
                item_id,
                output_index,
                content_index,
                index,
                annotation,
            )
            .into(),
        );
    }

    pub(super) fn refusal(&mut self, text: String, sink: &mut impl FnMut(StreamEvent)) {
        if !matches!(self.message_part(), Some(MessagePart::Refusal(_))) {
            self.ensure_message(sink);
            self.close_part(sink);
            self.open_message_part(MessagePart::refusal(), sink);
        }
        let (item_id, output_index, content_index) = self.content_position();
        if let Some(MessagePart::Refusal(part)) = self.message_part() {
            part.push_str(&text);
        }
        if !text.is_empty() {
            let number = self.number();
            sink(
                ResponseRefusalDeltaEvent::new(number, item_id, output_index, content_index, text)
                    .into(),
            );
        }
    }

    pub(super) fn reasoning(&mut self, text: String, sink: &mut impl FnMut(StreamEvent)) {
        self.ensure_reasoning_part(false, sink);
        let (item_id, output_index, content_index) = self.content_position();
        if let Some(OpenReasoning {
            part: Some(ReasoningPart::Text(part)),
            ..
        }) = self.open_reasoning()
        {
            part.push_str(&text);
        }
        if !text.is_empty() {
            let number = self.number();
            sink(
                ResponseReasoningDeltaEvent::new(
                    number,
                    item_id,
                    output_index,
                    content_index,
                    text,
                )
                .into(),
            );
        }
    }

    pub(super) fn summary(&mut self, text: String, sink: &mut impl FnMut(StreamEvent)) {
        self.ensure_reasoning_part(true, sink);
        let (item_id, output_index, summary_index) = self.content_position();
        if let Some(OpenReasoning {
            part: Some(ReasoningPart::Summary(part)),
            ..
        }) = self.open_reasoning()
        {
            part.push_str(&text);
        }
        if !text.is_empty() {
            let number = self.number();
            sink(
                ResponseReasoningSummaryTextDeltaEvent::new(
                    number,
                    item_id,
                    output_index,
                    summary_index,
                    text,
                )
                .into(),
            );
        }
    }

    pub(super) fn ensure_text_part(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        if !matches!(self.message_part(), Some(MessagePart::Text(_))) {
            self.ensure_message(sink);
            self.close_part(sink);
            self.open_message_part(MessagePart::text(), sink);
        }
    }

    pub(super) fn ensure_message(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        let open = self.open.as_ref().map(|open| &open.kind);
        if !matches!(open, Some(OpenKind::Message { .. })) {
            self.open_message(None, sink);
        }
    }

    pub(super) fn open_message(
        &mut self,
        phase: Option<Phase>,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        self.close_all(sink);
        let kind = OpenKind::Message {
            phase,
            done: Vec::new(),
            part: None,
        };
        self.open_item(IdKind::Message, kind, sink);
    }

    pub(super) fn ensure_reasoning(&mut self, sink: &mut impl FnMut(StreamEvent)) {
        if self.open_reasoning().is_none() {
            self.close_all(sink);
            let kind = OpenKind::Reasoning(OpenReasoning::default());
            self.open_item(IdKind::Reasoning, kind, sink);
        }
    }

    pub(super) fn ensure_reasoning_part(
        &mut self,
        summary: bool,
        sink: &mut impl FnMut(StreamEvent),
    ) {
        self.ensure_reasoning(sink);
        let part = self.open_reasoning().and_then(|open| open.part.as_ref());
        match part {
            Some(ReasoningPart::Summary(_)) if summary => return,
            Some(ReasoningPart::Text(_)) if !summary => return,
            Some(_) => self.close_part(sink),
            None => {}
        }
        self.open_reasoning_part(summary, sink);
    }
}
