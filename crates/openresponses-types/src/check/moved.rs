//! An event about the same, elsewhere.

use alloc::format;
use alloc::sync::Arc;

use crate::event::StreamEvent;
use crate::json::RawJson;

/// The event with the item's id and the places under which the client knows them.
pub(super) fn moved(
    event: &StreamEvent,
    id: &Arc<str>,
    output_index: u64,
    part_index: u64,
) -> StreamEvent {
    macro_rules! set {
        ($event:ident $(, $index:ident)?) => {{
            $event.item_id = Arc::clone(id);
            $event.output_index = output_index;
            $( $event.$index = part_index; )?
        }};
    }
    let mut event = event.clone();
    match &mut event {
        StreamEvent::ContentPartAdded(event) => set!(event, content_index),
        StreamEvent::ContentPartDone(event) => set!(event, content_index),
        StreamEvent::ReasoningSummaryPartAdded(event) => set!(event, summary_index),
        StreamEvent::ReasoningSummaryPartDone(event) => set!(event, summary_index),
        StreamEvent::OutputTextDelta(event) => set!(event, content_index),
        StreamEvent::OutputTextDone(event) => set!(event, content_index),
        StreamEvent::RefusalDelta(event) => set!(event, content_index),
        StreamEvent::RefusalDone(event) => set!(event, content_index),
        StreamEvent::ReasoningDelta(event) => set!(event, content_index),
        StreamEvent::ReasoningDone(event) => set!(event, content_index),
        StreamEvent::ReasoningSummaryTextDelta(event) => set!(event, summary_index),
        StreamEvent::ReasoningSummaryTextDone(event) => set!(event, summary_index),
        StreamEvent::OutputTextAnnotationAdded(event) => set!(event, content_index),
        StreamEvent::FunctionCallArgumentsDelta(event) => set!(event),
        StreamEvent::FunctionCallArgumentsDone(event) => set!(event),
        StreamEvent::Unknown(raw) => {
            let number = |value: u64| RawJson::checked(&format!("{value}"));
            let raw = raw
                .clone()
                .with_member("item_id", &RawJson::string(id))
                .with_member("output_index", &number(output_index))
                .with_member("content_index", &number(part_index));
            return StreamEvent::Unknown(raw);
        }
        _ => {}
    }
    event
}
