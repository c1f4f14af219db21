use core::fmt::Write;
use std::sync::Arc;

use bytes::BytesMut;
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
/// use openresponses_types::{ResponseOutputTextDeltaEvent, StreamEvent};
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
        let Some(delta) = Delta::of(event) else {
            return encode_event(event, out);
        };
        self.delta(&delta, out).map_err(|error| {
            out.truncate(start);
            error.into()
        })
    }

    fn delta(&mut self, delta: &Delta<'_>, out: &mut BytesMut) -> core::fmt::Result {
        let part = match &mut self.part {
            Some(part) if part.is_of(delta) => part,
            part => part.insert(Part::new(delta)?),
        };
        out.reserve(TYPICAL + delta.text.len());
        out.extend_from_slice(delta.kind.head());
        out.extend_from_slice(itoa::Buffer::new().format(delta.number).as_bytes());
        out.extend_from_slice(part.between.as_bytes());
        json::write_string(out, delta.text)?;
        if delta.has_logprobs {
            out.extend_from_slice(b",\"logprobs\":[]");
        }
        if let Some(padding) = delta.obfuscation {
            out.extend_from_slice(b",\"obfuscation\":");
            json::write_string(out, padding)?;
        }
        out.extend_from_slice(b"}\n\n");
        Ok(())
    }
}

#[derive(Clone, Debug)]
struct Part {
    kind: Kind,
    item_id: Arc<str>,
    output_index: u64,
    index: u64,
    /// What stands between the number and the text.
    between: String,
}

impl Part {
    fn new(delta: &Delta<'_>) -> Result<Self, core::fmt::Error> {
        let mut between = String::from(",\"item_id\":");
        json::write_string(&mut between, delta.item_id)?;
        write!(between, ",\"output_index\":{}", delta.output_index)?;
        if let Some(key) = delta.kind.index_key() {
            write!(between, ",\"{key}\":{}", delta.index)?;
        }
        between.push_str(",\"delta\":");
        Ok(Self {
            kind: delta.kind,
            item_id: Arc::clone(delta.item_id),
            output_index: delta.output_index,
            index: delta.index,
            between,
        })
    }

    fn is_of(&self, delta: &Delta<'_>) -> bool {
        self.kind == delta.kind
            && self.output_index == delta.output_index
            && self.index == delta.index
            && self.item_id == *delta.item_id
    }
}

/// A delta event without anything out of the ordinary.
struct Delta<'a> {
    kind: Kind,
    number: u64,
    item_id: &'a Arc<str>,
    output_index: u64,
    index: u64,
    text: &'a str,
    has_logprobs: bool,
    obfuscation: Option<&'a str>,
}

impl<'a> Delta<'a> {
    /// Nothing for any other event: unknown members, real log probabilities and nulls included.
    fn of(event: &'a StreamEvent) -> Option<Self> {
        macro_rules! delta {
            ($kind:ident, $event:ident, $index:expr, $has_logprobs:expr) => {
                Self {
                    kind: Kind::$kind,
                    number: $event.sequence_number,
                    item_id: &$event.item_id,
                    output_index: $event.output_index,
                    index: $index,
                    text: &$event.delta,
                    has_logprobs: $has_logprobs,
                    obfuscation: match &$event.obfuscation {
                        Field::Absent => None,
                        Field::Value(padding) => Some(padding),
                        Field::Null => return None,
                    },
                }
            };
        }
        let (delta, extra) = match event {
            StreamEvent::OutputTextDelta(event) => {
                let has_logprobs = match &event.logprobs {
                    Field::Absent => false,
                    Field::Value(logprobs) if logprobs.is_empty() => true,
                    _ => return None,
                };
                let delta = delta!(OutputText, event, event.content_index, has_logprobs);
                (delta, &event.extra)
            }
            StreamEvent::ReasoningDelta(event) => {
                let delta = delta!(Reasoning, event, event.content_index, false);
                (delta, &event.extra)
            }
            StreamEvent::ReasoningSummaryTextDelta(event) => {
                let delta = delta!(Summary, event, event.summary_index, false);
                (delta, &event.extra)
            }
            StreamEvent::FunctionCallArgumentsDelta(event) => {
                (delta!(Arguments, event, 0, false), &event.extra)
            }
            _ => return None,
        };
        extra.is_empty().then_some(delta)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OutputText,
    Reasoning,
    Summary,
    Arguments,
}

impl Kind {
    /// What stands before the number.
    const fn head(self) -> &'static [u8] {
        macro_rules! head {
            ($name:literal) => {
                concat!(
                    "event: ",
                    $name,
                    "\ndata: {\"type\":\"",
                    $name,
                    "\",\"sequence_number\":"
                )
                .as_bytes()
            };
        }
        match self {
            Self::OutputText => head!("response.output_text.delta"),
            Self::Reasoning => head!("response.reasoning.delta"),
            Self::Summary => head!("response.reasoning_summary_text.delta"),
            Self::Arguments => head!("response.function_call_arguments.delta"),
        }
    }

    /// The name of the member that holds the part's index.
    const fn index_key(self) -> Option<&'static str> {
        match self {
            Self::OutputText | Self::Reasoning => Some("content_index"),
            Self::Summary => Some("summary_index"),
            Self::Arguments => None,
        }
    }
}
