//! Checks one event: the rules of all events, then those of its type.

use super::checker::{Checker, at, shown};
use super::openai;
use super::place::Place;
use super::rule::StreamRule;
use super::state::{Action, Checked, Missing};
use crate::event::{EventBody, EventHead, LifecycleEvent, PartList, StreamEvent};

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
            // The sender counted it.
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
            && !matches!(
                event.body(),
                EventBody::Lifecycle(LifecycleEvent::Created | LifecycleEvent::Queued, _)
            )
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
            && !openai::is_event(raw.type_name())
        {
            let detail = format_args!("got {}", shown(event_type));
            self.report(StreamRule::TypeNotPrefixed, at("type"), detail)?;
        }
        let body = event.body();
        match body {
            EventBody::Lifecycle(lifecycle, response) => self.lifecycle(event, lifecycle, response),
            EventBody::Error(error) => Ok(self.error(error)),
            _ if self.blind => Ok(Action::Keep),
            _ => self.output_event(event, body, event.head()),
        }
    }

    /// An event about an item.
    fn output_event<'e>(
        &mut self,
        event: &'e StreamEvent,
        body: EventBody<'e>,
        head: EventHead<'e>,
    ) -> Checked<Action> {
        let index = head.output_index.unwrap_or_default();
        let place = |list| Place::of(head, list);
        match body {
            EventBody::ItemAdded(item) => self.item_added(index, item),
            EventBody::ItemDone(item) => self.item_done(index, item),
            EventBody::PartAdded(list, part) => self.part_added(event, &place(list), part),
            EventBody::PartDone(list, part) => self.part_done(event, &place(list), part),
            EventBody::TextDelta(kind, delta, logprobs) => {
                self.text_delta(event, &place(kind.list()), kind, delta, logprobs)
            }
            EventBody::TextDone(kind, text) => {
                self.text_done(event, &place(kind.list()), kind, text)
            }
            EventBody::AnnotationAdded(index, annotation) => {
                self.annotation(event, &place(PartList::Content), index, annotation)
            }
            EventBody::ArgumentsDelta(delta) => {
                self.arguments_delta(event, &place(PartList::Content), delta)
            }
            EventBody::ArgumentsDone(arguments) => {
                self.arguments_done(event, &place(PartList::Content), arguments)
            }
            EventBody::Lifecycle(..) | EventBody::Error(_) | EventBody::Other => Ok(Action::Keep),
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
