use bytes::BytesMut;
use openresponses_types::event::{DeltaEvent, PrintedTexts};
use openresponses_types::{Field, StreamEvent, json};

use super::EncodeError;
use super::event::encode_with;
use super::template::Template;

/// Room for what follows the text of a delta, with padding as this project's servers add it.
const TAIL: usize = 128;

/// Encodes the events of one stream, fast.
///
/// Deltas are most of a stream, and those of one part differ in their number and text only. So
/// the encoder keeps what the last one shares with the next, and copies it instead of printing it
/// again. It keeps long texts, too, as they were printed delta by delta, for the events that repeat
/// them in whole. What it writes is byte for byte what [`encode_event`](super::encode_event) writes.
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
    /// Of the part that a delta was last written for.
    template: Option<Template>,
    texts: PrintedTexts,
}

impl Encoder {
    /// Creates an encoder for one stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends an event, as [`encode_event`](super::encode_event) does.
    ///
    /// # Errors
    /// Those of [`encode_event`](super::encode_event); `out` is then unchanged.
    #[inline]
    pub fn encode(&mut self, event: &StreamEvent, out: &mut BytesMut) -> Result<(), EncodeError> {
        let start = out.len();
        match event.as_delta() {
            Some(delta) if is_plain(&delta) => self.delta(&delta, out).map_err(|error| {
                out.truncate(start);
                error.into()
            }),
            _ => encode_with(event, &self.texts, out),
        }
    }

    #[inline]
    fn delta(&mut self, delta: &DeltaEvent<'_>, out: &mut BytesMut) -> core::fmt::Result {
        let template = match &mut self.template {
            Some(template) if template.is_of(delta) => template,
            template => {
                self.texts.begin_text();
                template.insert(Template::new(delta)?)
            }
        };
        let prefix = template.prefix(delta.sequence_number);
        out.reserve(prefix.len() + delta.delta.len() + TAIL);
        out.extend_from_slice(prefix);
        template.count_up();
        self.texts.print_delta(delta.delta, out)?;
        let has_logprobs = delta.logprobs.is_some_and(|logprobs| !logprobs.is_absent());
        let Some(Field::Value(padding)) = delta.obfuscation else {
            out.extend_from_slice(match has_logprobs {
                true => b"\",\"logprobs\":[]}\n\n",
                false => b"\"}\n\n",
            });
            return Ok(());
        };
        out.extend_from_slice(match has_logprobs {
            true => b"\",\"logprobs\":[],\"obfuscation\":\"",
            false => b"\",\"obfuscation\":\"",
        });
        json::write_escaped(out, padding)?;
        out.extend_from_slice(b"\"}\n\n");
        Ok(())
    }
}

/// Returns false for deltas with anything out of the ordinary: unknown members, log probabilities,
/// nulls.
#[inline]
fn is_plain(delta: &DeltaEvent<'_>) -> bool {
    let no_logprobs = match delta.logprobs {
        None | Some(Field::Absent) => true,
        Some(Field::Value(logprobs)) => logprobs.is_empty(),
        Some(Field::Null) => false,
    };
    no_logprobs && !matches!(delta.obfuscation, Some(Field::Null)) && delta.extra.is_empty()
}
