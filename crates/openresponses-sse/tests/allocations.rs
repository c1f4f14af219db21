//! Allocations of decoding: buffers once, none for a frame.
#![allow(clippy::unwrap_used)]

use std::fmt::Write;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::StreamBody;
use openresponses_sse::{Decoder, FrameStream};

fn transcript(events: usize, line_end: &str, is_split: bool) -> String {
    let mut stream = String::new();
    for number in 0..events {
        let data = if is_split {
            format!("data: {{{line_end}data: ")
        } else {
            "data: {".to_owned()
        };
        write!(
            stream,
            "event: response.output_text.delta{line_end}{data}\"type\":\"response.output_text.delta\",\
             \"sequence_number\":{number},\"item_id\":\"msg_07315d23576898080068e95daa2e34819685fb0a98\",\
             \"output_index\":0,\"content_index\":0,\"delta\":\" a\"}}{line_end}{line_end}"
        )
        .unwrap();
    }
    stream
}

fn allocations(stream: &str, chunk: usize) -> u64 {
    let mut frames = 0;
    let info = allocation_counter::measure(|| {
        let mut decoder = Decoder::new();
        for mut input in stream.as_bytes().chunks(chunk) {
            while let Some(frame) = decoder.next_frame(&mut input).unwrap() {
                assert!(frame.data().unwrap().len() > 100);
                frames += 1;
            }
        }
    });
    assert!(frames >= 500);
    info.count_total
}

#[test]
fn the_decoder_allocates_for_the_stream_not_for_the_frame() {
    for line_end in ["\n", "\r\n", "\r"] {
        for is_split in [false, true] {
            let short = transcript(500, line_end, is_split);
            let long = transcript(5_000, line_end, is_split);
            for chunk in [16 * 1024, 100, 7] {
                let count = allocations(&short, chunk);
                assert!(count <= 12, "{count} in chunks of {chunk}");
                assert_eq!(allocations(&long, chunk), count);
            }
        }
    }
}

#[test]
fn owned_frames_share_their_chunk() {
    let stream = Bytes::from(transcript(500, "\n", false));
    let chunks: Vec<_> = (0..stream.len())
        .step_by(16 * 1024)
        .map(|at| stream.slice(at..stream.len().min(at + 16 * 1024)))
        .map(|chunk| Ok::<_, std::convert::Infallible>(http_body::Frame::data(chunk)))
        .collect();
    let count = chunks.len() as u64;
    let mut frames = FrameStream::new(StreamBody::new(stream::iter(chunks)));
    let mut seen = 0;
    let info = allocation_counter::measure(|| {
        futures_executor::block_on(async {
            while let Some(frame) = frames.next().await {
                assert!(frame.unwrap().data().unwrap().len() > 100);
                seen += 1;
            }
        });
    });
    assert_eq!(seen, 500);
    assert!(
        info.count_total <= 2 * count + 8,
        "{} for {count} chunks",
        info.count_total
    );
}

#[test]
fn a_huge_frame_does_not_stay_in_memory() {
    let huge = format!("data: {}\n\n", "x".repeat(8 << 20));
    let mut decoder = Decoder::new();
    let info = allocation_counter::measure(|| {
        for mut input in huge.as_bytes().chunks(1 << 14) {
            while decoder.next_frame(&mut input).unwrap().is_some() {}
        }
        let mut input: &[u8] = b"data: small\n\n";
        while decoder.next_frame(&mut input).unwrap().is_some() {}
    });
    assert!(info.bytes_current < 64 * 1024, "{}", info.bytes_current);
}
