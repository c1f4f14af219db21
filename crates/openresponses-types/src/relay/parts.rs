//! Parts: found, added, done.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::merge::missing_annotations;
use super::push::{Relay, Then};
use super::reading::Incoming;
use super::repair::Repair;
use super::source::{RECENT, SourcePart, Wants};
use crate::content::{Annotation, Content, ContentPart};
use crate::event::{ItemKind, PartList, StreamEvent, TextKind};
use crate::item::{Item, Message, Reasoning, Role};
use crate::sequence::Sequencer;
use crate::stream_output::{Stage, annotation_weight};

/// The place of a part: in the output, in its item, and the item in the source.
type Place = (usize, usize, usize);

/// The last parts of so many, from the end.
fn recent(parts: usize) -> impl Iterator<Item = usize> {
    (0..parts).rev().take(RECENT)
}

impl Relay {
    pub(super) fn part_added(
        &mut self,
        incoming: &Incoming,
        list: PartList,
        content: &ContentPart,
        client: &mut Sequencer,
    ) -> Then {
        let wants = Wants::Part(list, content);
        let (at, source) = match self.item_for(incoming, wants, list, client) {
            Ok(found) => found,
            Err(then) => return then,
        };
        let text = content.text().unwrap_or_default();
        let index = incoming.head().part_index;
        let known = index.and_then(|index| self.source.get(source)?.parts.by_index(list, index));
        if let Some(known) = known {
            let carried = client.events.part(at, list, known.part);
            if carried.is_some_and(|(part, _)| part.stage == Stage::Carried) {
                self.received(source, list, known.part, text);
            }
            return self.part_added_again(at, list, known, content, client);
        }
        if !client.events.is_open(at) {
            self.repairs.note(Repair::EventLate);
            if !text.is_empty() {
                self.lose();
            }
            return Then::Drop;
        }
        let part = client.events.parts(at, list);
        client.events.push_open_part(at, list, content.clone());
        if index != Some(part as u64) {
            self.repairs.note(Repair::PartIndexChanged);
        }
        self.know_part(source, list, index.unwrap_or(part as u64), part);
        self.received(source, list, part, text);
        Then::Forward(at, Some(part))
    }

    /// The upstream's events go on behind `text`.
    fn received(&mut self, source: usize, list: PartList, part: usize, text: &str) {
        let item = self.source.get_mut(source);
        if let Some(known) = item.and_then(|item| item.parts.of_part(list, part)) {
            known.received = text.len();
        }
    }

    /// A part that came inside its item, or is there already.
    fn part_added_again(
        &mut self,
        at: usize,
        list: PartList,
        known: SourcePart,
        content: &ContentPart,
        client: &mut Sequencer,
    ) -> Then {
        let part = known.part;
        let stage = client
            .events
            .part(at, list, part)
            .map(|(part, _)| part.stage);
        let open = client.events.is_open(at);
        if stage == Some(Stage::Carried) && open {
            let ours = client.events.part(at, list, part);
            let same = ours.is_some_and(|(_, ours)| ours == content);
            client.events.set_stage(at, list, part, Stage::Open);
            let event = client.events.part_added_event(at, list, part);
            return match event {
                Some(event) if !same => Then::Replace(at, Some(part), Box::new(event)),
                _ => Then::Forward(at, Some(part)),
            };
        }
        self.repairs.note(Repair::EventRepeated);
        if content.text().is_some_and(|text| !text.is_empty()) {
            self.compare_text(at, list, part, content.text(), client);
        }
        Then::Drop
    }

    pub(super) fn part_done(
        &mut self,
        incoming: &Incoming,
        list: PartList,
        content: &ContentPart,
        client: &mut Sequencer,
    ) -> Then {
        let wants = Wants::Part(list, content);
        let text = content.text().unwrap_or_default();
        let (at, source) = match self.item_for(incoming, wants, list, client) {
            Ok(found) => found,
            Err(then) => return then,
        };
        let found = self.find_part(incoming, at, source, list, content, client);
        let Some(part) = found else {
            self.repairs.note(Repair::EventLate);
            if !text.is_empty() {
                self.lose();
            }
            return Then::Drop;
        };
        let Some((streamed, ours)) = client.events.part(at, list, part) else {
            return Then::Drop;
        };
        if streamed.stage.is_closed() || !client.events.is_open(at) {
            self.repairs.note(Repair::EventRepeated);
            self.compare_text(at, list, part, content.text(), client);
            return Then::Drop;
        }
        if ours.type_name() != content.type_name() {
            self.repairs.note(Repair::TextKept);
            self.compare_text(at, list, part, content.text(), client);
            client.events.finish_part(at, list, part);
            return Then::Drop;
        }
        let annotations = missing_annotations(content, ours, streamed.annotations);
        if streamed.stage != Stage::TextDone {
            client.events.announce_part(at, list, part);
            if client.events.streams(at, list, content) {
                self.repairs.note(Repair::PartDone);
            }
        }
        let same = self.complete_text(at, list, part, content.text(), client);
        let kept = self.complete_annotations(at, part, annotations, client);
        client.events.finish_text(at, list, part);
        if same && kept {
            client.events.set_content(at, list, part, content.clone());
            client.events.set_stage(at, list, part, Stage::Done);
            return Then::Forward(at, Some(part));
        }
        client.events.finish_part(at, list, part);
        Then::Drop
    }

    /// Sends the annotations that a finished part has behind those that were streamed. False where it
    /// contradicts those.
    pub(super) fn complete_annotations(
        &mut self,
        at: usize,
        part: usize,
        missing: Option<Vec<Annotation>>,
        client: &mut Sequencer,
    ) -> bool {
        let Some(missing) = missing else {
            self.repairs.note(Repair::AnnotationKept);
            return false;
        };
        if !missing.is_empty() {
            self.repairs.note(Repair::AnnotationSent);
        }
        for annotation in missing {
            client
                .events
                .annotate(at, PartList::Content, part, annotation);
        }
        true
    }

    pub(super) fn annotation(
        &mut self,
        incoming: &Incoming,
        index: u64,
        annotation: Option<&Annotation>,
        client: &mut Sequencer,
    ) -> Then {
        let (at, part, _) = match self.part_for_text(incoming, TextKind::Output, client) {
            Ok(found) => found,
            Err(then) => return then,
        };
        let list = PartList::Content;
        client.events.announce_part(at, list, part);
        let open = client
            .events
            .part(at, list, part)
            .is_some_and(|(part, _)| matches!(part.stage, Stage::Open | Stage::TextDone));
        let (Some(annotation), true) = (annotation, open) else {
            self.repairs.note(Repair::EventLate);
            return Then::Drop;
        };
        let place = client
            .events
            .item_mut(at)
            .and_then(|item| item.annotate(list, part, annotation.clone()));
        if place.is_some() {
            client.events.grow(annotation_weight(annotation));
        }
        match place {
            None => {
                self.repairs.note(Repair::EventMisplaced);
                Then::Drop
            }
            Some(place) if place == index => Then::Forward(at, Some(part)),
            Some(place) => {
                self.repairs.note(Repair::AnnotationIndex);
                let mut event = incoming.event.clone();
                if let StreamEvent::OutputTextAnnotationAdded(event) = &mut event {
                    event.annotation_index = place;
                }
                Then::Replace(at, Some(part), Box::new(event))
            }
        }
    }

    /// The part that an event about a text is about, added if need be. An error is what becomes of
    /// the event without one.
    pub(super) fn part_for_text(
        &mut self,
        incoming: &Incoming,
        kind: TextKind,
        client: &mut Sequencer,
    ) -> Result<Place, Then> {
        let list = kind.list();
        let (at, source) = self.item_for(incoming, Wants::Text(kind), list, client)?;
        let index = incoming.head().part_index;
        let known = index.and_then(|index| self.source.get(source)?.parts.by_index(list, index));
        if let Some(known) = known
            && client.events.takes(at, list, known.part, kind)
        {
            return Ok((at, known.part, source));
        }
        // The last part that takes such a text, if it is open.
        let open = recent(client.events.parts(at, list)).find(|part| {
            client.events.takes(at, list, *part, kind)
                && client
                    .events
                    .part(at, list, *part)
                    .is_some_and(|(part, _)| matches!(part.stage, Stage::Carried | Stage::Open))
        });
        if let Some(open) = open {
            self.repairs.note(Repair::PartIndexChanged);
            if let Some(index) = index.filter(|_| known.is_none()) {
                self.alias_part(source, list, index, open);
            }
            return Ok((at, open, source));
        }
        if !client.events.is_open(at) {
            return Err(Then::Drop);
        }
        self.repairs.note(Repair::PartAdded);
        let part = client.events.add_part(at, list, kind.empty_part());
        self.know_part(source, list, index.unwrap_or(part as u64), part);
        Ok((at, part, source))
    }

    /// The part that a part's event is about.
    fn find_part(
        &mut self,
        incoming: &Incoming,
        at: usize,
        source: usize,
        list: PartList,
        content: &ContentPart,
        client: &mut Sequencer,
    ) -> Option<usize> {
        let index = incoming.head().part_index;
        let known = index.and_then(|index| self.source.get(source)?.parts.by_index(list, index));
        if let Some(known) = known {
            return Some(known.part);
        }
        let open = recent(client.events.parts(at, list)).find(|part| {
            client
                .events
                .part(at, list, *part)
                .is_some_and(|(part, ours)| {
                    !part.stage.is_closed() && ours.type_name() == content.type_name()
                })
        });
        if open.is_some() {
            self.repairs.note(Repair::PartIndexChanged);
            return open;
        }
        if !client.events.is_open(at) {
            return None;
        }
        self.repairs.note(Repair::PartAdded);
        let announced = client.events.announced(at, list, content);
        let part = client.events.add_part(at, list, announced);
        self.know_part(source, list, index.unwrap_or(part as u64), part);
        Some(part)
    }

    /// The item that an event about a part is about, added if need be.
    fn item_for(
        &mut self,
        incoming: &Incoming,
        wants: Wants<'_>,
        list: PartList,
        client: &mut Sequencer,
    ) -> Result<(usize, usize), Then> {
        let head = incoming.head();
        let located = self.source.locate(&head, wants, client, &mut self.repairs);
        // An item that cannot have such an inside is another one, whatever its id.
        let located = located.and_then(|source| {
            if self.source.can_have(source, wants, client) {
                return Some(source);
            }
            self.repairs.note(Repair::ItemChanged);
            self.source.last_open(wants, client)
        });
        let source = match located {
            Some(source) => source,
            None if incoming.index_is_unreadable() => return Err(Then::Drop),
            None => {
                let reasoning = match wants {
                    Wants::Text(kind) => kind.item_kind() == ItemKind::Reasoning,
                    Wants::Part(PartList::Summary, _)
                    | Wants::Part(_, ContentPart::ReasoningText(_)) => true,
                    Wants::Part(..) | Wants::Arguments | Wants::Done(_) | Wants::Opaque => false,
                };
                let item: Item = match reasoning {
                    true => Reasoning::new().into(),
                    false => Message::new(Role::Assistant, Content::Parts(alloc::vec![])).into(),
                };
                let item = item.with_status(crate::item::ItemStatus::InProgress);
                let id = head.item_id.clone().unwrap_or_default();
                self.add_missing(&id, head.output_index, item, client)
            }
        };
        let Some(at) = self.source.get(source).and_then(|item| item.at) else {
            return Err(Then::LeaveOut);
        };
        match client.events.item(at).map(|item| item.shape()) {
            // The inside of an implementer's item is its implementer's matter.
            Some(ItemKind::Opaque) => Err(self.make_opaque(at, client)),
            Some(shape) if shape.has(list) => Ok((at, source)),
            _ => Err(Then::Drop),
        }
    }

    /// An event of the protocol about an implementer's item passes while the item is open.
    pub(super) fn make_opaque(&mut self, at: usize, client: &Sequencer) -> Then {
        if client.events.is_open(at) {
            return Then::Forward(at, None);
        }
        self.repairs.note(Repair::EventLate);
        Then::Drop
    }

    fn know_part(&mut self, source: usize, list: PartList, index: u64, part: usize) {
        if let Some(item) = self.source.get_mut(source) {
            item.parts.push(SourcePart {
                list,
                index,
                part,
                received: 0,
            });
        }
    }

    /// From now on `index` names the part.
    fn alias_part(&mut self, source: usize, list: PartList, index: u64, part: usize) {
        if let Some(item) = self.source.get_mut(source) {
            item.parts.rename(list, part, index);
        }
    }
}
