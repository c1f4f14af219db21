//! Helpers of the integration tests.
#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used
)]

pub mod reference;
pub mod transcripts;

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use http_body_util::StreamBody;
use openresponses_sse::{
    DecodeError, DecodeErrorKind, Decoder, Frame, FrameLimits, FrameStream, StreamError, Tail,
};

/// All content of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub event: Option<String>,
    pub data: String,
    pub last_id: String,
    pub retry: Option<Duration>,
    pub offset: u64,
    pub data_lines: usize,
    pub canonical: Option<String>,
}

/// Everything that a decoder reports about a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub events: Vec<Event>,
    pub error: Option<(DecodeErrorKind, u64)>,
    pub tail: Option<(u64, String)>,
    pub last_id: String,
    pub retry: Option<Duration>,
}

/// Bytes as text that keeps them apart.
pub fn text(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}

impl From<Frame<'_>> for Event {
    fn from(frame: Frame<'_>) -> Self {
        assert_eq!(
            frame.data().is_ok(),
            std::str::from_utf8(frame.data_bytes()).is_ok()
        );
        Self {
            event: frame.event_bytes().map(text),
            data: text(frame.data_bytes()),
            last_id: text(frame.last_id()),
            retry: frame.retry(),
            offset: frame.offset(),
            data_lines: frame.data_lines(),
            canonical: frame.canonical().map(text),
        }
    }
}

impl Outcome {
    fn end(&mut self, error: Option<DecodeError>, tail: Tail<'_>) {
        self.error = error.map(|error| (error.kind(), error.offset()));
        self.tail = match (error, tail) {
            (None, Tail::Incomplete { offset, bytes }) => Some((offset, text(bytes))),
            _ => None,
        };
    }

    pub fn data(&self) -> Vec<&str> {
        self.events
            .iter()
            .map(|event| event.data.as_str())
            .collect()
    }
}

/// Decodes chunks with a [`Decoder`].
pub fn borrowed<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, limits: FrameLimits) -> Outcome {
    let mut decoder = Decoder::with_limits(limits);
    let mut outcome = Outcome::default();
    let mut error = None;
    for mut input in chunks {
        while error.is_none() {
            match decoder.next_frame(&mut input) {
                Ok(Some(frame)) => outcome.events.push(frame.into()),
                Ok(None) => break,
                Err(found) => error = Some(found),
            }
        }
    }
    outcome.end(error, decoder.tail());
    outcome.last_id = text(decoder.last_id());
    outcome.retry = decoder.retry();
    outcome
}

/// Decodes chunks with a [`FrameStream`], keeping all its frames until the end.
pub fn owned<'a>(chunks: impl IntoIterator<Item = &'a [u8]>, limits: FrameLimits) -> Outcome {
    let body: Vec<_> = chunks
        .into_iter()
        .map(|chunk| {
            Ok::<_, std::convert::Infallible>(http_body::Frame::data(Bytes::copy_from_slice(chunk)))
        })
        .collect();
    let mut frames = FrameStream::with_limits(StreamBody::new(stream::iter(body)), limits);
    let mut outcome = Outcome::default();
    let mut error = None;
    let mut kept = Vec::new();
    futures_executor::block_on(async {
        while let Some(next) = frames.next().await {
            match next {
                Ok(frame) => kept.push(frame),
                Err(StreamError::Decode(found)) => error = Some(found),
                Err(other) => unreachable!("{other}"),
            }
        }
    });
    for frame in kept {
        assert_eq!(frame.shared_data(), frame.data_bytes());
        assert_eq!(frame.canonical().as_deref(), frame.as_frame().canonical());
        outcome.events.push(frame.as_frame().into());
    }
    outcome.end(error, frames.tail());
    outcome.last_id = text(frames.last_id());
    outcome.retry = frames.retry();
    outcome
}

/// Decodes the whole stream as one chunk.
pub fn decode(stream: &[u8]) -> Outcome {
    borrowed([stream], FrameLimits::new())
}

/// Checks that every way of cutting in two, and byte by byte, gives the same as no cut.
pub fn assert_cuts_do_not_matter(stream: &[u8], limits: FrameLimits) -> Outcome {
    let whole = borrowed([stream], limits);
    assert_eq!(owned([stream], limits), whole, "owned, whole");
    assert_eq!(borrowed(stream.chunks(1), limits), whole, "byte by byte");
    assert_eq!(
        owned(stream.chunks(1), limits),
        whole,
        "owned, byte by byte"
    );
    for at in 0..=stream.len() {
        let (left, right) = stream.split_at(at);
        assert_eq!(borrowed([left, right], limits), whole, "cut at {at}");
        assert_eq!(owned([left, right], limits), whole, "owned, cut at {at}");
        assert_eq!(borrowed([left, b"", right], limits), whole, "gap at {at}");
    }
    whole
}
