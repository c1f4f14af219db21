//! One event: what holds for all of them, then what is its own.

use super::checker::{Checker, at, shown};
use super::foreign;
use super::rule::StreamRule;
use super::state::{Action, Checked, Missing};
use super::step::Step;
use crate::event::StreamEvent;

impl Checker {
    pub(super) fn take(&mut self, event: &StreamEvent, name: Option<&str>) -> Checked<Action> {
        let event_type = event.event_type();
        if self.life.ended {
            let rule = if self.life.marker {
                StreamRule::AfterDoneMarker
            } else {
                StreamRule::AfterTerminal
            };
            if matches!(event, StreamEvent::OutputItemDone(_)) {
                self.is_late(Missing::Ends);
            }
            if self.life.after != Some(rule) {
                self.report(rule, at("type"), format_args!("got {}", shown(event_type)))?;
                self.life.after = Some(rule);
            }
            return Ok(Action::Drop);
        }
        if core::mem::take(&mut self.life.early_marker) {
            self.life.marker_expected = false;
            self.report(
                StreamRule::DoneMarkerEarly,
                at("type"),
                format_args!("{} came after it", shown(event_type)),
            )?;
        }
        if matches!(event, StreamEvent::Unknown(_)) && event_type.chars().any(char::is_control) {
            // Whoever sent it counted it.
            self.number(event)?;
            self.report(StreamRule::EventType, at("type"), format_args!(""))?;
            return Ok(Action::Drop);
        }
        if let Some(name) = name.filter(|name| *name != event_type) {
            let detail = format_args!("event: {}, type: {}", shown(name), shown(event_type));
            self.report(StreamRule::EventName, at("type"), detail)?;
            self.sending.altered = true;
        }
        self.number(event)?;
        if self.life.snapshot.is_none()
            && !matches!(event, StreamEvent::Created(_) | StreamEvent::Queued(_))
        {
            let detail = format_args!("got {}", shown(event_type));
            self.report(StreamRule::FirstEvent, at("type"), detail)?;
            self.begin(event.response());
        }
        if self.life.failure.is_some()
            && let Some(action) = self.after_error(event)?
        {
            return Ok(action);
        }
        if let StreamEvent::Unknown(raw) = event
            && !foreign::is_event(raw.type_name())
        {
            let detail = format_args!("got {}", shown(event_type));
            self.report(StreamRule::TypeNotPrefixed, at("type"), detail)?;
        }
        if event.response().is_some() || matches!(event, StreamEvent::Error(_)) {
            return self.lifecycle(event);
        }
        if self.blind {
            return Ok(Action::Keep);
        }
        match Step::of(event) {
            Step::ItemAdded(index, item) => self.item_added(index, item),
            Step::ItemDone(index, item) => self.item_done(index, item),
            Step::PartAdded(place, part) => self.part_added(event, &place, &part),
            Step::PartDone(place, part) => self.part_done(event, &place, &part),
            Step::Delta(place, kind, delta, logprobs) => {
                self.text_delta(event, &place, kind, &delta, logprobs)
            }
            Step::TextDone(place, kind, text) => self.text_done(event, &place, kind, &text),
            Step::Annotation(place, index, annotation) => {
                self.annotation(event, &place, index, annotation)
            }
            Step::ArgumentsDelta(place, delta) => self.arguments_delta(event, &place, delta),
            Step::ArgumentsDone(place, arguments) => self.arguments_done(event, &place, arguments),
            Step::Other => Ok(Action::Keep),
        }
    }

    fn number(&mut self, event: &StreamEvent) -> Checked {
        if self.unnumbered {
            return Ok(());
        }
        let Some(expected) = self.numbers.take(event.sequence_number()) else {
            return Ok(());
        };
        match event.sequence_number() {
            Some(got) => self.report(
                StreamRule::SequenceNumber,
                at("sequence_number"),
                format_args!("expected {expected}, got {got}"),
            ),
            None => self.report(
                StreamRule::SequenceNumber,
                at("sequence_number"),
                format_args!("expected {expected}, got none"),
            ),
        }
    }
}
