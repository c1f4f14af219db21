//! Checks the events of parts: added and done.

use super::checker::{Checker, at};
use super::place::Place;
use super::rule::StreamRule;
use crate::content::ContentPart;
use crate::diagnostics::Path;
use crate::event::{ItemKind, PartList, TextKind, text_kind};
use crate::item::{Item, ItemStatus};
use crate::stream_output::{
    Fault, Stage, StreamedPart, annotation_count, content_weight, emptied, lengths,
    protocol_status, text_member,
};

/// Source for the form of a part that was not added.
#[derive(Clone, Copy, Debug)]
pub(super) enum Like<'a> {
    Kind(TextKind),
    Part(&'a ContentPart),
}

impl Like<'_> {
    fn part(self) -> ContentPart {
        match self {
            Self::Kind(kind) => kind.empty_part(),
            Self::Part(content) => emptied(content),
        }
    }

    fn is_reasoning(self, list: PartList) -> bool {
        match self {
            Self::Kind(kind) => kind.item_kind() == ItemKind::Reasoning,
            Self::Part(ContentPart::ReasoningText(_) | ContentPart::SummaryText(_)) => true,
            Self::Part(_) => list == PartList::Summary,
        }
    }
}

impl Checker {
    /// Returns the item of an event about a part.
    fn item_for(&mut self, place: &Place<'_>, like: Like<'_>) -> Option<usize> {
        let located = self.locate(&place.item_id, place.output_index, || at("item_id"));
        let found = match located {
            Some(found) => found,
            None => self.assume_item_of(place, like.is_reasoning(place.list)),
        };
        let item = self.output.get(found)?;
        let shape = item.shape();
        if shape != ItemKind::Opaque && !shape.has(place.list) {
            let of = item.item.type_name();
            let detail = format_args!("the item is a {of}");
            self.reports
                .report(StreamRule::EventMisplaced, at("type"), detail);
            return None;
        }
        Some(found)
    }

    /// Nothing may be added to an item that is closed or was announced as finished.
    pub(super) fn may_take(&mut self, found: usize) -> bool {
        let Some(item) = self.output.get_mut(found) else {
            return false;
        };
        let done = item.done;
        if done || (is_announced_finished(&item.item) && item.reported.insert(Fault::LateDelta)) {
            let index = item.wire_index;
            let how = if done {
                "was closed"
            } else {
                "was announced finished"
            };
            self.report(
                StreamRule::DeltaAfterDone,
                at("output_index"),
                format_args!("item {index} {how}"),
            );
        }
        !done
    }

    /// Returns the item and the part of an event; a part that was not added is assumed. `None` when
    /// nothing can take the event, or nothing that is checked: the content of an implementer's item.
    pub(super) fn part_for(&mut self, place: &Place<'_>, like: Like<'_>) -> Option<(usize, usize)> {
        let found = self.item_for(place, like)?;
        let item = self.output.get(found)?;
        if item.shape() == ItemKind::Opaque {
            self.may_take(found);
            return None;
        }
        if let Some(part) = item.find_part(place.list, place.index) {
            if self.is_carried(found, place.list, part) {
                if !self.may_take(found) {
                    return None;
                }
                self.report_part_not_added(found, place);
                self.set_stage(found, place.list, part, Stage::Open);
                self.report_of_part(found, place.list, part, Fault::NotAdded);
            }
            return Some((found, part));
        }
        if !self.may_take(found) {
            return None;
        }
        let item = self.output.get(found)?;
        let next = item.next_part(place.list);
        let last = item.parts(place.list).len().checked_sub(1);
        let open = last.filter(|last| {
            matches!(item.part(place.list, *last), Some((part, _)) if !part.stage.is_closed())
        });
        if place.index != next || open.is_some() {
            self.report_part_index(found, place, next);
            if let Some(open) = open {
                if self.is_carried(found, place.list, open) {
                    self.set_stage(found, place.list, open, Stage::Open);
                }
                // The wrong index is not in this event.
                if let Some((part, _)) = self.output.part_mut(found, place.list, open)
                    && part.reported.remove(Fault::Index)
                {
                    part.wire_index = place.index;
                }
                return Some((found, open));
            }
        } else {
            self.report_part_not_added(found, place);
        }
        let part = self.open_part(found, place.list, place.index, like.part());
        self.report_of_part(found, place.list, part, Fault::NotAdded);
        Some((found, part))
    }

    /// Returns true for a part that was announced within its item and has had no event.
    fn is_carried(&self, found: usize, list: PartList, part: usize) -> bool {
        let part = self.output.part(found, list, part);
        part.is_some_and(|(part, _)| part.stage == Stage::Carried)
    }

    /// Takes note that a fault of the part is reported. Returns true if it was not before.
    pub(super) fn report_of_part(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        fault: Fault,
    ) -> bool {
        let part = self.output.part_mut(found, list, part);
        part.is_some_and(|(part, _)| part.reported.insert(fault))
    }

    /// Reported only if the item was added.
    fn report_part_not_added(&mut self, found: usize, place: &Place<'_>) {
        let item = self.output.get(found);
        if item.is_some_and(|item| item.reported.contains(Fault::NotAdded)) {
            return;
        }
        let index = place.index;
        self.report(
            StreamRule::PartNotAdded,
            at(place.list.index_member()),
            format_args!("no part {index}"),
        );
    }

    /// Reports, once for each item, that a part has a wrong index.
    fn report_part_index(&mut self, found: usize, place: &Place<'_>, expected: u64) {
        let item = self.output.get_mut(found);
        if !item.is_some_and(|item| item.reported.insert(Fault::Index)) {
            return;
        }
        let got = place.index;
        self.report(
            match place.list {
                PartList::Content => StreamRule::ContentIndex,
                PartList::Summary => StreamRule::SummaryIndex,
            },
            at(place.list.index_member()),
            format_args!("got {got}, the next new one is {expected}"),
        );
    }

    /// Adds a part that takes deltas.
    fn open_part(
        &mut self,
        found: usize,
        list: PartList,
        wire_index: u64,
        content: ContentPart,
    ) -> usize {
        self.grow(content_weight(&content));
        self.output.get_mut(found).map_or(0, |item| {
            item.push_part(list, StreamedPart::new(wire_index, Stage::Open), content)
        })
    }

    pub(super) fn set_stage(&mut self, found: usize, list: PartList, part: usize, stage: Stage) {
        if let Some((part, _)) = self.output.part_mut(found, list, part) {
            part.stage = stage;
        }
    }

    pub(super) fn part_added(&mut self, place: &Place<'_>, content: &ContentPart) {
        let Some(found) = self.item_for(place, Like::Part(content)) else {
            return;
        };
        let Some(item) = self.output.get(found) else {
            return;
        };
        let known = item.find_part(place.list, place.index);
        let stage = known.and_then(|part| item.part(place.list, part));
        let stage = stage.map(|(part, _)| part.stage);
        let next = item.next_part(place.list);
        if item.shape() == ItemKind::Opaque {
            self.may_take(found);
            return;
        }
        if stage.is_some_and(|stage| stage != Stage::Carried) {
            let part = known.and_then(|part| self.output.part_mut(found, place.list, part));
            if part.is_some_and(|(part, _)| part.reported.remove(Fault::NotAdded)) {
                return;
            }
            return self.report(
                StreamRule::PartAddedTwice,
                at(place.list.index_member()),
                format_args!("part {} was added already", place.index),
            );
        }
        if !self.may_take(found) {
            return;
        }
        if let Some(part) = known {
            // It was announced within its item; its events begin here.
            self.grow(content_weight(content));
            if let Some((streamed, ours)) = self.output.part_mut(found, place.list, part) {
                streamed.stage = Stage::Open;
                *ours = content.clone();
            }
            return;
        }
        if place.index != next {
            self.report_part_index(found, place, next);
        }
        let part = self.open_part(found, place.list, place.index, content.clone());
        if place.index != next {
            self.report_of_part(found, place.list, part, Fault::Index);
        }
    }

    pub(super) fn part_done(&mut self, place: &Place<'_>, content: &ContentPart) {
        let list = place.list;
        let Some((found, part)) = self.part_for(place, Like::Part(content)) else {
            return;
        };
        let Some(item) = self.output.get(found) else {
            return;
        };
        let Some((streamed, ours)) = item.part(list, part) else {
            return;
        };
        if streamed.stage.is_closed() {
            if !streamed.reported.contains(Fault::NotClosed) {
                self.report(
                    StreamRule::PartDoneTwice,
                    at(list.index_member()),
                    format_args!("part {} is closed already", place.index),
                );
            }
            return;
        }
        if streamed.stage == Stage::Open && text_kind(item.shape(), list, ours).is_some() {
            self.report(
                StreamRule::TextNotDone,
                at(list.index_member()),
                format_args!("the text of part {}", place.index),
            );
            self.report_of_part(found, list, part, Fault::NotClosed);
            self.finish_text(found, list, part, content.text());
        }
        if self.compare_part(found, list, part, content, &at("part")) {
            return self.close_part(found, list, part, None);
        }
        let weight = content_weight(content);
        let mut before = weight;
        if let Some((streamed, ours)) = self.output.part_mut(found, list, part) {
            before = content_weight(ours);
            *ours = content.clone();
            streamed.stage = Stage::Done;
        }
        self.grow(weight.saturating_sub(before));
    }

    /// Returns true if `content` differs from the part's streamed content. Reported once.
    pub(super) fn compare_part(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        content: &ContentPart,
        path: &Path,
    ) -> bool {
        let Some((streamed, ours)) = self.output.part(found, list, part) else {
            return false;
        };
        let mut known = streamed.reported.contains(Fault::Content);
        let (rule, member, detail) = if ours.type_name() != content.type_name() {
            let detail = alloc::format!("it was announced as {}", ours.type_name());
            (StreamRule::PartChanged, "type", detail)
        } else if let (Some(expected), Some(got)) = (ours.text(), content.text())
            && expected != got
        {
            let rule = if streamed.streamed || !expected.is_empty() {
                StreamRule::TextMismatch
            } else {
                StreamRule::DeltasMissing
            };
            (rule, text_member(content), lengths(expected, got))
        } else if streamed.annotations > 0
            && !streamed.stage.is_closed()
            && annotation_count(ours) != annotation_count(content)
        {
            known |= streamed.reported.contains(Fault::AnnotationIndex);
            let detail = alloc::format!("{} were streamed", streamed.annotations);
            (StreamRule::AnnotationMismatch, "annotations", detail)
        } else {
            return false;
        };
        if !known {
            self.report(rule, path.clone().member(member), format_args!("{detail}"));
            self.dispute_part(found, list, part);
        }
        true
    }

    /// Suppresses further reports about the content of the part and of its item.
    pub(super) fn dispute_part(&mut self, found: usize, list: PartList, part: usize) {
        self.dispute(found);
        self.report_of_part(found, list, part, Fault::Content);
    }
}

/// Returns true for an item that takes deltas and was announced in a terminal status.
fn is_announced_finished(item: &Item) -> bool {
    match ItemKind::of(item) {
        ItemKind::Message | ItemKind::Reasoning | ItemKind::Call => matches!(
            protocol_status(item),
            Some(ItemStatus::Completed | ItemStatus::Incomplete)
        ),
        ItemKind::Whole | ItemKind::Opaque => false,
    }
}
