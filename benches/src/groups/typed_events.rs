//! From bytes in chunks to typed events.

use std::hint::black_box;

use async_openai::types::responses::ResponseStreamEvent;
use bytes::Bytes;
use eventsource_stream::Eventsource;
use openresponses_hot_paths::chunks::{body_of, cut, drain, stream_of};
use openresponses_hot_paths::decode;
use openresponses_sse::Decoder;
use serde::de::IgnoredAny;
use sse_stream::SseStream;

use crate::{Case, plain, sample};

fn ignored(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut events = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
            let event = serde_json::from_slice::<IgnoredAny>(frame.data_bytes());
            events += usize::from(black_box(event).is_ok());
        }
    }
    events
}

pub(super) fn cases() -> Vec<Case> {
    let wire = sample::wire();
    let events = memchr::memmem::find_iter(&wire, b"\n\n").count();
    let chunks: &'static [Bytes] = Vec::leak(cut(&wire, 16 * 1024));
    vec![
        Case::new("typed_events", "chunks of 16 KiB", events)
            .limit("frames and IgnoredAny", move || ignored(chunks))
            .ours("Decoder and StreamEvent", move || decode::events(chunks))
            .ours("Decoder and EventReader", move || {
                decode::read_events(chunks)
            })
            .ours("Decoder and EventReader, events given back", move || {
                decode::reread_events(chunks)
            })
            .ours("EventStream", move || decode::event_stream(chunks))
            .peer("sse-stream and a plain derive", move || {
                drain(SseStream::new(body_of(black_box(chunks))), |event| {
                    let data = event.ok().and_then(|event| event.data).unwrap_or_default();
                    let event = serde_json::from_str::<plain::StreamEvent>(&data);
                    usize::from(black_box(event).is_ok())
                })
            })
            .peer("eventsource-stream and async-openai", move || {
                drain(stream_of(black_box(chunks)).eventsource(), |event| {
                    let data = event.map(|event| event.data).unwrap_or_default();
                    let event = serde_json::from_str::<ResponseStreamEvent>(&data);
                    usize::from(black_box(event).is_ok())
                })
            }),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_subject_reads_the_events() {
        for mut case in cases() {
            for subject in &mut case.subjects {
                let read = (subject.run)();
                // The end mark is no event; async-openai wants members that are optional here.
                assert!(read >= sample::DELTAS, "{}: {read}", subject.name);
            }
        }
    }
}
