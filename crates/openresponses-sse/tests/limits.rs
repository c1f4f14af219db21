//! Bounds on lines and frames, and the cost of large frames.

mod common;

use common::{borrowed, owned};
use openresponses_sse::{DecodeErrorKind, Decoder, FrameLimits};

const LINE: DecodeErrorKind = DecodeErrorKind::LineTooLong;
const FRAME: DecodeErrorKind = DecodeErrorKind::FrameTooLong;

fn error(stream: &str, limits: FrameLimits) -> Option<(DecodeErrorKind, u64)> {
    let whole = borrowed([stream.as_bytes()], limits);
    assert_eq!(borrowed(stream.as_bytes().chunks(1), limits), whole);
    assert_eq!(owned(stream.as_bytes().chunks(3), limits), whole);
    whole.error
}

#[test]
fn a_line_may_be_exactly_as_long_as_the_limit() {
    let limits = FrameLimits::new().line(8);
    assert_eq!(error("data: 12\r\n\r\ndata: 12\n\n", limits), None);
    assert_eq!(error("data: 12\n\ndata: 123\n\n", limits), Some((LINE, 10)));
    assert_eq!(error("event: e\ndata: 123", limits), Some((LINE, 9)));
    assert_eq!(error(": comment\n", limits), Some((LINE, 0)));
    assert_eq!(error("data: 1\n\n\n\n\n\n\n\n\n\n\n\n", limits), None);
}

#[test]
fn a_frame_may_be_exactly_as_long_as_the_limit() {
    let limits = FrameLimits::new().frame(17);
    assert_eq!(
        error("event: e\ndata: 12\n\n: comment\ndata: 1\n\n", limits),
        None
    );
    assert_eq!(error("event: e\ndata: 123\n\n", limits), Some((FRAME, 0)));
    assert_eq!(
        error("\n: c\nevent: e\ndata: 123", limits),
        Some((FRAME, 5))
    );
    // Line by line within the limit, together not.
    assert_eq!(error(&"data\n".repeat(9), limits), Some((FRAME, 0)));
    // What is dropped does not add up.
    assert_eq!(error(&": 12345\n".repeat(50), limits), None);
    assert_eq!(error(&"event: e\n\n".repeat(50), limits), None);
}

#[test]
fn the_limit_that_is_met_first_is_named() {
    let limits = FrameLimits::new().line(10).frame(12);
    assert_eq!(error("data: 1234567890\n\n", limits), Some((LINE, 0)));
    assert_eq!(
        error("data: 1\ndata: 1234567890\n\n", limits),
        Some((FRAME, 0))
    );
}

#[test]
fn an_exceeded_limit_ends_the_decoding() {
    let mut decoder = Decoder::with_limits(FrameLimits::new().line(8));
    let mut input: &[u8] = b"data: 1\n\ndata: too long\n\ndata: 2\n\n";
    assert!(decoder.next_frame(&mut input).unwrap().is_some());
    let first = decoder.next_frame(&mut input).unwrap_err();
    let mut fresh: &[u8] = b"data: 3\n\n";
    assert_eq!(decoder.next_frame(&mut fresh).unwrap_err(), first);
    assert_eq!(
        first.to_string(),
        "a line of the event stream is too long (at byte 9)"
    );
}

#[test]
fn an_excess_is_found_before_it_is_buffered() {
    let mut decoder = Decoder::with_limits(FrameLimits::new().frame(1 << 20));
    let chunk = vec![b'x'; 1 << 14];
    let mut fed = 0;
    let error = loop {
        match decoder.next_frame(&mut &chunk[..]) {
            Ok(frame) => assert!(frame.is_none()),
            Err(error) => break error,
        }
        fed += chunk.len();
    };
    assert_eq!(fed, 1 << 20);
    assert_eq!(error.kind(), FRAME);
}

#[test]
fn large_frames_pass_in_small_chunks() {
    // 33 MiB in 16 KiB chunks: quadratic work would take minutes.
    let data = "x".repeat(33 << 20);
    let stream = format!("event: big\ndata: {data}\n\ndata: {data}\ndata: y\n\ndata: [DONE]\n\n");
    let mut decoder = Decoder::new();
    let mut sizes = Vec::new();
    for mut input in stream.as_bytes().chunks(1 << 14) {
        while let Some(frame) = decoder.next_frame(&mut input).unwrap() {
            sizes.push(frame.data_bytes().len());
        }
    }
    assert_eq!(sizes, [data.len(), data.len() + 2, 6]);
    assert!(decoder.tail().is_clean());
}
