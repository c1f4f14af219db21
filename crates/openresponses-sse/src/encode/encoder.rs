use core::fmt::Write;
use std::sync::Arc;

use bytes::BytesMut;
use openresponses_types::event::DeltaEvent;
use openresponses_types::{Field, StreamEvent, json};

use super::{EncodeError, encode_event, event::TYPICAL};

/// Encodes the events of one stream, fast.
///
/// Deltas are most of a stream, and those of one part differ in their number and text only. So
/// the encoder keeps what the last one shares with the next, and copies it instead of printing it
/// again. What it writes is byte for byte what [`encode_event`] writes.
///
/// ```
/// use bytes::BytesMut;
/// use openresponses_sse::encode::Encoder;
/// use openresponses_types::event::ResponseOutputTextDeltaEvent;
/// use openresponses_types::StreamEvent;
///
/// let mut encoder = Encoder::new();
/// let mut out = BytesMut::new();
/// for (number, text) in [(4_u64, "Hel"), (5, "lo")] {
///     let event = ResponseOutputTextDeltaEvent::new(number, "msg_1", 0_u64, 0_u64, text);
///     encoder.encode(&event.into(), &mut out)?;
/// }
/// assert!(out.ends_with(br#""content_index":0,"delta":"lo"}
///
/// "#));
///
/// let bad = StreamEvent::from_json(br#"{"type":"a\nb"}"#)?;
/// assert!(encoder.encode(&bad, &mut out).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    /// The part that a delta was last written for.
    part: Option<Part>,
}

impl Encoder {
    /// An encoder for one stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an event, as [`encode_event`] does.
    ///
    /// # Errors
    /// Those of [`encode_event`]; `out` is then unchanged.
    pub fn encode(&mut self, event: &StreamEvent, out: &mut BytesMut) -> Result<(), EncodeError> {
        let start = out.len();
        let Some(delta) = event.as_delta().filter(is_plain) else {
            return encode_event(event, out);
        };
        self.delta(&delta, out).map_err(|error| {
            out.truncate(start);
            error.into()
        })
    }

    fn delta(&mut self, delta: &DeltaEvent<'_>, out: &mut BytesMut) -> core::fmt::Result {
        let part = match &mut self.part {
            Some(part) if part.is_of(delta) => part,
            part => part.insert(Part::new(delta)?),
        };
        out.reserve(TYPICAL + delta.delta.len());
        out.extend_from_slice(part.head.as_bytes());
        out.extend_from_slice(itoa::Buffer::new().format(delta.sequence_number).as_bytes());
        out.extend_from_slice(part.between.as_bytes());
        json::write_string(out, delta.delta)?;
        if delta.logprobs.is_some_and(|logprobs| !logprobs.is_absent()) {
            out.extend_from_slice(b",\"logprobs\":[]");
        }
        if let Some(Field::Value(padding)) = delta.obfuscation {
            out.extend_from_slice(b",\"obfuscation\":");
            json::write_string(out, padding)?;
        }
        out.extend_from_slice(b"}\n\n");
        Ok(())
    }
}

/// What the deltas of one part share.
#[derive(Clone, Debug)]
struct Part {
    event_type: &'static str,
    item_id: Arc<str>,
    output_index: u64,
    index: Option<u64>,
    /// What stands before the number.
    head: String,
    /// What stands between the number and the text.
    between: String,
}

impl Part {
    fn new(delta: &DeltaEvent<'_>) -> Result<Self, core::fmt::Error> {
        let name = delta.event_type;
        let head = format!("event: {name}\ndata: {{\"type\":\"{name}\",\"sequence_number\":");
        let mut between = String::from(",\"item_id\":");
        json::write_string(&mut between, delta.item_id)?;
        write!(between, ",\"output_index\":{}", delta.output_index)?;
        if let Some((member, index)) = delta.part {
            write!(between, ",\"{member}\":{index}")?;
        }
        between.push_str(",\"delta\":");
        Ok(Self {
            event_type: name,
            item_id: Arc::clone(delta.item_id),
            output_index: delta.output_index,
            index: delta.part.map(|(_, index)| index),
            head,
            between,
        })
    }

    fn is_of(&self, delta: &DeltaEvent<'_>) -> bool {
        // Names of the table: the same text is nearly always at the same address.
        (core::ptr::eq(self.event_type, delta.event_type) || self.event_type == delta.event_type)
            && self.output_index == delta.output_index
            && self.index == delta.part.map(|(_, index)| index)
            && self.item_id == *delta.item_id
    }
}

/// False for deltas with anything out of the ordinary: unknown members, log probabilities, nulls.
fn is_plain(delta: &DeltaEvent<'_>) -> bool {
    let no_logprobs = match delta.logprobs {
        None | Some(Field::Absent) => true,
        Some(Field::Value(logprobs)) => logprobs.is_empty(),
        Some(Field::Null) => false,
    };
    no_logprobs && !matches!(delta.obfuscation, Some(Field::Null)) && delta.extra.is_empty()
}
