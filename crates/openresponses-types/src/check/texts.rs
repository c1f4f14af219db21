//! Checks texts: deltas and ends.

use alloc::vec::Vec;

use super::checker::{Checker, at};
use super::parts::{Like, Target};
use super::place::Place;
use super::rule::StreamRule;
use super::state::{Action, Checked, Missing};
use crate::content::{Annotation, ContentPart, LogProb};
use crate::event::{StreamEvent, TextKind};
use crate::stream_output::{Stage, lengths, text_mut};

impl Checker {
    pub(super) fn text_delta(
        &mut self,
        event: &StreamEvent,
        place: &Place<'_>,
        kind: TextKind,
        delta: &str,
        logprobs: &[LogProb],
    ) -> Checked<Action> {
        let (found, part) = match self.part_for(place, Like::Kind(kind))? {
            Target::Part(found, part) => (found, part),
            Target::Opaque(found) => return Ok(self.keep(event, place, found, place.index)),
            Target::Nothing => return Ok(Action::Drop),
        };
        if !self.takes_text(found, place, part, kind)? {
            return Ok(Action::Drop);
        }
        self.grow(delta.len())?;
        if let Some((streamed, content)) = self.output.part_mut(found, place.list, part) {
            streamed.streamed = true;
            if let Some(text) = text_mut(content) {
                text.push_str(delta);
            }
            if let ContentPart::OutputText(part) = content
                && !logprobs.is_empty()
            {
                if part.logprobs.value().is_none() {
                    part.logprobs = Vec::new().into();
                }
                if let Some(all) = part.logprobs.value_mut() {
                    all.extend_from_slice(logprobs);
                }
            }
        }
        Ok(self.keep(event, place, found, part as u64))
    }

    /// Returns true if the part accepts this kind of text now.
    fn takes_text(
        &mut self,
        found: usize,
        place: &Place<'_>,
        part: usize,
        kind: TextKind,
    ) -> Checked<bool> {
        let Some(item) = self.output.get(found) else {
            return Ok(false);
        };
        let Some((streamed, content)) = item.part(place.list, part) else {
            return Ok(false);
        };
        if streamed.stage != Stage::Open {
            let done = if item.done { "item" } else { "text" };
            if !streamed.late {
                self.is_late(Missing::Text(found, place.list, part));
                self.report(
                    StreamRule::DeltaAfterDone,
                    at(place.list.index_member()),
                    format_args!("the {done} is closed"),
                )?;
            }
            if let Some((streamed, _)) = self.output.part_mut(found, place.list, part) {
                streamed.late = true;
            }
            return Ok(false);
        }
        if !kind.fits(item.shape(), place.list, content) {
            let of = alloc::string::String::from(content.type_name());
            self.report_part_type(&of)?;
            return Ok(false);
        }
        self.may_take(found)
    }

    /// Reports an event of a kind that parts of the type `of` do not have.
    fn report_part_type(&mut self, of: &str) -> Checked {
        self.report(
            StreamRule::EventMisplaced,
            at("type"),
            format_args!("the part is {}", super::checker::shown(of)),
        )
    }

    pub(super) fn text_done(
        &mut self,
        event: &StreamEvent,
        place: &Place<'_>,
        kind: TextKind,
        text: &str,
    ) -> Checked<Action> {
        let (found, part) = match self.part_for(place, Like::Kind(kind))? {
            Target::Part(found, part) => (found, part),
            Target::Opaque(found) => return Ok(self.keep(event, place, found, place.index)),
            Target::Nothing => return Ok(Action::Drop),
        };
        let Some(item) = self.output.get(found) else {
            return Ok(Action::Drop);
        };
        let Some((streamed, content)) = item.part(place.list, part) else {
            return Ok(Action::Drop);
        };
        if streamed.stage == Stage::TextDone || streamed.stage.is_closed() {
            if streamed.unclosed {
                return Ok(Action::Drop);
            }
            self.report(
                StreamRule::TextDoneTwice,
                at(place.list.index_member()),
                format_args!("the text of part {} is closed already", place.index),
            )?;
            return Ok(Action::Drop);
        }
        if !kind.fits(item.shape(), place.list, content) {
            let of = alloc::string::String::from(content.type_name());
            self.report_part_type(&of)?;
            return Ok(Action::Drop);
        }
        let expected = content.text().unwrap_or(text);
        let mut changed = false;
        if expected != text {
            let rule = if streamed.streamed || !expected.is_empty() {
                StreamRule::TextMismatch
            } else {
                StreamRule::DeltasMissing
            };
            let member = match kind {
                TextKind::Refusal => "refusal",
                _ => "text",
            };
            if !streamed.disputed {
                let detail = lengths(expected, text);
                let detail = format_args!("{detail}");
                if text.starts_with(expected) {
                    let missing = Missing::Text(found, place.list, part);
                    self.report_missing(missing, rule, at(member), detail)?;
                } else {
                    self.report(rule, at(member), detail)?;
                }
                self.dispute_part(found, place.list, part);
            }
            self.append_rest(found, place.list, part, Some(text))?;
            let ours = self.output.part(found, place.list, part);
            changed = ours.is_some_and(|(_, content)| content.text() != Some(text));
        }
        self.set_stage(found, place.list, part, Stage::TextDone);
        if changed {
            self.emit_text_done(found, place.list, part);
            return Ok(Action::Drop);
        }
        Ok(self.keep(event, place, found, part as u64))
    }

    pub(super) fn annotation(
        &mut self,
        event: &StreamEvent,
        place: &Place<'_>,
        index: u64,
        annotation: Option<&Annotation>,
    ) -> Checked<Action> {
        let (found, part) = match self.part_for(place, Like::Kind(TextKind::Output))? {
            Target::Part(found, part) => (found, part),
            Target::Opaque(found) => return Ok(self.keep(event, place, found, place.index)),
            Target::Nothing => return Ok(Action::Drop),
        };
        let Some((streamed, content)) = self.output.part(found, place.list, part) else {
            return Ok(Action::Drop);
        };
        let (stage, expected) = (streamed.stage, streamed.annotations);
        let known = streamed.misnumbered;
        if stage.is_closed() {
            self.report(
                StreamRule::DeltaAfterDone,
                at("content_index"),
                format_args!("part {} is closed", place.index),
            )?;
            return Ok(Action::Drop);
        }
        if !matches!(content, ContentPart::OutputText(_)) {
            let of = alloc::string::String::from(content.type_name());
            self.report_part_type(&of)?;
            return Ok(Action::Drop);
        }
        let misnumbered = index != expected;
        if misnumbered && !known {
            self.report(
                StreamRule::AnnotationIndex,
                at("annotation_index"),
                format_args!("expected {expected}, got {index}"),
            )?;
        }
        self.grow(size_of::<Annotation>())?;
        if let Some((streamed, ContentPart::OutputText(part))) =
            self.output.part_mut(found, place.list, part)
        {
            streamed.annotations += 1;
            streamed.misnumbered |= misnumbered;
            if part.annotations.value().is_none() {
                part.annotations = Vec::new().into();
            }
            if let (Some(all), Some(annotation)) = (part.annotations.value_mut(), annotation) {
                all.push(annotation.clone());
            }
        }
        Ok(match self.keep(event, place, found, part as u64) {
            kept if !misnumbered => kept,
            kept => {
                let mut moved = match kept {
                    Action::Replace(event) => *event,
                    _ => event.clone(),
                };
                if let StreamEvent::OutputTextAnnotationAdded(event) = &mut moved {
                    event.annotation_index = expected;
                }
                Action::Replace(alloc::boxed::Box::new(moved))
            }
        })
    }
}
