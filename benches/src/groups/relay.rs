//! From an upstream's frames to the client's.

use std::hint::black_box;

use bytes::Bytes;
use openresponses_hot_paths::relay::{self, Sent};
use openresponses_types::relay::RelayMode;

use crate::{Case, sample};

/// How many deltas the long stream has: the frames that are sent as they came, nearly alone.
const LONG: usize = 20_000;

fn case(name: &'static str, frames: Vec<Sent>) -> Case {
    let frames: &'static [Sent] = Vec::leak(frames);
    Case::new("relay", name, frames.len())
        .limit("memcpy into Bytes", move || {
            let copy = |(_, data): &Sent| black_box(Bytes::copy_from_slice(data)).len();
            black_box(frames).iter().map(copy).sum()
        })
        .ours("Relay, Repair", move || {
            relay::relay(frames, RelayMode::Repair)
        })
        .ours("Relay, Enforce", move || {
            relay::relay(frames, RelayMode::Enforce)
        })
}

/// The cases of the group.
pub(super) fn cases() -> Vec<Case> {
    let long = sample::events_of(&sample::response(), &sample::long_deltas(LONG));
    vec![
        case("a whole stream", relay::frames()),
        case("a stream of 20,000 deltas", relay::frames_of(&long)),
    ]
}
