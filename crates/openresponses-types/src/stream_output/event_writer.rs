//! The one place where events about items and parts are made.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::item::{
    StreamedItem, annotation_weight, content_weight, logprobs_weight, push_large, weight,
};
use super::part::{Stage, StreamedPart, emptied};
use crate::content::{Annotation, ContentPart, LogProb};
use crate::event::*;
use crate::item::{Item, ItemStatus};

/// The output as the client has it, the events that tell of it, and their numbers.
///
/// Each operation brings an item or a part one step further in its life (see
/// [`Stage`]) and queues the event for it, so the events are in a legal order by construction. What
/// is not open is left alone.
#[derive(Debug, Default)]
pub(crate) struct EventWriter {
    items: Vec<StreamedItem>,
    next_number: u64,
    queue: VecDeque<StreamEvent>,
    /// Roughly what the items take.
    bytes: usize,
    /// Only the output is wanted, not its events.
    is_silent: bool,
}

impl EventWriter {
    /// The next event to send.
    pub(crate) fn pop(&mut self) -> Option<StreamEvent> {
        self.queue.pop_front()
    }

    /// Returns true if nothing waits to be sent.
    pub(crate) fn is_drained(&self) -> bool {
        self.queue.is_empty()
    }

    /// The number of the next event.
    pub(crate) fn next_number(&self) -> u64 {
        self.next_number
    }

    /// Sets the number of the first event.
    pub(crate) fn set_next_number(&mut self, number: u64) {
        debug_assert!(self.queue.is_empty(), "an event has a number");
        self.next_number = number;
    }

    /// Counts an event that is sent past the queue.
    pub(crate) fn skip_number(&mut self) {
        debug_assert!(self.queue.is_empty(), "events would change places");
        self.next_number += 1;
    }

    /// Roughly how many bytes the items take.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Counts what an item takes that was set from elsewhere.
    pub(crate) fn grow(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes);
    }

    /// Makes no more events, only the output.
    pub(crate) fn silence(&mut self) {
        self.is_silent = true;
    }

    /// Queues an event under the next number.
    pub(crate) fn emit(&mut self, event: impl Into<StreamEvent>) {
        if self.is_silent {
            return;
        }
        let number = self.take_number();
        self.queue
            .push_back(event.into().with_sequence_number(number));
    }

    fn take_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn item(&self, at: usize) -> Option<&StreamedItem> {
        self.items.get(at)
    }

    pub(crate) fn item_mut(&mut self, at: usize) -> Option<&mut StreamedItem> {
        self.items.get_mut(at)
    }

    /// Returns true for an item that is there and not done.
    pub(crate) fn is_open(&self, at: usize) -> bool {
        self.items.get(at).is_some_and(|item| !item.done)
    }

    pub(crate) fn part(
        &self,
        at: usize,
        list: PartList,
        part: usize,
    ) -> Option<(&StreamedPart, &ContentPart)> {
        self.items.get(at)?.part(list, part)
    }

    /// The items as the client has them.
    pub(crate) fn take_items(&mut self) -> Vec<Item> {
        self.items.drain(..).map(|item| item.item).collect()
    }

    /// Adds an item and says where it is.
    pub(crate) fn add_item(&mut self, id: &Arc<str>, item: Item) -> usize {
        let at = self.push_item(id, item);
        self.announce_item(at);
        at
    }

    /// [`add_item`](Self::add_item) whose event is still to be sent.
    pub(crate) fn push_item(&mut self, id: &Arc<str>, item: Item) -> usize {
        let at = self.items.len();
        self.grow(weight(&item) + id.len());
        let item = StreamedItem::new(Arc::clone(id), Arc::clone(id), at as u64, item);
        push_large(&mut self.items, item);
        at
    }

    /// Queues the event that adds an item.
    pub(crate) fn announce_item(&mut self, at: usize) {
        if let Some(item) = self.items.get(at).filter(|_| !self.is_silent) {
            let item = item.item.clone();
            self.emit(ResponseOutputItemAddedEvent::new(0u64, at as u64, item));
        }
    }

    /// The id of an item.
    pub(crate) fn id(&self, at: usize) -> Arc<str> {
        let item = self.items.get(at);
        item.map_or_else(|| Arc::from(""), |item| Arc::clone(&item.id))
    }

    /// How many parts a list of an item has.
    pub(crate) fn parts(&self, at: usize, list: PartList) -> usize {
        self.items.get(at).map_or(0, |item| item.parts(list).len())
    }

    /// Returns true if events of this kind of text may be about a part.
    pub(crate) fn takes(&self, at: usize, list: PartList, part: usize, kind: TextKind) -> bool {
        self.items.get(at).is_some_and(|item| {
            item.part(list, part)
                .is_some_and(|(_, content)| kind.fits(item.shape(), list, content))
        })
    }

    /// Replaces the items by those that are known from elsewhere.
    pub(crate) fn replace_items(&mut self, items: Vec<Item>) {
        let none: Arc<str> = Arc::from("");
        let streamed = |item| StreamedItem::new(Arc::clone(&none), Arc::clone(&none), 0, item);
        self.items = items.into_iter().map(streamed).collect();
    }

    /// Adds a part to the item at `at` and says where it is.
    pub(crate) fn add_part(&mut self, at: usize, list: PartList, content: ContentPart) -> usize {
        let Some(item) = self.items.get_mut(at) else {
            debug_assert!(false, "no item {at}");
            return 0;
        };
        let index = item.parts(list).len();
        let part = StreamedPart::new(index as u64, Stage::Carried);
        let bytes = content_weight(&content);
        item.push_part(list, part, content);
        self.grow(bytes);
        self.announce_part(at, list, index);
        index
    }

    /// Adds a part whose event is still to be sent.
    pub(crate) fn push_open_part(&mut self, at: usize, list: PartList, content: ContentPart) {
        if let Some(item) = self.items.get_mut(at) {
            let index = item.parts(list).len() as u64;
            let bytes = content_weight(&content);
            item.push_part(list, StreamedPart::new(index, Stage::Open), content);
            self.grow(bytes);
        }
    }

    /// Begins the events of a part that came inside its item.
    pub(crate) fn announce_part(&mut self, at: usize, list: PartList, part: usize) {
        match self.part_mut(at, list, part) {
            Some((_, stage, _)) if *stage == Stage::Carried => *stage = Stage::Open,
            _ => return,
        }
        if self.is_silent {
            return;
        }
        if let Some(event) = self.part_added_event(at, list, part) {
            self.emit(event);
        }
    }

    /// The event that adds a part.
    pub(crate) fn part_added_event(
        &self,
        at: usize,
        list: PartList,
        part: usize,
    ) -> Option<StreamEvent> {
        let (_, content) = self.part(at, list, part)?;
        let (id, content) = (self.id(at), Box::new(content.clone()));
        let (at, index) = (at as u64, part as u64);
        Some(match list {
            PartList::Content => {
                ResponseContentPartAddedEvent::new(0u64, id, at, index, content).into()
            }
            PartList::Summary => {
                ResponseReasoningSummaryPartAddedEvent::new(0u64, id, at, index, content).into()
            }
        })
    }

    /// Returns true if the text of such a part has events.
    pub(crate) fn streams(&self, at: usize, list: PartList, content: &ContentPart) -> bool {
        self.item(at)
            .is_some_and(|item| text_kind(item.shape(), list, content).is_some())
    }

    /// Adds a part that has no events of its own.
    pub(crate) fn push_unsent_part(&mut self, at: usize, list: PartList, content: ContentPart) {
        if let Some(item) = self.items.get_mut(at) {
            let index = item.parts(list).len() as u64;
            let bytes = content_weight(&content);
            item.push_part(list, StreamedPart::new(index, Stage::Unsent), content);
            self.grow(bytes);
        }
    }

    /// A part as it is announced: without its text, if that has events.
    pub(crate) fn announced(
        &self,
        at: usize,
        list: PartList,
        content: &ContentPart,
    ) -> ContentPart {
        if self.streams(at, list, content) {
            emptied(content)
        } else {
            content.clone()
        }
    }

    /// Moves a part on whose event is sent elsewhere.
    pub(crate) fn set_stage(&mut self, at: usize, list: PartList, part: usize, stage: Stage) {
        if let Some((_, now, _)) = self.part_mut(at, list, part) {
            *now = stage;
        }
    }

    /// Sets what a part is besides its text.
    pub(crate) fn set_content(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
        content: ContentPart,
    ) {
        if let Some((_, _, now)) = self.part_mut(at, list, part) {
            let more = content_weight(&content).saturating_sub(content_weight(now));
            *now = content;
            self.grow(more);
        }
    }

    /// Appends to the text of an open part; the event is sent elsewhere.
    pub(crate) fn apply_text(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
        delta: &str,
        logprobs: &[LogProb],
    ) {
        if let Some(item) = self.items.get_mut(at) {
            item.append_text(list, part, delta, logprobs);
            self.grow(delta.len() + logprobs_weight(logprobs));
        }
    }

    /// Returns true if a part or the arguments of an item are open.
    pub(crate) fn has_open_inside(&self, at: usize) -> bool {
        self.items.get(at).is_some_and(|item| {
            item.arguments.stage == Stage::Open
                || [PartList::Content, PartList::Summary].iter().any(|list| {
                    item.parts(*list)
                        .iter()
                        .any(|part| matches!(part.stage, Stage::Open | Stage::TextDone))
                })
        })
    }

    /// Appends to the text of an open part.
    pub(crate) fn append_text(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
        delta: String,
        logprobs: Vec<LogProb>,
    ) {
        let Some(item) = self.items.get_mut(at) else {
            return;
        };
        let Some(kind) = item.append_text(list, part, &delta, &logprobs) else {
            return;
        };
        let id = Arc::clone(&item.id);
        self.grow(delta.len() + logprobs_weight(&logprobs));
        if self.is_silent || delta.is_empty() && logprobs.is_empty() {
            return;
        }
        let place = TextPlace {
            sequence_number: self.take_number(),
            item_id: id,
            output_index: at as u64,
            part_index: part as u64,
        };
        self.queue
            .push_back(kind.delta_event(place, delta, logprobs));
    }

    /// Adds an annotation to the text of an open part.
    pub(crate) fn annotate(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
        annotation: Annotation,
    ) {
        let Some(item) = self.items.get_mut(at) else {
            return;
        };
        let Some(place) = item.annotate(list, part, annotation.clone()) else {
            return;
        };
        let id = Arc::clone(&item.id);
        self.grow(annotation_weight(&annotation));
        self.emit(ResponseOutputTextAnnotationAddedEvent::new(
            0u64,
            id,
            at as u64,
            part as u64,
            place,
            annotation,
        ));
    }

    /// Ends the text of an open part. A part without text has no such end.
    pub(crate) fn finish_text(&mut self, at: usize, list: PartList, part: usize) {
        self.announce_part(at, list, part);
        let is_silent = self.is_silent;
        let Some((id, stage, content)) = self.part_mut(at, list, part) else {
            return;
        };
        if *stage != Stage::Open {
            return;
        }
        *stage = Stage::TextDone;
        if is_silent {
            return;
        }
        let content = content.clone();
        let kind = self
            .item(at)
            .and_then(|item| text_kind(item.shape(), list, &content));
        let Some(kind) = kind else {
            return;
        };
        let place = TextPlace {
            sequence_number: self.take_number(),
            item_id: id,
            output_index: at as u64,
            part_index: part as u64,
        };
        self.queue.push_back(kind.done_event(place, content));
    }

    /// Ends a part, and its text if that is still open. A part that came inside its item and had no
    /// events needs none.
    pub(crate) fn finish_part(&mut self, at: usize, list: PartList, part: usize) {
        let stage = self.part(at, list, part).map(|(part, _)| part.stage);
        if stage == Some(Stage::Open) {
            self.finish_text(at, list, part);
        }
        let is_silent = self.is_silent;
        let Some((id, stage, content)) = self.part_mut(at, list, part) else {
            return;
        };
        if *stage != Stage::TextDone {
            return;
        }
        *stage = Stage::Done;
        if is_silent {
            return;
        }
        let content = Box::new(content.clone());
        let (at, index) = (at as u64, part as u64);
        match list {
            PartList::Content => {
                self.emit(ResponseContentPartDoneEvent::new(
                    0u64, id, at, index, content,
                ));
            }
            PartList::Summary => self.emit(ResponseReasoningSummaryPartDoneEvent::new(
                0u64, id, at, index, content,
            )),
        }
    }

    /// Appends to the arguments of an open call.
    pub(crate) fn append_arguments(&mut self, at: usize, delta: String) {
        let Some(item) = self.items.get_mut(at) else {
            return;
        };
        if !item.append_arguments(&delta) || delta.is_empty() {
            return;
        }
        let id = Arc::clone(&item.id);
        self.grow(delta.len());
        self.emit(ResponseFunctionCallArgumentsDeltaEvent::new(
            0u64, id, at as u64, delta,
        ));
    }

    /// Ends the arguments of an open call.
    pub(crate) fn finish_arguments(&mut self, at: usize) {
        let Some(item) = self.items.get_mut(at) else {
            return;
        };
        if !item.finish_arguments() || self.is_silent {
            return;
        }
        let (id, whole) = (Arc::clone(&item.id), String::from(item.arguments_text()));
        self.emit(ResponseFunctionCallArgumentsDoneEvent::new(
            0u64, id, at as u64, whole,
        ));
    }

    /// Ends an item: its open parts, its arguments if they were streamed, then the item itself.
    pub(crate) fn finish_item(&mut self, at: usize, status: ItemStatus) {
        self.finish_inside(at);
        let Some(item) = self.items.get_mut(at).filter(|item| !item.done) else {
            return;
        };
        item.close();
        item.item.set_status(status);
        if self.is_silent {
            return;
        }
        let done = item.item.clone();
        self.emit(ResponseOutputItemDoneEvent::new(0u64, at as u64, done));
    }

    /// Ends the open parts and arguments of an item.
    pub(crate) fn finish_inside(&mut self, at: usize) {
        for list in [PartList::Content, PartList::Summary] {
            let parts = self.item(at).map_or(0, |item| item.parts(list).len());
            for part in 0..parts {
                self.finish_part(at, list, part);
            }
        }
        if self
            .item(at)
            .is_some_and(|item| item.arguments.stage == Stage::Open)
        {
            self.finish_arguments(at);
        }
    }

    fn part_mut(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
    ) -> Option<(Arc<str>, &mut Stage, &mut ContentPart)> {
        let item = self.items.get_mut(at)?;
        let id = Arc::clone(&item.id);
        let (part, content) = item.part_mut(list, part)?;
        Some((id, &mut part.stage, content))
    }
}
