//! A frame as far as it can be read: what identifies an event, and what it says.

use alloc::borrow::Cow;
use alloc::string::String;

use super::repair::{Repair, Repairs};
use crate::event::{EventFamily, EventHead, EventReader, StreamEvent, schema_of};
use crate::json::{self, Document, Reader, ValueKind};
use crate::rules::Value;
use crate::schema::{Mended, mend};
use crate::wire::integer;

/// One frame of an upstream.
///
/// ```
/// use openresponses_types::relay::Frame;
///
/// let frame = Frame::new(br#"{"type":"response.created"}"#).name(Some("response.created"));
/// # let _ = frame;
/// ```
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Frame<'f> {
    pub(super) data: &'f [u8],
    pub(super) name: Option<&'f str>,
    pub(super) verbatim: bool,
}

impl<'f> Frame<'f> {
    /// Creates a frame of its data.
    #[must_use]
    pub fn new(data: &'f [u8]) -> Self {
        Self {
            data,
            name: None,
            verbatim: false,
        }
    }

    /// Sets the SSE field `event`. Default: none, as over a WebSocket.
    #[must_use]
    pub fn name(mut self, name: Option<&'f str>) -> Self {
        self.name = name;
        self
    }

    /// Sets whether the frame may be sent on as it came where it needs no change. Default: `false`.
    #[must_use]
    pub fn verbatim(mut self, allowed: bool) -> Self {
        self.verbatim = allowed;
        self
    }

    /// Returns true if the frame may be sent on and has the name of its event.
    fn may_pass(&self, event: &StreamEvent) -> bool {
        self.verbatim && self.name == Some(event.event_type())
    }
}

/// An event of an upstream, and which of its members that say where it belongs were there.
#[derive(Clone, Debug)]
pub(super) struct Incoming {
    pub(super) event: StreamEvent,
    /// The frame that it came in may be sent on: it needed no mending.
    pub(super) verbatim: bool,
    number: Option<u64>,
    has_id: bool,
    has_index: bool,
    has_part: bool,
    /// It has an `output_index` that is no count.
    index_is_unreadable: bool,
}

impl Incoming {
    /// An event that was read already.
    pub(super) fn of(event: StreamEvent) -> Self {
        let head = event.head();
        Self {
            number: head.sequence_number,
            has_id: head.item_id.as_deref().is_some_and(|id| !id.is_empty()),
            has_index: head.output_index.is_some(),
            has_part: head.part_index.is_some(),
            index_is_unreadable: head.output_index.is_none() && has_raw_index(&event),
            verbatim: false,
            event,
        }
    }

    /// Returns true if the event says by an index where it belongs, and the index cannot be read.
    /// Without its item nothing of it may be guessed.
    pub(super) fn index_is_unreadable(&self) -> bool {
        self.index_is_unreadable
    }

    /// Where the event says that it belongs.
    pub(super) fn head(&self) -> EventHead<'_> {
        let mut head = self.event.head();
        head.sequence_number = self.number;
        if !self.has_id {
            head.item_id = None;
        }
        if !self.has_index {
            head.output_index = None;
        }
        if !self.has_part {
            head.part_index = None;
        }
        head
    }
}

/// What a frame turned out to be.
#[derive(Debug)]
pub(super) enum Reading {
    Event(Incoming),
    /// `{"error": ...}` without a type; the error's members.
    Error(String),
    /// Nothing that can be understood.
    Unreadable,
}

/// Reads a frame. One that is `observed` is mended only where it cannot be read otherwise.
pub(super) fn read(
    frame: Frame<'_>,
    observed: bool,
    events: &mut EventReader,
    repairs: &mut Repairs,
) -> Reading {
    if let Ok(event) = events.read(frame.data)
        && (observed || needs_no_mending(&event))
    {
        let mut incoming = Incoming::of(event);
        incoming.verbatim = frame.may_pass(&incoming.event);
        return Reading::Event(incoming);
    }
    let text;
    let (document, is_mended) = match Document::parse(frame.data) {
        Ok(document) => (document, false),
        Err(_) => {
            text = json::mended(frame.data);
            let Ok(document) = Document::parse(text.as_bytes()) else {
                return Reading::Unreadable;
            };
            repairs.note(Repair::FrameMended);
            (document, true)
        }
    };
    let reader = document.reader();
    if reader.kind() != ValueKind::Object {
        return Reading::Unreadable;
    }
    let typed = reader.member("type").and_then(|mut value| value.string());
    let name = frame.name.filter(|name| schema_of(name).is_some());
    let event_type = match (&typed, name) {
        (Some(typed), _) => typed.clone(),
        (None, _) if reader.member("error").is_some() => {
            repairs.note(Repair::ErrorUntyped);
            return Reading::Error(document.text().into());
        }
        (None, Some(name)) => Cow::Borrowed(name),
        (None, None) => return Reading::Unreadable,
    };
    if typed.is_none() {
        repairs.note(Repair::EventTypeInferred);
    }
    let Some(schema) = schema_of(&event_type) else {
        return Reading::Unreadable;
    };
    let mut text = String::with_capacity(document.text().len() + 64);
    let mended = mend(&mut document.reader(), &Value::Object(schema), &mut text);
    note(mended_inside(&event_type, mended), repairs);
    let Ok(event) = StreamEvent::from_json(text.as_bytes()) else {
        return Reading::Unreadable;
    };
    let mut incoming = place(event, &reader);
    incoming.verbatim = mended.is_nothing() && !is_mended && frame.may_pass(&incoming.event);
    Reading::Event(incoming)
}

/// What a response echoes of its request is not the relay's to mend, so it is not counted.
fn mended_inside(event_type: &str, mended: Mended) -> Mended {
    match EventFamily::of_type(event_type) {
        EventFamily::Lifecycle(_) => Mended::default(),
        _ => mended,
    }
}

fn note(mended: Mended, repairs: &mut Repairs) {
    for (is, repair) in [
        (mended.filled, Repair::MemberFilled),
        (mended.retyped, Repair::MemberRetyped),
        (mended.typed, Repair::ObjectTyped),
    ] {
        if is {
            repairs.note(repair);
        }
    }
}

/// The event with what the document says of its place, which mending may have filled in.
fn place(event: StreamEvent, reader: &Reader<'_>) -> Incoming {
    let count = |name: &str| {
        let mut value = reader.member(name)?;
        let number = match value.kind() {
            ValueKind::String => integer(&value.string()?)?,
            _ => integer(value.number()?)?,
        };
        u64::try_from(number).ok()
    };
    let has_id = match event.family() {
        EventFamily::ItemAdded | EventFamily::ItemDone => {
            event.item_id().is_some_and(|id| !id.is_empty())
        }
        _ => reader
            .member("item_id")
            .and_then(|mut id| id.string())
            .is_some_and(|id| !id.is_empty()),
    };
    let has_index = count("output_index").is_some();
    Incoming {
        number: count("sequence_number"),
        has_id,
        has_index,
        index_is_unreadable: !has_index && has_member(reader, "output_index"),
        has_part: count("content_index")
            .or_else(|| count("summary_index"))
            .is_some(),
        verbatim: false,
        event,
    }
}

/// Returns true if an event that was kept as it came has an `output_index` of any kind.
fn has_raw_index(event: &StreamEvent) -> bool {
    let json = match event {
        StreamEvent::Extension(raw) => raw.json(),
        StreamEvent::Unknown(raw) => raw.json(),
        _ => return false,
    };
    has_member(&json.reader(), "output_index")
}

/// Returns true for a member that is there and is not null.
fn has_member(reader: &Reader<'_>, name: &str) -> bool {
    let value = reader.member(name);
    value.is_some_and(|value| value.kind() != ValueKind::Null)
}

/// Returns true for events whose type alone makes them legal. What carries objects is held against
/// the tables.
fn needs_no_mending(event: &StreamEvent) -> bool {
    match event.family() {
        EventFamily::TextDelta(_) => event.as_delta().is_none_or(|delta| {
            delta
                .logprobs
                .and_then(|logprobs| logprobs.value())
                .is_none_or(|logprobs| logprobs.is_empty())
        }),
        EventFamily::TextDone(_) | EventFamily::ArgumentsDelta | EventFamily::ArgumentsDone => true,
        // An event of the table that was kept as it came has another shape.
        EventFamily::Other => schema_of(event.event_type()).is_none(),
        EventFamily::Lifecycle(_)
        | EventFamily::ItemAdded
        | EventFamily::ItemDone
        | EventFamily::PartAdded(_)
        | EventFamily::PartDone(_)
        | EventFamily::AnnotationAdded
        | EventFamily::Error => false,
    }
}
