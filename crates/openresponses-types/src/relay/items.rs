//! Items: added and done.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::merge::{has_text, missing_annotations};
use super::options::RelayMode;
use super::push::{Held, Relay, Then};
use super::reading::Incoming;
use super::repair::Repair;
use super::source::{SourceItem, SourcePart, SourceParts, Wants};
use crate::content::ContentPart;
use crate::event::{ItemKind, PartList, ResponseOutputItemDoneEvent, item_id};
use crate::item::{Item, ItemStatus};
use crate::sequence::{Sequencer, id_kind};
use crate::stream_output::{Stage, contents, hollow, in_parts, protocol_status, weight};

impl Relay {
    pub(super) fn item_added(
        &mut self,
        incoming: &Incoming,
        item: Option<&Item>,
        client: &mut Sequencer,
    ) -> Then {
        let Some(item) = item else {
            self.repairs.note(Repair::EventMisplaced);
            return Then::Drop;
        };
        let head = incoming.head();
        let id = head.item_id.clone().unwrap_or_default();
        let known = self.source.by_id(&id).and_then(|at| self.source.get(at));
        if !id.is_empty()
            && let Some(known) = known
            && (known.index == head.output_index || head.output_index.is_none())
        {
            self.repairs.note(Repair::ItemAddedTwice);
            return Then::Drop;
        }
        let nameless = matches!(item, Item::FunctionCall(call) if call.name.is_empty());
        if nameless && self.options.mode == RelayMode::Repair {
            // A call without a name cannot be judged: it is added with its done event.
            self.repairs.note(Repair::MemberFilled);
            return Then::Drop;
        }
        let mut announced = item.clone();
        let streamable = is_streamable(item);
        let mut changed = false;
        let in_progress = match item.status() {
            Some(ItemStatus::InProgress) => true,
            // Where nothing may be mended, nothing more of it may come.
            Some(ItemStatus::Completed | ItemStatus::Other(_)) => {
                self.options.mode == RelayMode::Enforce
            }
            // A reasoning item need not have a status.
            None => matches!(item, Item::Reasoning(_)),
            Some(_) => false,
        };
        let cut = match protocol_status(item) {
            Some(ItemStatus::Incomplete) => true,
            Some(ItemStatus::Other(_)) => self.options.mode == RelayMode::Repair,
            Some(ItemStatus::InProgress | ItemStatus::Completed) | None => false,
        };
        if cut || (streamable && !in_progress) {
            if item.status().is_some() {
                self.repairs.note(Repair::ItemAnnouncedFinished);
            }
            changed = true;
            announced.set_status(ItemStatus::InProgress);
        }
        let source = self.add(&id, head.output_index, announced, client);
        let Some(at) = self.source.get(source).and_then(|item| item.at) else {
            return Then::LeaveOut;
        };
        if in_progress {
            self.go_on(source, at, client);
        }
        if changed {
            client.events.announce_item(at);
            return Then::Drop;
        }
        Then::Forward(at, None)
    }

    /// Deltas of an item in progress go on behind what it was announced with; those of one that was
    /// announced finished say it again.
    fn go_on(&mut self, source: usize, at: usize, client: &Sequencer) {
        let (Some(known), Some(item)) = (self.source.get_mut(source), client.events.item(at))
        else {
            return;
        };
        known.arguments_received = item.arguments_text().len();
        for part in known.parts.iter_mut() {
            let content = item.part(part.list, part.part).map(|(_, content)| content);
            part.received = content.and_then(ContentPart::text).map_or(0, str::len);
        }
    }

    /// Adds an item that the upstream did not add.
    pub(super) fn add_missing(
        &mut self,
        wire_id: &str,
        index: Option<u64>,
        item: Item,
        client: &mut Sequencer,
    ) -> usize {
        self.repairs.note(Repair::ItemAdded);
        let source = self.add(wire_id, index, item, client);
        if let Some(at) = self.source.get(source).and_then(|item| item.at) {
            client.events.announce_item(at);
        }
        source
    }

    /// Adds an item to the source, and to the client's output where the policy lets it out; its
    /// event is still to be sent.
    pub(super) fn add(
        &mut self,
        wire_id: &str,
        index: Option<u64>,
        item: Item,
        client: &mut Sequencer,
    ) -> usize {
        self.release_held(client);
        // Calls that are left out count as well.
        let bytes = size_of::<SourceItem>() + wire_id.len();
        client.events.grow(bytes);
        let at = client.admit(&item).then(|| {
            let given = (!self.options.own_item_ids).then_some(wire_id);
            let id = client.item_id(given, id_kind(&item));
            if given.is_some_and(|given| *given != *id) {
                self.repairs.note(Repair::ItemIdMade);
            }
            client.events.push_item(&id, item.with_id(&id))
        });
        let mut parts = SourceParts::default();
        if let Some(item) = at.and_then(|at| client.events.item(at)) {
            for list in [PartList::Content, PartList::Summary] {
                for part in 0..item.parts(list).len() {
                    parts.push(SourcePart {
                        list,
                        index: part as u64,
                        part,
                        received: 0,
                    });
                }
            }
        }
        self.source.push(SourceItem {
            at,
            id: Arc::from(wire_id),
            index,
            parts,
            arguments_received: 0,
        })
    }

    pub(super) fn item_done(
        &mut self,
        incoming: &Incoming,
        item: Option<&Item>,
        client: &mut Sequencer,
    ) -> Then {
        let Some(item) = item else {
            self.repairs.note(Repair::EventMisplaced);
            return Then::Drop;
        };
        let head = incoming.head();
        if matches!(item, Item::FunctionCall(call) if !call.arguments.is_empty()) {
            let id = head.item_id.as_deref().unwrap_or_default();
            self.early.finished(id, head.output_index);
        }
        let found = self
            .source
            .locate(&head, Wants::Done(item), client, &mut self.repairs);
        let Some((at, added)) = self.for_done(found, item, head.output_index, client) else {
            return Then::Drop;
        };
        let Some(streamed) = client.events.item(at) else {
            return Then::Drop;
        };
        if streamed.done {
            self.repairs.note(Repair::EventRepeated);
            self.compare_finished(at, item, client);
            return Then::Drop;
        }
        let last = at + 1 == client.events.len();
        let done = self.settle(at, item, last, client);
        let Some(streamed) = client.events.item_mut(at) else {
            return Then::Drop;
        };
        let more = weight(&done).saturating_sub(weight(&streamed.item));
        streamed.close();
        streamed.item = done.clone();
        client.events.grow(more);
        if protocol_status(&done) == Some(ItemStatus::Incomplete) {
            self.held = Some(Held::new(at, done));
            Then::Drop
        } else if !added && done == *item {
            Then::Forward(at, None)
        } else {
            let mut event = ResponseOutputItemDoneEvent::new(0u64, at as u64, done);
            if let crate::StreamEvent::OutputItemDone(theirs) = &incoming.event {
                event.extra = theirs.extra.clone();
            }
            Then::Replace(at, None, Box::new(event.into()))
        }
    }

    /// The client's item that a done event is about, added if need be, and whether it was.
    fn for_done(
        &mut self,
        found: Option<usize>,
        item: &Item,
        index: Option<u64>,
        client: &mut Sequencer,
    ) -> Option<(usize, bool)> {
        if let Some(found) = found {
            return Some((self.source.get(found)?.at?, false));
        }
        let id = item_id(item).unwrap_or_default();
        let source = self.add_missing(&id, index, announcement(item), client);
        Some((self.source.get(source)?.at?, true))
    }

    /// Brings an item to the end that `item` says it has, and returns it as the client gets it.
    pub(super) fn settle(
        &mut self,
        at: usize,
        item: &Item,
        last: bool,
        client: &mut Sequencer,
    ) -> Item {
        let same_type = client
            .events
            .item(at)
            .is_some_and(|ours| ours.item.type_name() == item.type_name());
        if same_type {
            self.settle_inside(at, item, client);
        } else {
            self.repairs.note(Repair::ItemChanged);
            if has_text(item) {
                self.lose();
            }
        }
        if client.events.has_open_inside(at) {
            self.repairs.note(Repair::PartDone);
        }
        client.events.finish_inside(at);
        let mut done = self.merged(at, item, client);
        match protocol_status(&done) {
            Some(ItemStatus::Completed) => {}
            Some(ItemStatus::Incomplete) if last => {}
            Some(ItemStatus::Other(_)) if self.options.mode == RelayMode::Enforce => {}
            // In progress, incomplete before others, or a status that the protocol does not name.
            Some(_) => {
                self.repairs.note(Repair::ItemStatus);
                done.set_status(ItemStatus::Completed);
            }
            // A reasoning item need not have a status.
            None if is_streamable(&done) && !matches!(done, Item::Reasoning(_)) => {
                self.repairs.note(Repair::MemberFilled);
                done.set_status(ItemStatus::Completed);
            }
            None => {}
        }
        if let Item::FunctionCall(call) = &mut done
            && call.call_id.is_empty()
        {
            // Without one its output could not be sent.
            self.repairs.note(Repair::MemberFilled);
            call.call_id = client.call_id();
        }
        done
    }

    fn settle_inside(&mut self, at: usize, item: &Item, client: &mut Sequencer) {
        if let Item::FunctionCall(theirs) = item {
            self.settle_arguments(at, &theirs.arguments, client);
        }
        let item = in_parts(item);
        for list in [PartList::Content, PartList::Summary] {
            if !ItemKind::of(&item).has(list) {
                continue;
            }
            let theirs = contents(&item, list);
            // Parts without a text need no events, unless parts with one follow.
            let streamed = theirs
                .iter()
                .rposition(|part| client.events.streams(at, list, part));
            for (part, content) in theirs.iter().enumerate() {
                if part < client.events.parts(at, list) || Some(part) <= streamed {
                    self.settle_part(at, list, part, content, client);
                } else {
                    client.events.push_unsent_part(at, list, content.clone());
                }
            }
        }
    }

    /// Brings a part to the end that `content` says it has.
    fn settle_part(
        &mut self,
        at: usize,
        list: PartList,
        part: usize,
        content: &ContentPart,
        client: &mut Sequencer,
    ) {
        let Some((streamed, ours)) = client.events.part(at, list, part) else {
            let announced = client.events.announced(at, list, content);
            let part = client.events.add_part(at, list, announced);
            let has_text = content.text().is_some_and(|text| !text.is_empty());
            if has_text {
                self.repairs.note(Repair::DeltaSent);
            }
            self.complete_text(at, list, part, content.text(), client);
            client.events.finish_text(at, list, part);
            client.events.set_content(at, list, part, content.clone());
            client.events.finish_part(at, list, part);
            return;
        };
        if ours.type_name() != content.type_name() {
            self.repairs.note(Repair::TextKept);
            if content.text() != ours.text() && content.text().is_some_and(|text| !text.is_empty())
            {
                self.lose();
            }
            return;
        }
        let stage = streamed.stage;
        let annotations = missing_annotations(content, ours, streamed.annotations);
        match stage {
            Stage::Carried if ours.text() == content.text() => {}
            Stage::Carried | Stage::Open => {
                client.events.announce_part(at, list, part);
                self.complete_text(at, list, part, content.text(), client);
            }
            Stage::TextDone | Stage::Done | Stage::Unsent => {
                self.compare_text(at, list, part, content.text(), client);
            }
        }
        if matches!(stage, Stage::Open | Stage::TextDone) {
            self.complete_annotations(at, part, annotations, client);
        }
    }
}

/// Returns true for items whose status the protocol knows.
pub(super) fn is_streamable(item: &Item) -> bool {
    matches!(
        ItemKind::of(item),
        ItemKind::Message | ItemKind::Reasoning | ItemKind::Call
    )
}

/// The item as it would have been added.
pub(super) fn announcement(item: &Item) -> Item {
    if is_streamable(item) {
        hollow(item)
    } else if protocol_status(item) == Some(ItemStatus::Incomplete) {
        item.clone().with_status(ItemStatus::InProgress)
    } else {
        item.clone()
    }
}
