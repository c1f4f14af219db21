//! A streamed item: the item as it is so far, and how far it is.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::part::{Stage, StreamedPart, text_mut};
use super::reported::{Fault, Reported};
use crate::content::{Annotation, Content, ContentPart, LogProb, OutputText};
use crate::event::{ItemKind, PartList, TextKind, text_kind};
use crate::item::{Item, ItemStatus};
use crate::json::Length;
use crate::wire::Field;

/// Appends to a list whose elements are large and which mostly has one: `push` alone makes room for four,
/// which a stream holds until its end.
pub(super) fn push_large<T>(all: &mut Vec<T>, value: T) {
    if all.is_empty() {
        all.reserve_exact(1);
    }
    all.push(value);
}

/// An item of a stream. Deltas go straight into `item`, so it is always what a client has by now.
#[derive(Clone, Debug)]
pub(crate) struct StreamedItem {
    /// Its id as it is sent on.
    pub(crate) id: Arc<str>,
    /// Its id as the server wrote it.
    pub(crate) wire_id: Arc<str>,
    /// Its place as the server counts.
    pub(crate) wire_index: u64,
    pub(crate) item: Item,
    content: Vec<StreamedPart>,
    summary: Vec<StreamedPart>,
    pub(crate) arguments: StreamedPart,
    pub(crate) done: bool,
    /// Faults of it that were reported.
    pub(crate) reported: Reported,
}

impl StreamedItem {
    /// An item as `response.output_item.added` carries it.
    pub(crate) fn new(id: Arc<str>, wire_id: Arc<str>, wire_index: u64, item: Item) -> Self {
        let item = match in_parts(&item) {
            Cow::Owned(item) => item,
            Cow::Borrowed(_) => item,
        };
        let carried = |contents: &[ContentPart]| {
            (0..contents.len() as u64)
                .map(|index| StreamedPart::new(index, Stage::Carried))
                .collect()
        };
        Self {
            content: carried(contents(&item, PartList::Content)),
            summary: carried(contents(&item, PartList::Summary)),
            id,
            wire_id,
            wire_index,
            item,
            arguments: StreamedPart::new(0, Stage::Carried),
            done: false,
            reported: Reported::default(),
        }
    }

    pub(crate) fn shape(&self) -> ItemKind {
        ItemKind::of(&self.item)
    }

    /// The places of the parts.
    pub(crate) fn parts(&self, list: PartList) -> &[StreamedPart] {
        match list {
            PartList::Content => &self.content,
            PartList::Summary => &self.summary,
        }
    }

    fn parts_mut(&mut self, list: PartList) -> &mut Vec<StreamedPart> {
        match list {
            PartList::Content => &mut self.content,
            PartList::Summary => &mut self.summary,
        }
    }

    /// The contents of the parts.
    pub(crate) fn contents(&self, list: PartList) -> &[ContentPart] {
        contents(&self.item, list)
    }

    pub(crate) fn part(&self, list: PartList, at: usize) -> Option<(&StreamedPart, &ContentPart)> {
        Some((
            self.parts(list).get(at)?,
            contents(&self.item, list).get(at)?,
        ))
    }

    pub(crate) fn part_mut(
        &mut self,
        list: PartList,
        at: usize,
    ) -> Option<(&mut StreamedPart, &mut ContentPart)> {
        let parts = match list {
            PartList::Content => &mut self.content,
            PartList::Summary => &mut self.summary,
        };
        Some((
            parts.get_mut(at)?,
            contents_mut(&mut self.item, list)?.get_mut(at)?,
        ))
    }

    /// Appends a part and says where it is.
    pub(crate) fn push_part(
        &mut self,
        list: PartList,
        part: StreamedPart,
        content: ContentPart,
    ) -> usize {
        if let Some(contents) = contents_mut(&mut self.item, list) {
            push_large(contents, content);
        }
        let parts = self.parts_mut(list);
        push_large(parts, part);
        parts.len() - 1
    }

    /// The part that the server calls `wire_index`.
    pub(crate) fn find_part(&self, list: PartList, wire_index: u64) -> Option<usize> {
        let parts = self.parts(list);
        let at = usize::try_from(wire_index).ok();
        match at.and_then(|at| parts.get(at)) {
            Some(part) if part.wire_index == wire_index => at,
            // Elsewhere only after a wrong index.
            _ if self.reported.contains(Fault::Index) => {
                parts.iter().rposition(|part| part.wire_index == wire_index)
            }
            _ => None,
        }
    }

    /// The index that the server's next part must have.
    pub(crate) fn next_part(&self, list: PartList) -> u64 {
        let last = self.parts(list).last();
        last.map_or(0, |part| part.wire_index.saturating_add(1))
    }

    /// Marks the item as done, and everything in it that had no events.
    pub(crate) fn close(&mut self) {
        self.done = true;
        self.arguments.stage = Stage::TextDone;
        for part in self.content.iter_mut().chain(&mut self.summary) {
            if part.stage == Stage::Carried {
                part.stage = Stage::Done;
            }
        }
    }

    /// The item as far as it was sent in events.
    pub(crate) fn sent(&self) -> Item {
        let mut item = self.item.clone();
        for list in [PartList::Content, PartList::Summary] {
            let unsent = |part: &&StreamedPart| part.stage == Stage::Unsent;
            let unsent = self.parts(list).iter().rev().take_while(unsent).count();
            if unsent > 0
                && let Some(contents) = contents_mut(&mut item, list)
            {
                contents.truncate(contents.len().saturating_sub(unsent));
            }
        }
        item
    }

    /// Appends to the text of a part and says what kind of text it is. `None` when the part is not
    /// open.
    pub(crate) fn append_text(
        &mut self,
        list: PartList,
        part: usize,
        delta: &str,
        logprobs: &[LogProb],
    ) -> Option<TextKind> {
        let shape = self.shape();
        let (streamed, content) = self.part_mut(list, part)?;
        let kind = text_kind(shape, list, content).filter(|_| streamed.stage == Stage::Open)?;
        // A kind of text without a text to append to is an implementer's.
        text_mut(content)?.push_str(delta);
        streamed.streamed = true;
        if let ContentPart::OutputText(part) = content
            && !logprobs.is_empty()
        {
            part.logprobs.update(|all| all.extend_from_slice(logprobs));
        }
        Some(kind)
    }

    /// Adds an annotation to a part and says which one it is. `None` when the part takes none.
    pub(crate) fn annotate(
        &mut self,
        list: PartList,
        part: usize,
        annotation: Annotation,
    ) -> Option<u64> {
        let (streamed, content) = self.part_mut(list, part)?;
        let ContentPart::OutputText(part) = content else {
            return None;
        };
        // The part may have been announced with some.
        let index = part.annotations.value().map_or(0, Vec::len) as u64;
        streamed.annotations += 1;
        part.annotations.update(|all| all.push(annotation));
        Some(index)
    }

    /// Appends to a call's arguments. False when they are not open.
    pub(crate) fn append_arguments(&mut self, delta: &str) -> bool {
        if self.done || !matches!(self.arguments.stage, Stage::Carried | Stage::Open) {
            return false;
        }
        let Some(arguments) = self.arguments_mut() else {
            return false;
        };
        arguments.push_str(delta);
        self.arguments.stage = Stage::Open;
        self.arguments.streamed = true;
        true
    }

    /// Ends a call's arguments. False when they have ended before.
    pub(crate) fn finish_arguments(&mut self) -> bool {
        let open = !self.done
            && self.shape() == ItemKind::Call
            && matches!(self.arguments.stage, Stage::Carried | Stage::Open);
        if open {
            self.arguments.stage = Stage::TextDone;
        }
        open
    }

    /// The arguments of a call so far.
    pub(crate) fn arguments_text(&self) -> &str {
        match &self.item {
            Item::FunctionCall(call) => &call.arguments,
            _ => "",
        }
    }

    pub(crate) fn arguments_mut(&mut self) -> Option<&mut String> {
        match &mut self.item {
            Item::FunctionCall(call) => Some(&mut call.arguments),
            _ => None,
        }
    }
}

/// The text of a message whose content is in the short form.
pub(crate) fn short_text(item: &Item) -> Option<&str> {
    match item {
        Item::Message(message) => match &message.content {
            Content::Text(text) => Some(text),
            Content::Parts(_) => None,
        },
        _ => None,
    }
}

/// The item with its content in the long form: a text is one part, an empty one none.
pub(crate) fn in_parts(item: &Item) -> Cow<'_, Item> {
    let (Item::Message(message), Some(text)) = (item, short_text(item)) else {
        return Cow::Borrowed(item);
    };
    let part = || OutputText::new(text).logprobs(Vec::new()).into();
    let parts = (!text.is_empty()).then(part).into_iter().collect();
    let mut message = message.clone();
    message.content = Content::Parts(parts);
    Cow::Owned(Item::Message(message))
}

/// The parts of one of an item's lists.
pub(crate) fn contents(item: &Item, list: PartList) -> &[ContentPart] {
    match (item, list) {
        (Item::Message(message), PartList::Content) => message.content.parts(),
        (Item::Reasoning(reasoning), PartList::Content) => listed(&reasoning.content),
        (Item::Reasoning(reasoning), PartList::Summary) => listed(&reasoning.summary),
        _ => &[],
    }
}

fn listed<T>(field: &Field<Vec<T>>) -> &[T] {
    field.value().map_or(&[], Vec::as_slice)
}

/// The same, to change it; made where it is absent.
pub(crate) fn contents_mut(item: &mut Item, list: PartList) -> Option<&mut Vec<ContentPart>> {
    let field = match (item, list) {
        (Item::Message(message), PartList::Content) => {
            if let Content::Text(_) = message.content {
                message.content = Content::Parts(Vec::new());
            }
            return match &mut message.content {
                Content::Parts(parts) => Some(parts),
                Content::Text(_) => None,
            };
        }
        (Item::Reasoning(reasoning), PartList::Content) => &mut reasoning.content,
        (Item::Reasoning(reasoning), PartList::Summary) => &mut reasoning.summary,
        _ => return None,
    };
    if field.value().is_none() {
        *field = Field::Value(Vec::new());
    }
    field.value_mut()
}

/// The status of an item of the protocol's own. Implementers' items may have any.
pub(crate) fn protocol_status(item: &Item) -> Option<ItemStatus> {
    match ItemKind::of(item) {
        ItemKind::Opaque => None,
        ItemKind::Message | ItemKind::Reasoning | ItemKind::Call | ItemKind::Whole => item.status(),
    }
}

/// The item as it was announced: nothing streamed into it yet.
pub(crate) fn hollow(item: &Item) -> Item {
    let mut item = item.clone().with_status(ItemStatus::InProgress);
    match &mut item {
        Item::Message(message) => message.content = Content::Parts(Vec::new()),
        Item::Reasoning(reasoning) => {
            if let Some(content) = reasoning.content.value_mut() {
                content.clear();
            }
            reasoning.summary = Field::Value(Vec::new());
        }
        Item::FunctionCall(call) => call.arguments.clear(),
        _ => {}
    }
    item
}

/// Roughly the bytes that keeping the item takes.
pub(crate) fn weight(item: &Item) -> usize {
    let parts = match item {
        Item::FunctionCallOutput(output) => [output.output.parts(), &[]],
        _ => [PartList::Content, PartList::Summary].map(|list| contents(item, list)),
    };
    let inside: usize = parts.into_iter().flatten().map(objects).sum();
    size_of::<StreamedItem>() + inside + Length::of(|out| item.write_json(out))
}

/// Roughly the bytes that keeping the part takes.
pub(crate) fn content_weight(content: &ContentPart) -> usize {
    objects(content) + Length::of(|out| content.write_json(out))
}

/// Roughly the bytes that keeping the annotation takes.
pub(crate) fn annotation_weight(annotation: &Annotation) -> usize {
    size_of::<Annotation>() + Length::of(|out| annotation.write_json(out))
}

/// Roughly the bytes that keeping the log probabilities of a delta takes.
pub(crate) fn logprobs_weight(logprobs: &[LogProb]) -> usize {
    let printed = |one: &LogProb| Length::of(|out| one.write_json(out));
    log_prob_objects(logprobs) + logprobs.iter().map(printed).sum::<usize>()
}

/// The bytes that the objects of a part take beside their texts.
fn objects(content: &ContentPart) -> usize {
    let inside = match content {
        ContentPart::OutputText(text) => {
            size_of_val(listed(&text.annotations)) + log_prob_objects(listed(&text.logprobs))
        }
        _ => 0,
    };
    size_of::<ContentPart>() + size_of::<StreamedPart>() + inside
}

fn log_prob_objects(logprobs: &[LogProb]) -> usize {
    let inside = |one: &LogProb| {
        let tops = listed(&one.top_logprobs);
        let bytes = tops.iter().map(|top| &top.bytes).chain([&one.bytes]);
        size_of_val(tops) + bytes.map(|bytes| size_of_val(listed(bytes))).sum::<usize>()
    };
    size_of_val(logprobs) + logprobs.iter().map(inside).sum::<usize>()
}
