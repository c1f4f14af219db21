use alloc::sync::Arc;

use super::family::{LifecycleEvent, PartList};
use super::table::ErrorEvent;
use super::text_kind::TextKind;
use crate::content::{Annotation, ContentPart, LogProb};
use crate::item::Item;
use crate::response::Response;

/// What an event says, borrowed from it. Where it says it is the event's
/// [`head`](crate::StreamEvent::head).
#[derive(Clone, Copy, Debug)]
pub(crate) enum EventBody<'e> {
    Lifecycle(LifecycleEvent, &'e Arc<Response>),
    ItemAdded(Option<&'e Item>),
    ItemDone(Option<&'e Item>),
    PartAdded(PartList, &'e ContentPart),
    PartDone(PartList, &'e ContentPart),
    TextDelta(TextKind, &'e str, &'e [LogProb]),
    TextDone(TextKind, &'e str),
    AnnotationAdded(u64, Option<&'e Annotation>),
    ArgumentsDelta(&'e str),
    ArgumentsDone(&'e str),
    Error(&'e ErrorEvent),
    Other,
}
