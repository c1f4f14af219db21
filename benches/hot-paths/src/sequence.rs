//! From a provider's deltas to events, and to bytes.

use std::hint::black_box;

use bytes::BytesMut;
use openresponses_sse::encode::Encoder;
use openresponses_types::Response;
use openresponses_types::sequence::Delta;

use crate::sample;

/// Sequences deltas. Returns the number of events.
#[must_use]
pub fn events(response: &Response, deltas: &[Delta]) -> usize {
    run(response, deltas, |event| {
        black_box(event);
        1
    })
}

/// Sequences deltas and encodes the events, as a response body does. Returns the number of bytes.
pub fn encoded(response: &Response, deltas: &[Delta], out: &mut BytesMut) -> usize {
    let mut encoder = Encoder::new();
    run(response, deltas, |event| {
        out.clear();
        // A sequencer's events can always be encoded.
        let _ = encoder.encode(&event, out);
        black_box(&*out).len()
    })
}

fn run(
    response: &Response,
    deltas: &[Delta],
    mut count: impl FnMut(openresponses_types::StreamEvent) -> usize,
) -> usize {
    let mut sequencer = sample::sequencer(black_box(response).clone());
    let mut sum = 0;
    sequencer.start();
    for delta in black_box(deltas) {
        sequencer.push(delta.clone());
        while let Some(event) = sequencer.pop() {
            sum += count(event);
        }
    }
    sequencer.conclude();
    while let Some(event) = sequencer.pop() {
        sum += count(event);
    }
    sum
}
