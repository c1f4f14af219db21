//! From bytes in chunks to frames.

use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use eventsource_stream::Eventsource;
use http_body_util::BodyExt;
use openresponses_hot_paths::chunks::{body_of, cut, cut_at_events, drain};
use openresponses_hot_paths::decode;
use sse_core::{SseDecoder, SseEvent};
use sse_stream::SseStream;

use crate::{Case, sample};

fn scan(chunks: &[Bytes]) -> usize {
    let mut lines = 0;
    for chunk in black_box(chunks) {
        let mut rest = &chunk[..];
        while let Some(at) = memchr::memchr(b'\n', rest) {
            lines += 1;
            rest = &rest[at + 1..];
        }
    }
    lines
}

fn sse_core(chunks: &[Bytes]) -> usize {
    let mut decoder = SseDecoder::new();
    let mut bytes = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Some(Ok(event)) = decoder.next(&mut input) {
            if let SseEvent::Message(message) = event {
                bytes += message.data.len();
            }
        }
    }
    bytes
}

fn chat(name: &str, wire: &Bytes, chunks: Vec<Bytes>) -> Case {
    let events = memchr::memmem::find_iter(wire, b"\n\n").count();
    let chunks: &'static [Bytes] = Vec::leak(chunks);
    Case::new("sse_decode", name, events)
        .limit("memchr scan", move || scan(chunks))
        .limit("a body, polled", move || {
            drain(body_of(black_box(chunks)).into_data_stream(), |chunk| {
                black_box(chunk).map_or(0, |chunk| chunk.len())
            })
        })
        .ours("Decoder", move || decode::frames(chunks))
        .ours("Decoder, UTF-8 checked", move || decode::texts(chunks))
        .ours("FrameStream", move || decode::frame_stream(chunks))
        .peer("sse-core", move || sse_core(chunks))
        .peer("sse-stream", move || {
            drain(SseStream::new(body_of(black_box(chunks))), |event| {
                event.map_or(0, |event| event.data.map_or(0, |data| data.len()))
            })
        })
        .peer("sseer", move || {
            let events = sseer::EventStream::new(body_of(black_box(chunks)).into_data_stream());
            drain(events, |event| event.map_or(0, |event| event.data.len()))
        })
        .peer("eventsource-stream", move || {
            let events = body_of(black_box(chunks)).into_data_stream();
            drain(events.eventsource(), |event| {
                event.map_or(0, |event| event.data.len())
            })
        })
}

fn large() -> Case {
    let wire = Bytes::from(format!(
        "event: response.output_text.done\ndata: {}\n\n",
        "x".repeat(1 << 20)
    ));
    let chunks: &'static [Bytes] = Vec::leak(cut(&wire, 16 * 1024));
    Case::new("sse_decode", "one event of 1 MiB", 1)
        .limit("memcpy", move || {
            let mut gathered = BytesMut::new();
            for chunk in black_box(chunks) {
                gathered.extend_from_slice(chunk);
            }
            black_box(&gathered).len()
        })
        .ours("Decoder", move || decode::frames(chunks))
        .ours("Decoder, UTF-8 checked", move || decode::texts(chunks))
        .ours("FrameStream", move || decode::frame_stream(chunks))
        .peer("sse-stream", move || {
            drain(SseStream::new(body_of(black_box(chunks))), |event| {
                event.map_or(0, |event| event.data.map_or(0, |data| data.len()))
            })
        })
        .peer("sseer", move || {
            let events = sseer::EventStream::new(body_of(black_box(chunks)).into_data_stream());
            drain(events, |event| event.map_or(0, |event| event.data.len()))
        })
}

pub(super) fn cases() -> Vec<Case> {
    let wire = sample::wire();
    vec![
        chat("a chunk an event", &wire, cut_at_events(&wire)),
        chat("chunks of 1460 B", &wire, cut(&wire, 1460)),
        chat("chunks of 16 KiB", &wire, cut(&wire, 16 * 1024)),
        chat("chunks of 7 B", &wire, cut(&wire, 7)),
        chat("chunks of 1 B", &wire, cut(&wire, 1)),
        large(),
    ]
}
