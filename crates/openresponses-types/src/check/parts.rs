//! Checks the events of parts: added and done.

use alloc::boxed::Box;

use super::checker::{Checker, at};
use super::mode::CheckMode;
use super::place::Place;
use super::rule::StreamRule;
use super::state::{Action, Checked};
use crate::content::ContentPart;
use crate::diagnostics::Path;
use crate::event::{PartList, StreamEvent, TextKind};
use crate::stream_output::{
    ItemKind, Stage, StreamedPart, content_weight, emptied, lengths, text_kind, text_member,
};

/// Source for the form of a missing part.
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
        list == PartList::Summary
            || matches!(
                self,
                Self::Kind(TextKind::Reasoning | TextKind::Summary)
                    | Self::Part(ContentPart::ReasoningText(_) | ContentPart::SummaryText(_))
            )
    }
}

/// Target of an event about a part.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target {
    Part(usize, usize),
    /// An item of an implementer, whose content is not checked.
    Opaque(usize),
    /// No suitable target.
    Nothing,
}

impl Checker {
    /// Returns the open item of an event about a part.
    fn item_for(&mut self, place: &Place<'_>, like: Like<'_>) -> Checked<Option<usize>> {
        let found = match self.locate(&place.item_id, place.output_index, "item_id")? {
            Some(found) => found,
            None => self.open_missing_item(place, like.is_reasoning(place.list))?,
        };
        let Some(item) = self.output.get_mut(found) else {
            return Ok(None);
        };
        let shape = item.shape();
        if shape != ItemKind::Opaque && !shape.has(place.list) {
            let of = item.item.type_name();
            let detail = alloc::format!("the item is a {of}");
            self.report(
                StreamRule::EventMisplaced,
                at("type"),
                format_args!("{detail}"),
            )?;
            return Ok(None);
        }
        Ok(Some(found))
    }

    /// Nothing may be added to an item that is closed or was announced as finished.
    pub(super) fn may_take(&mut self, found: usize) -> Checked<bool> {
        let Some(item) = self.output.get_mut(found) else {
            return Ok(false);
        };
        let done = item.done;
        if done || core::mem::take(&mut item.announced_finished) {
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
            )?;
        }
        Ok(!done)
    }

    /// Returns the part of an event, synthesized if necessary.
    pub(super) fn part_for(&mut self, place: &Place<'_>, like: Like<'_>) -> Checked<Target> {
        let Some(found) = self.item_for(place, like)? else {
            return Ok(Target::Nothing);
        };
        let Some(item) = self.output.get(found) else {
            return Ok(Target::Nothing);
        };
        if item.shape() == ItemKind::Opaque {
            return Ok(if self.may_take(found)? {
                Target::Opaque(found)
            } else {
                Target::Nothing
            });
        }
        if let Some(part) = item.find_part(place.list, place.index) {
            if self.is_carried(found, place.list, part) {
                if !self.may_take(found)? {
                    return Ok(Target::Nothing);
                }
                self.report_part_not_added(found, place)?;
                self.announce_carried(found, place.list, part);
                self.unannounced(found, place.list, part);
            }
            return Ok(Target::Part(found, part));
        }
        if !self.may_take(found)? {
            return Ok(Target::Nothing);
        }
        let Some(item) = self.output.get(found) else {
            return Ok(Target::Nothing);
        };
        let next = item.next_part(place.list);
        let last = item.parts(place.list).len().checked_sub(1);
        let open = last.filter(|last| {
            matches!(item.part(place.list, *last), Some((part, _)) if !part.stage.is_closed())
        });
        if place.index != next || open.is_some() {
            self.report_part_index(found, place, next)?;
            if let Some(open) = open {
                self.announce_carried(found, place.list, open);
                // The wrong index is not in this event.
                if let Some((part, _)) = self.output.part_mut(found, place.list, open)
                    && core::mem::take(&mut part.misplaced)
                {
                    part.wire_index = place.index;
                }
                return Ok(Target::Part(found, open));
            }
        } else {
            self.report_part_not_added(found, place)?;
        }
        let part = self.open_part(found, place.list, place.index, like.part())?;
        self.unannounced(found, place.list, part);
        Ok(Target::Part(found, part))
    }

    /// Returns true for a part that was announced within its item and has had no event.
    fn is_carried(&self, found: usize, list: PartList, part: usize) -> bool {
        let part = self.output.part(found, list, part);
        part.is_some_and(|(part, _)| part.stage == Stage::Carried)
    }

    /// Marks such a part as having events.
    fn announce_carried(&mut self, found: usize, list: PartList, part: usize) {
        if self.is_carried(found, list, part) {
            self.set_stage(found, list, part, Stage::Open);
            self.emit_part_added(found, list, part);
        }
    }

    fn unannounced(&mut self, found: usize, list: PartList, part: usize) {
        if let Some((part, _)) = self.output.part_mut(found, list, part) {
            part.unannounced = true;
        }
    }

    /// Reports that the part was not closed.
    pub(super) fn unclosed(&mut self, found: usize, list: PartList, part: usize) {
        if let Some((part, _)) = self.output.part_mut(found, list, part) {
            part.unclosed = true;
        }
    }

    /// Reported only if the item was added.
    fn report_part_not_added(&mut self, found: usize, place: &Place<'_>) -> Checked {
        if self.output.get(found).is_some_and(|item| item.unannounced) {
            return Ok(());
        }
        let index = place.index;
        self.report(
            StreamRule::PartNotAdded,
            at(place.list.index_member()),
            format_args!("no part {index}"),
        )
    }

    /// Reports, once for each item, that a part has a wrong index.
    fn report_part_index(&mut self, found: usize, place: &Place<'_>, expected: u64) -> Checked {
        let known = self
            .output
            .get_mut(found)
            .is_some_and(|item| core::mem::replace(&mut item.misplaced, true));
        if known {
            return Ok(());
        }
        let got = place.index;
        self.report(
            match place.list {
                PartList::Content => StreamRule::ContentIndex,
                PartList::Summary => StreamRule::SummaryIndex,
            },
            at(place.list.index_member()),
            format_args!("got {got}, the next new one is {expected}"),
        )
    }

    /// Adds a missing part.
    pub(super) fn open_part(
        &mut self,
        found: usize,
        list: PartList,
        wire_index: u64,
        content: ContentPart,
    ) -> Checked<usize> {
        self.grow(content_weight(&content))?;
        let part = self.output.get_mut(found).map_or(0, |item| {
            item.push_part(list, StreamedPart::new(wire_index, Stage::Open), content)
        });
        self.emit_part_added(found, list, part);
        Ok(part)
    }

    pub(super) fn set_stage(&mut self, found: usize, list: PartList, part: usize, stage: Stage) {
        if let Some((part, _)) = self.output.part_mut(found, list, part) {
            part.stage = stage;
        }
    }

    /// Returns the event unchanged if its item and part have the stated indices.
    pub(super) fn keep(
        &self,
        event: &StreamEvent,
        place: &Place<'_>,
        found: usize,
        part: u64,
    ) -> Action {
        let Some(item) = self
            .output
            .get(found)
            .filter(|_| self.mode == CheckMode::Repair)
        else {
            return Action::Keep;
        };
        if place.output_index == found as u64 && place.index == part && *place.item_id == *item.id {
            Action::Keep
        } else {
            let moved = event.clone().with_item_id(&item.id);
            let moved = moved.with_output_index(found as u64).with_part_index(part);
            Action::Replace(Box::new(moved))
        }
    }

    pub(super) fn part_added(
        &mut self,
        event: &StreamEvent,
        place: &Place<'_>,
        content: &ContentPart,
    ) -> Checked<Action> {
        let Some(found) = self.item_for(place, Like::Part(content))? else {
            return Ok(Action::Drop);
        };
        let Some(item) = self.output.get(found) else {
            return Ok(Action::Drop);
        };
        let known = item.find_part(place.list, place.index);
        let stage = known.and_then(|part| item.part(place.list, part));
        let stage = stage.map(|(part, _)| part.stage);
        let next = item.next_part(place.list);
        if item.shape() == ItemKind::Opaque {
            return Ok(if self.may_take(found)? {
                self.keep(event, place, found, place.index)
            } else {
                Action::Drop
            });
        }
        if stage.is_some_and(|stage| stage != Stage::Carried) {
            let part = known.and_then(|part| self.output.part_mut(found, place.list, part));
            if part.is_some_and(|(part, _)| core::mem::take(&mut part.unannounced)) {
                return Ok(Action::Drop);
            }
            self.report(
                StreamRule::PartAddedTwice,
                at(place.list.index_member()),
                format_args!("part {} was added already", place.index),
            )?;
            return Ok(Action::Drop);
        }
        if !self.may_take(found)? {
            return Ok(Action::Drop);
        }
        self.grow(content_weight(content))?;
        let part = match known {
            // It was announced within its item; its events begin here.
            Some(part) => {
                if let Some((streamed, ours)) = self.output.part_mut(found, place.list, part) {
                    streamed.stage = Stage::Open;
                    *ours = content.clone();
                }
                part
            }
            None => {
                if place.index != next {
                    self.report_part_index(found, place, next)?;
                }
                self.output.get_mut(found).map_or(0, |item| {
                    let mut part = StreamedPart::new(place.index, Stage::Open);
                    part.misplaced = place.index != next;
                    item.push_part(place.list, part, content.clone())
                })
            }
        };
        Ok(self.keep(event, place, found, part as u64))
    }

    pub(super) fn part_done(
        &mut self,
        event: &StreamEvent,
        place: &Place<'_>,
        content: &ContentPart,
    ) -> Checked<Action> {
        let (found, part) = match self.part_for(place, Like::Part(content))? {
            Target::Part(found, part) => (found, part),
            Target::Opaque(found) => return Ok(self.keep(event, place, found, place.index)),
            Target::Nothing => return Ok(Action::Drop),
        };
        let Some(item) = self.output.get(found) else {
            return Ok(Action::Drop);
        };
        let Some((streamed, ours)) = item.part(place.list, part) else {
            return Ok(Action::Drop);
        };
        let (stage, unclosed) = (streamed.stage, streamed.unclosed);
        let has_text = text_kind(item.shape(), place.list, ours).is_some();
        match stage {
            Stage::Done | Stage::Unsent if unclosed => return Ok(Action::Drop),
            Stage::Done | Stage::Unsent => {
                self.report(
                    StreamRule::PartDoneTwice,
                    at(place.list.index_member()),
                    format_args!("part {} is closed already", place.index),
                )?;
                return Ok(Action::Drop);
            }
            Stage::Open if has_text => {
                self.report(
                    StreamRule::TextNotDone,
                    at(place.list.index_member()),
                    format_args!("the text of part {}", place.index),
                )?;
                self.unclosed(found, place.list, part);
                self.finish_text(found, place.list, part, content.text())?;
            }
            _ => {}
        }
        let differs = self.compare_part(found, place.list, part, content, &at("part"))?;
        if differs {
            self.close_part(found, place.list, part, None)?;
            return Ok(Action::Drop);
        }
        let weight = content_weight(content);
        let mut before = weight;
        if let Some((streamed, ours)) = self.output.part_mut(found, place.list, part) {
            before = content_weight(ours);
            *ours = content.clone();
            streamed.stage = Stage::Done;
        }
        self.grow(weight.saturating_sub(before))?;
        Ok(self.keep(event, place, found, part as u64))
    }

    /// Returns true if `content` differs from the part's streamed content. Reported once.
    pub(super) fn compare_part(
        &mut self,
        found: usize,
        list: PartList,
        part: usize,
        content: &ContentPart,
        path: &Path,
    ) -> Checked<bool> {
        let Some((streamed, ours)) = self.output.part(found, list, part) else {
            return Ok(false);
        };
        let mut disputed = streamed.disputed;
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
            && annotations(ours) != annotations(content)
        {
            disputed |= streamed.misnumbered;
            let detail = alloc::format!("{} were streamed", streamed.annotations);
            (StreamRule::AnnotationMismatch, "annotations", detail)
        } else {
            return Ok(false);
        };
        if !disputed {
            self.report(rule, path.clone().member(member), format_args!("{detail}"))?;
            self.dispute_part(found, list, part);
        }
        Ok(true)
    }

    pub(super) fn dispute_part(&mut self, found: usize, list: PartList, part: usize) {
        if let Some(item) = self.output.get_mut(found) {
            item.disputed = true;
            if let Some((part, _)) = item.part_mut(list, part) {
                part.disputed = true;
            }
        }
    }
}

fn annotations(content: &ContentPart) -> usize {
    match content {
        ContentPart::OutputText(part) => part.annotations.value().map_or(0, alloc::vec::Vec::len),
        _ => 0,
    }
}
