//! Where in the output an event belongs.

use crate::event::StreamEvent;
use crate::json::RawJson;

impl StreamEvent {
    /// The place in the output of the item that the event is about. Nothing for events about the
    /// response as a whole.
    #[must_use]
    pub fn output_index(&self) -> Option<u64> {
        match self {
            Self::Extension(raw) => raw_index(raw.json()),
            Self::Unknown(raw) => raw_index(raw.json()),
            known => known.known_index(),
        }
    }

    /// The event about the item at another place. Events about the response as a whole stay as
    /// they are.
    #[must_use]
    pub fn with_output_index(mut self, output_index: u64) -> Self {
        match &mut self {
            Self::Extension(raw) if raw_index(raw.json()).is_some() => {
                *raw = raw
                    .clone()
                    .with_member("output_index", &number(output_index));
            }
            Self::Unknown(raw) if raw_index(raw.json()).is_some() => {
                *raw = raw
                    .clone()
                    .with_member("output_index", &number(output_index));
            }
            known => {
                if let Some(index) = known.index_mut() {
                    *index = output_index;
                }
            }
        }
        self
    }
}

macro_rules! indexed {
    ($($variant:ident),* $(,)?) => {
        impl StreamEvent {
            fn known_index(&self) -> Option<u64> {
                match self {
                    $( Self::$variant(event) => Some(event.output_index), )*
                    _ => None,
                }
            }

            fn index_mut(&mut self) -> Option<&mut u64> {
                match self {
                    $( Self::$variant(event) => Some(&mut event.output_index), )*
                    _ => None,
                }
            }
        }
    };
}

indexed! {
    OutputItemAdded, OutputItemDone, ReasoningSummaryPartAdded, ReasoningSummaryPartDone,
    ContentPartAdded, ContentPartDone, OutputTextDelta, OutputTextDone, RefusalDelta, RefusalDone,
    ReasoningDelta, ReasoningDone, ReasoningSummaryTextDelta, ReasoningSummaryTextDone,
    OutputTextAnnotationAdded, FunctionCallArgumentsDelta, FunctionCallArgumentsDone,
}

fn raw_index(json: &RawJson) -> Option<u64> {
    let number = crate::wire::integer(json.reader().member("output_index")?.number()?)?;
    u64::try_from(number).ok()
}

fn number(value: u64) -> RawJson {
    RawJson::checked(&alloc::format!("{value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_event_about_an_item_has_a_place() {
        for name in StreamEvent::TYPES {
            let text = alloc::format!(
                r#"{{"type":"{name}","sequence_number":1,"item_id":"i","output_index":3,"content_index":0,"summary_index":0,"annotation_index":0,"delta":"","text":"","refusal":"","arguments":"","part":{{"type":"output_text","text":""}},"response":{{"id":"r","model":"m","created_at":0}}}}"#
            );
            let event = StreamEvent::from_json(text.as_bytes()).unwrap();
            let about_item = event.response().is_none() && *name != "error";
            assert_eq!(event.output_index(), about_item.then_some(3), "{name}");
            let moved = event.with_output_index(2);
            assert_eq!(moved.output_index(), about_item.then_some(2), "{name}");
        }
        let unknown = StreamEvent::from_json(br#"{"type":"x","output_index":3}"#).unwrap();
        assert_eq!(
            unknown.with_output_index(1).to_json(),
            r#"{"type":"x","output_index":1}"#
        );
    }
}
