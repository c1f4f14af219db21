//! Which item an event is about.

use alloc::borrow::Cow;
use alloc::sync::Arc;

use crate::event::StreamEvent;
use crate::json::RawJson;

impl StreamEvent {
    /// The id of the item that the event is about, or that it carries. Nothing for events about the
    /// response as a whole.
    #[must_use]
    pub fn item_id(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::OutputItemAdded(event) => event.item.value()?.id().map(|id| id.into_string()),
            Self::OutputItemDone(event) => event.item.value()?.id().map(|id| id.into_string()),
            Self::Extension(raw) => raw.string_member("item_id"),
            Self::Unknown(raw) => raw.string_member("item_id"),
            known => return known.known_id().map(Cow::Borrowed),
        }
        .map(Cow::Owned)
    }

    /// The event about an item of another id. Events without an item stay as they are.
    #[must_use]
    pub fn with_item_id(mut self, id: &Arc<str>) -> Self {
        match &mut self {
            Self::OutputItemAdded(event) => {
                event.item = core::mem::take(&mut event.item).map(|item| item.with_id(id));
            }
            Self::OutputItemDone(event) => {
                event.item = core::mem::take(&mut event.item).map(|item| item.with_id(id));
            }
            Self::Extension(raw) if raw.string_member("item_id").is_some() => {
                *raw = raw.clone().with_member("item_id", &RawJson::string(id));
            }
            Self::Unknown(raw) if raw.string_member("item_id").is_some() => {
                *raw = raw.clone().with_member("item_id", &RawJson::string(id));
            }
            known => {
                if let Some(known) = known.id_mut() {
                    *known = Arc::clone(id);
                }
            }
        }
        self
    }
}

macro_rules! identified {
    ($($variant:ident),* $(,)?) => {
        impl StreamEvent {
            fn known_id(&self) -> Option<&str> {
                match self {
                    $( Self::$variant(event) => Some(&event.item_id), )*
                    _ => None,
                }
            }

            fn id_mut(&mut self) -> Option<&mut Arc<str>> {
                match self {
                    $( Self::$variant(event) => Some(&mut event.item_id), )*
                    _ => None,
                }
            }
        }
    };
}

identified! {
    ReasoningSummaryPartAdded, ReasoningSummaryPartDone, ContentPartAdded, ContentPartDone,
    OutputTextDelta, OutputTextDone, RefusalDelta, RefusalDone, ReasoningDelta, ReasoningDone,
    ReasoningSummaryTextDelta, ReasoningSummaryTextDone, OutputTextAnnotationAdded,
    FunctionCallArgumentsDelta, FunctionCallArgumentsDone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_about_an_item_has_its_id() {
        let mut types = StreamEvent::TYPES.to_vec();
        types.extend(["acme:progress", "response.reasoning_text.delta"]);
        for name in types {
            let text = alloc::format!(
                r#"{{"type":"{name}","sequence_number":1,"item_id":"i","output_index":3,"content_index":0,"summary_index":0,"annotation_index":0,"delta":"","text":"","refusal":"","arguments":"","part":{{"type":"output_text","text":""}},"item":{{"type":"acme:x","id":"i","status":"completed"}},"response":{{"id":"r","model":"m","created_at":0}}}}"#
            );
            let event = StreamEvent::from_json(text.as_bytes()).unwrap();
            let about_item = event.response().is_none() && name != "error";
            assert_eq!(
                event.item_id().as_deref(),
                about_item.then_some("i"),
                "{name}"
            );
            let renamed = event.with_item_id(&"j".into());
            assert_eq!(
                renamed.item_id().as_deref(),
                about_item.then_some("j"),
                "{name}"
            );
        }
        let without = StreamEvent::from_json(br#"{"type":"acme:x"}"#).unwrap();
        assert_eq!(
            without.with_item_id(&"j".into()).to_json(),
            r#"{"type":"acme:x"}"#
        );
    }
}
