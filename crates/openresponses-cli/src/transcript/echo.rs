//! Reads a stream and writes it again.

use std::error::Error;

use bytes::BytesMut;
use openresponses_sse::{Decoder, Tail, encode};

use super::reading::has_field;

/// Returns the stream in this project's format: one `event` and one `data` line for each event.
pub(crate) fn echo(bytes: &[u8]) -> Result<BytesMut, Box<dyn Error>> {
    let mut decoder = Decoder::new();
    let mut out = BytesMut::new();
    let mut input = bytes;
    while let Some(frame) = decoder.next_frame(&mut input)? {
        if frame.is_done() {
            out.extend_from_slice(encode::DONE);
            continue;
        }
        let event = frame
            .to_event()
            .map_err(|error| format!("{error}: {}", error.violation()))?;
        encode::encode_event(&event, &mut out)?;
    }
    match decoder.tail() {
        Tail::Incomplete { bytes, .. } if has_field(bytes) => {
            Err("the stream ends inside an event".into())
        }
        _ => Ok(out),
    }
}
