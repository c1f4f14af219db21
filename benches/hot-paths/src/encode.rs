//! From events to bytes.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use openresponses_sse::encode::Encoder;
use openresponses_types::StreamEvent;

/// One event as it goes over the wire.
#[must_use]
pub fn encoded(event: &StreamEvent) -> Bytes {
    let mut out = BytesMut::new();
    // A sequencer's events can always be encoded.
    let _ = Encoder::new().encode(event, &mut out);
    out.freeze()
}

/// All events in one buffer.
pub fn one_buffer(events: &[StreamEvent], out: &mut BytesMut) -> usize {
    out.clear();
    let mut encoder = Encoder::new();
    for event in black_box(events) {
        let _ = encoder.encode(event, out);
    }
    black_box(&*out).len()
}

/// Each event as bytes of its own.
#[must_use]
pub fn own_bytes(events: &[StreamEvent]) -> usize {
    let mut encoder = Encoder::new();
    let mut out = BytesMut::new();
    let mut bytes = 0;
    for event in black_box(events) {
        if out.capacity() < 1024 {
            out.reserve(16 * 1024);
        }
        let _ = encoder.encode(event, &mut out);
        bytes += black_box(out.split().freeze()).len();
    }
    bytes
}
