//! Checks texts: deltas, ends and annotations.

use super::checker::{Checker, at};
use super::parts::Like;
use super::place::Place;
use super::reports::Missing;
use super::rule::StreamRule;
use super::shown::Shown;
use crate::content::{Annotation, ContentPart, LogProb};
use crate::event::{PartList, TextKind};
use crate::stream_output::{
    Fault, Stage, annotation_count, annotation_weight, lengths, logprobs_weight, text_member,
};

impl Checker {
    pub(super) fn text_delta(
        &mut self,
        place: &Place<'_>,
        kind: TextKind,
        delta: &str,
        logprobs: &[LogProb],
    ) {
        let Some((found, part)) = self.part_for(place, Like::Kind(kind)) else {
            return;
        };
        if !self.takes_text(found, place.list, part, kind) {
            return;
        }
        self.grow(delta.len() + logprobs_weight(logprobs));
        if let Some(item) = self.output.get_mut(found) {
            item.append_text(place.list, part, delta, logprobs);
        }
    }

    /// Returns true if the part accepts this kind of text now.
    fn takes_text(&mut self, found: usize, list: PartList, part: usize, kind: TextKind) -> bool {
        let Some(item) = self.output.get(found) else {
            return false;
        };
        let Some((streamed, content)) = item.part(list, part) else {
            return false;
        };
        if streamed.stage != Stage::Open {
            let closed = if item.done { "item" } else { "text" };
            if self.report_of_part(found, list, part, Fault::LateDelta) {
                self.reports.came_late(Missing::Text(found, list, part));
                self.report(
                    StreamRule::DeltaAfterDone,
                    at(list.index_member()),
                    format_args!("the {closed} is closed"),
                );
            }
            return false;
        }
        if !kind.fits(item.shape(), list, content) {
            self.report_part_type(found, list, part);
            return false;
        }
        self.may_take(found)
    }

    /// Reports an event of a kind that the part does not have.
    fn report_part_type(&mut self, found: usize, list: PartList, part: usize) {
        let part = self.output.part(found, list, part);
        let of = part.map_or("", |(_, content)| content.type_name());
        let detail = format_args!("the part is {}", Shown(of));
        self.reports
            .report(StreamRule::EventMisplaced, at("type"), detail);
    }

    pub(super) fn text_done(&mut self, place: &Place<'_>, kind: TextKind, text: &str) {
        let list = place.list;
        let Some((found, part)) = self.part_for(place, Like::Kind(kind)) else {
            return;
        };
        let Some(item) = self.output.get(found) else {
            return;
        };
        let Some((streamed, content)) = item.part(list, part) else {
            return;
        };
        if streamed.stage == Stage::TextDone || streamed.stage.is_closed() {
            if !streamed.reported.contains(Fault::NotClosed) {
                self.report(
                    StreamRule::TextDoneTwice,
                    at(list.index_member()),
                    format_args!("the text of part {} is closed already", place.index),
                );
            }
            return;
        }
        if !kind.fits(item.shape(), list, content) {
            return self.report_part_type(found, list, part);
        }
        let expected = content.text().unwrap_or(text);
        if expected != text {
            let rule = if streamed.streamed || !expected.is_empty() {
                StreamRule::TextMismatch
            } else {
                StreamRule::DeltasMissing
            };
            let member = text_member(content);
            if !streamed.reported.contains(Fault::Content) {
                let detail = lengths(expected, text);
                let detail = format_args!("{detail}");
                if text.starts_with(expected) {
                    let missing = Missing::Text(found, list, part);
                    self.reports
                        .report_missing(missing, rule, at(member), detail);
                } else {
                    self.report(rule, at(member), detail);
                }
                self.dispute_part(found, list, part);
            }
            self.append_rest(found, list, part, Some(text));
        }
        self.set_stage(found, list, part, Stage::TextDone);
    }

    pub(super) fn annotation(
        &mut self,
        place: &Place<'_>,
        index: u64,
        annotation: Option<&Annotation>,
    ) {
        let list = place.list;
        let Some((found, part)) = self.part_for(place, Like::Kind(TextKind::Output)) else {
            return;
        };
        let Some((streamed, content)) = self.output.part(found, list, part) else {
            return;
        };
        if streamed.stage.is_closed() {
            return self.report(
                StreamRule::DeltaAfterDone,
                at("content_index"),
                format_args!("part {} is closed", place.index),
            );
        }
        if !matches!(content, ContentPart::OutputText(_)) {
            return self.report_part_type(found, list, part);
        }
        // The part may have been announced with some; one that could not be read is not kept.
        let expected = streamed.annotations.max(annotation_count(content) as u64);
        if index != expected && self.report_of_part(found, list, part, Fault::AnnotationIndex) {
            self.report(
                StreamRule::AnnotationIndex,
                at("annotation_index"),
                format_args!("expected {expected}, got {index}"),
            );
        }
        self.grow(annotation.map_or(0, annotation_weight));
        if let Some((streamed, ContentPart::OutputText(part))) =
            self.output.part_mut(found, list, part)
        {
            streamed.annotations += 1;
            if let Some(annotation) = annotation {
                part.annotations.update(|all| all.push(annotation.clone()));
            }
        }
    }
}
