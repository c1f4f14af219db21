//! From a provider's deltas to events, and to the bytes of the stream.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use openresponses_hot_paths::{encode, sequence};
use openresponses_types::Response;
use openresponses_types::sequence::Delta;

use super::sse_encode::{axum_json_data, plain_deltas};
use crate::{Case, sample};

/// The cases of the group.
pub(super) fn cases() -> Vec<Case> {
    let events = sample::events();
    let frames: &'static [Bytes] = Vec::leak(events.iter().map(encode::encoded).collect());
    let deltas: &'static [Delta] = Vec::leak(sample::deltas());
    let response: &'static Response = Box::leak(Box::new(sample::response()));
    let plain = plain_deltas(&events);
    let mut out = BytesMut::with_capacity(1 << 20);
    let case = Case::new("sequence", "500 deltas", sample::DELTAS)
        .limit("memcpy into Bytes of the frames", move || {
            let copy = |frame: &Bytes| black_box(Bytes::copy_from_slice(frame)).len();
            black_box(frames).iter().map(copy).sum()
        })
        .ours("Sequencer", move || sequence::events(response, deltas))
        .ours("Sequencer and Encoder", move || {
            sequence::encoded(response, deltas, &mut out)
        })
        .peer("axum json_data, the deltas alone", move || {
            axum_json_data(plain)
        });
    vec![case]
}
