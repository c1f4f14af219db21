//! From an upstream's frames to the client's.

use std::hint::black_box;

use bytes::Bytes;
use openresponses_hot_paths::relay::{self, Sent};
use openresponses_types::relay::RelayMode;

use crate::Case;

/// The cases of the group.
pub(super) fn cases() -> Vec<Case> {
    let frames: &'static [Sent] = Vec::leak(relay::frames());
    let case = Case::new("relay", "a whole stream", frames.len())
        .limit("memcpy into Bytes", move || {
            let copy = |(_, data): &Sent| black_box(Bytes::copy_from_slice(data)).len();
            black_box(frames).iter().map(copy).sum()
        })
        .ours("Relay, Repair", move || {
            relay::relay(frames, RelayMode::Repair)
        })
        .ours("Relay, Enforce", move || {
            relay::relay(frames, RelayMode::Enforce)
        });
    vec![case]
}
