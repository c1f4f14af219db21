//! Making, encoding, decoding and reading a stream of 500 deltas. The throughput counts events.

use std::hint::black_box;

use bytes::BytesMut;
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use openresponses_benches::{plain, sample};
use openresponses_sse::Decoder;
use openresponses_sse::encode::{DONE, Encoder};
use openresponses_types::StreamEvent;

/// How a stream is cut when it comes from a socket.
const CHUNK: usize = 16 * 1024;

/// From what the provider says to what the client gets.
fn encode(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("encode_stream");
    let events = sample::events();
    group.throughput(Throughput::Elements(events.len() as u64));
    group.bench_function("sequence", |bencher| {
        bencher.iter_batched(
            || (sample::sequencer(sample::response()), sample::deltas()),
            |(mut sequencer, deltas)| {
                let mut sink = |event: StreamEvent| drop(black_box(event));
                sequencer.start(&mut sink);
                for delta in deltas {
                    sequencer.push(delta, &mut sink);
                }
                sequencer.conclude(&mut sink);
                sequencer
            },
            BatchSize::SmallInput,
        );
    });
    let mut out = BytesMut::with_capacity(1 << 20);
    group.bench_function("encode", |bencher| {
        bencher.iter(|| {
            out.clear();
            let mut encoder = Encoder::new();
            for event in black_box(&events) {
                let _ = encoder.encode(event, &mut out);
            }
            out.extend_from_slice(DONE);
            out.len()
        });
    });
    group.bench_function("sequence_and_encode", |bencher| {
        bencher.iter_batched(
            || (sample::sequencer(sample::response()), sample::deltas()),
            |(mut sequencer, deltas)| {
                out.clear();
                let mut encoder = Encoder::new();
                let mut sink = |event: StreamEvent| {
                    let _ = encoder.encode(&event, &mut out);
                };
                sequencer.start(&mut sink);
                for delta in deltas {
                    sequencer.push(delta, &mut sink);
                }
                sequencer.conclude(&mut sink);
                sequencer
            },
            BatchSize::SmallInput,
        );
    });
    group.finish();
}

/// Events from their JSON: typed and lossless against plain derives of the same fields.
fn parse(criterion: &mut Criterion) {
    let texts: Vec<String> = sample::events().iter().map(StreamEvent::to_json).collect();
    let mut group = criterion.benchmark_group("parse_stream");
    group.throughput(Throughput::Elements(texts.len() as u64));
    group.bench_function("lossless", |bencher| {
        bencher.iter(|| {
            for text in black_box(&texts) {
                drop(black_box(StreamEvent::from_json(text.as_bytes())));
            }
        });
    });
    group.bench_function("plain_serde", |bencher| {
        bencher.iter(|| {
            for text in black_box(&texts) {
                drop(black_box(serde_json::from_slice::<plain::StreamEvent>(
                    text.as_bytes(),
                )));
            }
        });
    });
    group.finish();
}

/// From bytes as they come to frames, and to typed events.
fn decode(criterion: &mut Criterion) {
    let wire = sample::wire();
    let mut group = criterion.benchmark_group("decode_stream");
    group.throughput(Throughput::Elements(sample::events().len() as u64));
    group.bench_function("frames", |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::new();
            let mut bytes = 0;
            for mut chunk in black_box(&wire).chunks(CHUNK) {
                while let Ok(Some(frame)) = decoder.next_frame(&mut chunk) {
                    bytes += frame.data_bytes().len();
                }
            }
            bytes
        });
    });
    group.bench_function("typed", |bencher| {
        bencher.iter(|| {
            let mut decoder = Decoder::new();
            let mut numbers = 0;
            for mut chunk in black_box(&wire).chunks(CHUNK) {
                while let Ok(Some(frame)) = decoder.next_frame(&mut chunk) {
                    let number = frame
                        .to_event()
                        .ok()
                        .and_then(|event| event.sequence_number());
                    numbers += number.unwrap_or_default();
                }
            }
            numbers
        });
    });
    group.finish();
}

criterion_group!(benches, encode, parse, decode);
criterion_main!(benches);
