//! Checks one event: the rules of all events, then those of its type.

use super::checker::{Checker, at};
use super::openai;
use super::place::Place;
use super::reports::Missing;
use super::rule::StreamRule;
use super::shown::Shown;
use super::state::{Marker, Phase};
use crate::event::{EventBody, EventHead, LifecycleEvent, PartList, StreamEvent, is_event_name};
use crate::stream_output::Fault;

impl Checker {
    pub(super) fn take(&mut self, event: &StreamEvent, name: Option<&str>) {
        let event_type = event.event_type();
        if self.is_ended() {
            return self.after_end(event);
        }
        if self.marker == Marker::Early {
            self.marker = Marker::Optional;
            self.report(
                StreamRule::DoneMarkerEarly,
                at("type"),
                format_args!("{} came after it", Shown(event_type)),
            );
        }
        if matches!(event, StreamEvent::Unknown(_)) && !is_event_name(event_type) {
            // The sender counted it.
            self.number(event);
            return self.report(StreamRule::EventType, at("type"), format_args!(""));
        }
        if let Some(name) = name.filter(|name| *name != event_type) {
            let detail = format_args!("event: {}, type: {}", Shown(name), Shown(event_type));
            self.report(StreamRule::EventName, at("type"), detail);
        }
        self.number(event);
        if matches!(self.phase, Phase::Waiting) {
            self.first(event);
        }
        if matches!(self.phase, Phase::Failing(_)) && self.after_error(event) {
            return;
        }
        if let StreamEvent::Unknown(raw) = event
            && !openai::is_event(raw.type_name())
        {
            let detail = format_args!("got {}", Shown(event_type));
            self.report(StreamRule::TypeNotPrefixed, at("type"), detail);
        }
        let body = event.body();
        match body {
            EventBody::Lifecycle(lifecycle, response) => self.lifecycle(event, lifecycle, response),
            EventBody::Error(error) => self.error(error),
            // The output is no longer followed.
            _ if self.reported.contains(Fault::TooLarge) => {}
            _ => self.output_event(event, body, event.head()),
        }
    }

    /// The first event of a stream should announce the response.
    fn first(&mut self, event: &StreamEvent) {
        match event.body() {
            EventBody::Lifecycle(LifecycleEvent::Created | LifecycleEvent::Queued, _) => {}
            _ => {
                let detail = format_args!("got {}", Shown(event.event_type()));
                self.report(StreamRule::FirstEvent, at("type"), detail);
                self.assume_response(event.response());
            }
        }
        self.phase = Phase::Running;
    }

    fn after_end(&mut self, event: &StreamEvent) {
        let (rule, fault) = match self.marker {
            Marker::Seen => (StreamRule::AfterDoneMarker, Fault::AfterMarker),
            Marker::Optional | Marker::Expected | Marker::Early => {
                (StreamRule::AfterTerminal, Fault::AfterTerminal)
            }
        };
        if matches!(event, StreamEvent::OutputItemDone(_)) {
            self.reports.came_late(Missing::Ends);
        }
        if self.reported.insert(fault) {
            let got = Shown(event.event_type());
            self.report(rule, at("type"), format_args!("got {got}"));
        }
    }

    /// An event about an item.
    fn output_event<'e>(
        &mut self,
        event: &'e StreamEvent,
        body: EventBody<'e>,
        head: EventHead<'e>,
    ) {
        let index = head.output_index.unwrap_or_default();
        let place = |list| Place::of(head, list);
        match body {
            EventBody::ItemAdded(item) => self.item_added(index, item),
            EventBody::ItemDone(item) => self.item_done(index, item),
            EventBody::PartAdded(list, part) => self.part_added(&place(list), part),
            EventBody::PartDone(list, part) => self.part_done(&place(list), part),
            EventBody::TextDelta(kind, delta, logprobs) => {
                self.text_delta(&place(kind.list()), kind, delta, logprobs);
            }
            EventBody::TextDone(kind, text) => self.text_done(&place(kind.list()), kind, text),
            EventBody::AnnotationAdded(index, annotation) => {
                self.annotation(&place(PartList::Content), index, annotation);
            }
            EventBody::ArgumentsDelta(delta) => {
                self.arguments_delta(&place(PartList::Content), delta);
            }
            EventBody::ArgumentsDone(arguments) => {
                self.arguments_done(&place(PartList::Content), arguments);
            }
            EventBody::Lifecycle(..) | EventBody::Error(_) => {
                debug_assert!(false, "{} is about no item", event.event_type());
            }
            EventBody::Other => {}
        }
    }

    fn number(&mut self, event: &StreamEvent) {
        let Some(numbers) = &mut self.numbers else {
            return;
        };
        let Some(expected) = numbers.take(event.sequence_number()) else {
            return;
        };
        let path = at("sequence_number");
        match event.sequence_number() {
            Some(got) => self.report(
                StreamRule::SequenceNumber,
                path,
                format_args!("expected {expected}, got {got}"),
            ),
            None => self.report(
                StreamRule::SequenceNumber,
                path,
                format_args!("expected {expected}, got none"),
            ),
        }
    }
}
