//! A stream on the wire, cut into chunks.

use std::convert::Infallible;

use bytes::Bytes;
use futures_executor::block_on;
use futures_util::{Stream, StreamExt, stream};
use http_body::Frame;
use http_body_util::StreamBody;

/// Chunks that are ready, as a stream.
pub type Chunks = stream::Iter<std::vec::IntoIter<Result<Bytes, Infallible>>>;

/// [`Chunks`] as an HTTP body.
pub type Body = StreamBody<
    stream::Map<Chunks, fn(Result<Bytes, Infallible>) -> Result<Frame<Bytes>, Infallible>>,
>;

/// Cuts `wire` every `size` bytes.
#[must_use]
pub fn cut(wire: &Bytes, size: usize) -> Vec<Bytes> {
    (0..wire.len())
        .step_by(size)
        .map(|at| wire.slice(at..wire.len().min(at + size)))
        .collect()
}

/// Cuts `wire` behind each event, as a server that flushes each sends them.
#[must_use]
pub fn cut_at_events(wire: &Bytes) -> Vec<Bytes> {
    let mut chunks = Vec::new();
    let mut start = 0;
    let mut from = 0;
    while let Some(at) = find(wire.get(from..).unwrap_or_default()) {
        from += at + 2;
        chunks.push(wire.slice(start..from));
        start = from;
    }
    chunks
}

fn find(bytes: &[u8]) -> Option<usize> {
    bytes.windows(2).position(|two| two == b"\n\n")
}

/// The chunks as a stream of bytes.
#[must_use]
pub fn stream_of(chunks: &[Bytes]) -> Chunks {
    let chunks: Vec<_> = chunks.iter().cloned().map(Ok).collect();
    stream::iter(chunks)
}

/// The chunks as an HTTP body.
#[must_use]
pub fn body_of(chunks: &[Bytes]) -> Body {
    StreamBody::new(stream_of(chunks).map(|chunk| chunk.map(Frame::data)))
}

/// Reads a stream to its end and sums the `size` of its items.
pub fn drain<S: Stream>(stream: S, size: impl Fn(S::Item) -> usize) -> usize {
    let mut stream = std::pin::pin!(stream);
    block_on(async {
        let mut sum = 0;
        while let Some(item) = stream.next().await {
            sum += size(item);
        }
        sum
    })
}
