//! From bytes in chunks to frames.

use std::convert::Infallible;
use std::hint::black_box;

use bytes::{Bytes, BytesMut};
use eventsource_stream::Eventsource;
use futures_executor::block_on;
use futures_util::{Stream, StreamExt, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use openresponses_sse::{Decoder, FrameStream};
use sse_core::{SseDecoder, SseEvent};
use sse_stream::SseStream;

use crate::{Case, sample};

type Chunks = stream::Iter<std::vec::IntoIter<Result<Bytes, Infallible>>>;

/// The chunks as a stream of bytes.
pub(super) fn stream_of(chunks: &[Bytes]) -> Chunks {
    let chunks: Vec<_> = chunks.iter().cloned().map(Ok).collect();
    stream::iter(chunks)
}

type Body = StreamBody<
    futures_util::stream::Map<
        Chunks,
        fn(Result<Bytes, Infallible>) -> Result<Frame<Bytes>, Infallible>,
    >,
>;

/// The chunks as an HTTP body.
pub(super) fn body_of(chunks: &[Bytes]) -> Body {
    StreamBody::new(stream_of(chunks).map(|chunk| chunk.map(Frame::data)))
}

pub(super) fn cut(wire: &Bytes, size: usize) -> Vec<Bytes> {
    (0..wire.len())
        .step_by(size)
        .map(|at| wire.slice(at..wire.len().min(at + size)))
        .collect()
}

/// One chunk an event, as a server that flushes each sends them.
fn cut_at_events(wire: &Bytes) -> Vec<Bytes> {
    let mut chunks = Vec::new();
    let mut start = 0;
    for at in memchr::memmem::find_iter(wire, b"\n\n") {
        chunks.push(wire.slice(start..at + 2));
        start = at + 2;
    }
    chunks
}

/// Reads a stream to its end and sums the `size` of its items.
pub(super) fn drain<S: Stream>(stream: S, size: impl Fn(S::Item) -> usize) -> usize {
    let mut stream = std::pin::pin!(stream);
    block_on(async {
        let mut sum = 0;
        while let Some(item) = stream.next().await {
            sum += size(item);
        }
        sum
    })
}

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

fn frames(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut bytes = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
            bytes += frame.data_bytes().len();
        }
    }
    bytes
}

fn texts(chunks: &[Bytes]) -> usize {
    let mut decoder = Decoder::new();
    let mut bytes = 0;
    for chunk in black_box(chunks) {
        let mut input = &chunk[..];
        while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
            bytes += frame.data().map_or(0, str::len);
        }
    }
    bytes
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
        .ours("Decoder", move || frames(chunks))
        .ours("Decoder, UTF-8 checked", move || texts(chunks))
        .ours("FrameStream", move || {
            drain(FrameStream::new(body_of(black_box(chunks))), |frame| {
                frame.map_or(0, |frame| frame.data_bytes().len())
            })
        })
        .peer("sse-core", move || sse_core(chunks))
        .peer("sse-stream", move || {
            drain(SseStream::new(body_of(black_box(chunks))), |event| {
                event.map_or(0, |event| event.data.map_or(0, |data| data.len()))
            })
        })
        .peer("sseer", move || {
            let events = sseer::EventStream::new(stream_of(black_box(chunks)));
            drain(events, |event| event.map_or(0, |event| event.data.len()))
        })
        .peer("eventsource-stream", move || {
            drain(stream_of(black_box(chunks)).eventsource(), |event| {
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
        .ours("Decoder", move || frames(chunks))
        .ours("Decoder, UTF-8 checked", move || texts(chunks))
        .peer("sse-stream", move || {
            drain(SseStream::new(body_of(black_box(chunks))), |event| {
                event.map_or(0, |event| event.data.map_or(0, |data| data.len()))
            })
        })
        .peer("sseer", move || {
            let events = sseer::EventStream::new(stream_of(black_box(chunks)));
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
