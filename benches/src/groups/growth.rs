//! What a unit costs from the smallest stream and request to the largest.

use bytes::BytesMut;
use openresponses_hot_paths::{encode, parse, sequence};

use crate::{Case, sample};

/// Lengths of streams, in deltas.
const STREAMS: [usize; 3] = [10, 1_000, 100_000];

/// The unit of requests, in bytes.
const KIB: usize = 1024;

/// Sizes of requests, in KiB. The tests, without optimization, make do with less.
const REQUESTS: [usize; 4] = [1, 32, 1024, if cfg!(test) { 2 } else { 30 } * KIB];

fn stream(deltas: usize) -> Case {
    let all = sample::long_deltas(deltas);
    let response = sample::response();
    let frames = sample::events_of(&response, &all);
    let frames: Vec<_> = frames.iter().map(encode::encoded).collect();
    let (mut copied, mut out) = (BytesMut::new(), BytesMut::with_capacity(8 << 20));
    Case::new("growth", format!("a stream of {deltas} deltas"), deltas)
        .limit("memcpy of the frames", move || {
            let mut bytes = 0;
            for frame in &frames {
                copied.clear();
                copied.extend_from_slice(frame);
                bytes += copied.len();
            }
            bytes
        })
        .ours("Sequencer and Encoder", move || {
            sequence::encoded(&response, &all, &mut out)
        })
}

fn request(kib: usize) -> Case {
    let body = sample::messages_request(2 * kib);
    let size = body.len().div_ceil(KIB);
    let copied = body.clone();
    Case::new("growth", format!("a request of {kib} KiB"), size)
        .limit("memcpy", move || copied.clone().len())
        .ours("validated and normalized", move || {
            parse::turn(body.as_bytes())
        })
}

pub(super) fn cases() -> Vec<Case> {
    let streams = STREAMS.into_iter().map(stream);
    streams.chain(REQUESTS.into_iter().map(request)).collect()
}
