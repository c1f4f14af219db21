//! From an upstream's frames to the client's.

use std::hint::black_box;

use bytes::Bytes;
use openresponses_types::StreamEvent;
use openresponses_types::relay::{Frame, Relay, RelayMode, RelayOptions, Relayed};

use crate::sample;

/// The name and the data of a frame.
pub type Sent = (String, Bytes);

/// The whole sample stream.
#[must_use]
pub fn frames() -> Vec<Sent> {
    frames_of(&sample::events())
}

/// A stream of events.
#[must_use]
pub fn frames_of(events: &[StreamEvent]) -> Vec<Sent> {
    let frame = |event: &StreamEvent| (event.event_type().to_owned(), Bytes::from(event.to_json()));
    events.iter().map(frame).collect()
}

/// Relays a stream. Returns the bytes of the frames that went through as they came, and the number
/// of the events that were written.
#[must_use]
pub fn relay(frames: &[Sent], mode: RelayMode) -> usize {
    let mut client = sample::sequencer(sample::response());
    client.start();
    let mut relay = Relay::new(RelayOptions::new(mode));
    let mut count = 0;
    while client.pop().is_some() {
        count += 1;
    }
    for (name, data) in black_box(frames) {
        let frame = Frame::new(data).name(Some(name)).verbatim(true);
        match relay.push(frame, &mut client) {
            Relayed::AsItCame => count += data.len(),
            Relayed::Queued => {}
        }
        while let Some(event) = client.pop() {
            black_box(event);
            count += 1;
        }
    }
    relay.end(&mut client);
    client.conclude();
    count
}
