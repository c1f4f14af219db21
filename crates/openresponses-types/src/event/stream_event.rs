//! What all events have in common.

use alloc::borrow::Cow;
use alloc::format;
use alloc::sync::Arc;
use core::fmt;

use super::body::EventBody;
use super::table::StreamEvent;
use crate::json::RawJson;
use crate::response::Response;

impl StreamEvent {
    /// Returns the event's number in its stream. `None` for an extension or unknown event without
    /// one.
    #[must_use]
    pub fn sequence_number(&self) -> Option<u64> {
        self.head().sequence_number
    }

    /// Sets the event's number.
    #[must_use]
    pub fn with_sequence_number(mut self, sequence_number: u64) -> Self {
        match self.head_mut() {
            Some(head) => *head.sequence_number = sequence_number,
            None => self.set_raw("sequence_number", &number(sequence_number)),
        }
        self
    }

    /// Returns the id of the item that the event is about, or that it carries. `None` for events
    /// about the response as a whole.
    #[must_use]
    pub fn item_id(&self) -> Option<Cow<'_, str>> {
        self.head().item_id
    }

    /// Sets the id of the item that the event is about. Events without an item stay as they are.
    #[must_use]
    pub fn with_item_id(mut self, id: &Arc<str>) -> Self {
        if let Some(head) = self.head_mut() {
            if let Some(item) = head.item {
                *item = core::mem::take(item).map(|item| item.with_id(id));
            }
            if let Some(item_id) = head.item_id {
                *item_id = Arc::clone(id);
            }
        } else if self.head().item_id.is_some() {
            self.set_raw("item_id", &RawJson::string(id));
        }
        self
    }

    /// Returns the place in the output of the item that the event is about. `None` for events about
    /// the response as a whole.
    #[must_use]
    pub fn output_index(&self) -> Option<u64> {
        self.head().output_index
    }

    /// Sets the place of the item that the event is about. Events without one stay as they are.
    #[must_use]
    pub fn with_output_index(mut self, output_index: u64) -> Self {
        if let Some(head) = self.head_mut() {
            if let Some(index) = head.output_index {
                *index = output_index;
            }
        } else if self.head().output_index.is_some() {
            self.set_raw("output_index", &number(output_index));
        }
        self
    }

    /// Puts the event to an item, which extension and unknown events need not name so far.
    pub(crate) fn placed(mut self, id: &Arc<str>, output_index: u64) -> Self {
        if self.head_mut().is_some() {
            return self.with_item_id(id).with_output_index(output_index);
        }
        self.set_raw("item_id", &RawJson::string(id));
        self.set_raw("output_index", &number(output_index));
        self
    }

    /// Sets the place of the part that the event is about. Events without one stay as they are.
    pub(crate) fn with_part_index(mut self, part_index: u64) -> Self {
        if let Some(index) = self.head_mut().and_then(|head| head.part_index) {
            *index = part_index;
        }
        self
    }

    /// Returns the response that a lifecycle event carries.
    #[must_use]
    pub fn response(&self) -> Option<&Arc<Response>> {
        match self.body() {
            EventBody::Lifecycle(_, response) => Some(response),
            _ => None,
        }
    }

    /// Returns true for the last event of a stream: completed, failed or incomplete.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        self.family().is_terminal()
    }

    /// Sets a member of an event that is kept as it came.
    fn set_raw(&mut self, name: &str, value: &RawJson) {
        match self {
            Self::Extension(raw) => *raw = raw.clone().with_member(name, value),
            Self::Unknown(raw) => *raw = raw.clone().with_member(name, value),
            _ => debug_assert!(false, "a typed event has no raw members"),
        }
    }
}

fn number(value: u64) -> RawJson {
    RawJson::checked(&format!("{value}"))
}

impl fmt::Display for StreamEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_json(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::EventFamily;

    /// One event of each type, those of OpenAI's API included.
    fn all() -> impl Iterator<Item = (&'static str, StreamEvent)> {
        let openai = [
            "response.reasoning_text.delta",
            "response.reasoning_text.done",
            "response.reasoning_part.added",
            "response.reasoning_part.done",
        ];
        StreamEvent::TYPES.iter().copied().chain(openai).map(|name| {
            let text = format!(
                r#"{{"type":"{name}","sequence_number":1,"item_id":"i","output_index":3,"content_index":4,"summary_index":4,"annotation_index":0,"delta":"","text":"","refusal":"","arguments":"","part":{{"type":"output_text","text":""}},"item":{{"type":"acme:x","id":"i","status":"completed"}},"response":{{"id":"r","model":"m","created_at":0}}}}"#
            );
            (name, StreamEvent::from_json(text.as_bytes()).unwrap())
        })
    }

    #[test]
    fn an_event_is_small() {
        assert!(
            size_of::<StreamEvent>() <= 144,
            "{}",
            size_of::<StreamEvent>()
        );
    }

    #[test]
    fn every_event_of_the_table_says_where_it_belongs() {
        for (name, event) in all() {
            let about_item = event.response().is_none() && name != "error";
            assert_eq!(event.event_type(), name);
            assert_eq!(event.sequence_number(), Some(1), "{name}");
            assert_eq!(
                event.item_id().as_deref(),
                about_item.then_some("i"),
                "{name}"
            );
            assert_eq!(event.output_index(), about_item.then_some(3), "{name}");
            let part = event.head().part_index;
            assert!(part.is_none_or(|index| about_item && index == 4), "{name}");
            let moved = event
                .with_sequence_number(9)
                .with_item_id(&"j".into())
                .with_output_index(2)
                .with_part_index(7);
            assert_eq!(moved.sequence_number(), Some(9), "{name}");
            assert_eq!(
                moved.item_id().as_deref(),
                about_item.then_some("j"),
                "{name}"
            );
            assert_eq!(moved.output_index(), about_item.then_some(2), "{name}");
            assert_eq!(moved.head().part_index, part.map(|_| 7), "{name}");
        }
    }

    #[test]
    fn every_event_of_the_table_has_a_family_and_a_body_that_agree() {
        for (name, event) in all() {
            let family = event.family();
            assert_ne!(family, EventFamily::Other, "{name}");
            assert_eq!(EventFamily::of_type(name), family);
            let agrees = match (family, event.body()) {
                (EventFamily::Lifecycle(one), EventBody::Lifecycle(other, _)) => one == other,
                (EventFamily::PartAdded(one), EventBody::PartAdded(other, _))
                | (EventFamily::PartDone(one), EventBody::PartDone(other, _)) => one == other,
                (EventFamily::TextDelta(one), EventBody::TextDelta(other, ..))
                | (EventFamily::TextDone(one), EventBody::TextDone(other, _)) => one == other,
                (EventFamily::ItemAdded, EventBody::ItemAdded(Some(_)))
                | (EventFamily::ItemDone, EventBody::ItemDone(Some(_)))
                | (EventFamily::AnnotationAdded, EventBody::AnnotationAdded(0, _))
                | (EventFamily::ArgumentsDelta, EventBody::ArgumentsDelta(""))
                | (EventFamily::ArgumentsDone, EventBody::ArgumentsDone(""))
                | (EventFamily::Error, EventBody::Error(_)) => true,
                _ => false,
            };
            assert!(agrees, "{name}");
            let is_delta = name.ends_with(".delta");
            assert_eq!(event.as_delta().is_some(), is_delta, "{name}");
        }
    }

    #[test]
    fn an_openai_event_in_another_shape_is_kept_as_it_came() {
        let text = r#"{"type":"response.reasoning_text.delta","delta":7}"#;
        let event = StreamEvent::from_json(text.as_bytes()).unwrap();
        assert!(matches!(event, StreamEvent::Unknown(_)));
        assert_eq!(event.to_json(), text);
        let broken = br#"{"type":"response.reasoning.delta","delta":7}"#;
        assert!(StreamEvent::from_json(broken).is_err());
    }

    #[test]
    fn raw_events_are_numbered_and_moved_too() {
        let event = StreamEvent::from_json(br#"{"type":"acme:x","a":1}"#).unwrap();
        assert_eq!(event.sequence_number(), None);
        let event = event.with_sequence_number(7).with_item_id(&"j".into());
        assert_eq!(
            event.to_json(),
            r#"{"type":"acme:x","a":1,"sequence_number":7}"#
        );
        assert_eq!(event.with_sequence_number(8).sequence_number(), Some(8));
        let unknown = StreamEvent::from_json(br#"{"type":"x","output_index":3}"#).unwrap();
        assert_eq!(
            unknown.with_output_index(1).to_json(),
            r#"{"type":"x","output_index":1}"#
        );
    }
}
