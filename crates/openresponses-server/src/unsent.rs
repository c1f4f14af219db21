//! What a connection has not answered or not sent yet.
//!
//! HTTP/2 keeps what it was given until its client has room for it. A client that answers pings and never
//! has room would keep it, and what its requests have claimed, for ever.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body, Buf, Bytes, Frame, SizeHint};
use tokio::time::{Instant, sleep};

/// The looks in the time of one limit.
const LOOKS: u32 = 4;

/// The requests that a connection answers, and the pieces of data that it has not sent. Clones share the counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unsent(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    pieces: AtomicUsize,
    requests: AtomicUsize,
    /// Changes with every piece that is sent, or a part of it.
    sent: AtomicU64,
}

impl Unsent {
    /// Counts a request until its body, or what is returned here, is dropped.
    pub(crate) fn request(&self) -> Unanswered {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        Unanswered(self.clone())
    }

    /// Resolves when no request was answered and nothing was left to send for so long.
    pub(crate) async fn idle(self, time: Duration) {
        let look = (time / LOOKS).max(Duration::from_millis(1));
        let mut since = Instant::now();
        while since.elapsed() < time {
            sleep(look).await;
            let Counts {
                pieces, requests, ..
            } = &*self.0;
            if pieces.load(Ordering::Relaxed) + requests.load(Ordering::Relaxed) > 0 {
                since = Instant::now();
            }
        }
    }

    /// Resolves when there was something to send for so long, and nothing of it was sent.
    pub(crate) async fn stuck(self, limit: Duration) {
        let look = (limit / LOOKS).max(Duration::from_millis(1));
        let (mut seen, mut since) = (None, Instant::now());
        loop {
            sleep(look).await;
            let pieces = self.0.pieces.load(Ordering::Relaxed);
            let now = (pieces > 0).then(|| self.0.sent.load(Ordering::Relaxed));
            if now.is_none() || now != seen {
                (seen, since) = (now, Instant::now());
            } else if since.elapsed() >= limit {
                return;
            }
        }
    }
}

/// A request that counts until this is dropped.
#[derive(Debug)]
pub(crate) struct Unanswered(Unsent);

impl Unanswered {
    /// Counts the request as long as the body of its answer, and the data of the body until it was sent.
    pub(crate) fn body<B>(self, body: B) -> UnsentBody<B> {
        UnsentBody {
            body,
            request: self,
        }
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        self.0.0.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A body whose data is counted until it was sent.
#[derive(Debug)]
pub(crate) struct UnsentBody<B> {
    body: B,
    request: Unanswered,
}

impl<B: Body<Data = Bytes> + Unpin> Body for UnsentBody<B> {
    type Data = Piece;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Piece>, B::Error>>> {
        let Self { body, request } = &mut *self;
        let frame = Pin::new(body).poll_frame(cx);
        frame.map_ok(|frame| frame.map_data(|data| Piece::new(data, &request.0)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Data that counts as unsent until it is dropped.
#[derive(Debug)]
pub(crate) struct Piece {
    data: Bytes,
    unsent: Unsent,
}

impl Piece {
    fn new(data: Bytes, unsent: &Unsent) -> Self {
        let unsent = unsent.clone();
        unsent.0.pieces.fetch_add(1, Ordering::Relaxed);
        Self { data, unsent }
    }

    fn moved(&self) {
        self.unsent.0.sent.fetch_add(1, Ordering::Relaxed);
    }
}

impl Buf for Piece {
    fn remaining(&self) -> usize {
        self.data.remaining()
    }

    fn chunk(&self) -> &[u8] {
        self.data.chunk()
    }

    fn advance(&mut self, count: usize) {
        self.moved();
        self.data.advance(count);
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        self.moved();
        self.unsent.0.pieces.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(90);

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_sends_nothing_of_what_it_has_is_stuck() {
        let unsent = Unsent::default();
        let mut piece = Piece::new(Bytes::from_static(b"data"), &unsent);
        let stuck = tokio::spawn(unsent.clone().stuck(LIMIT));
        for _ in 0..3 {
            sleep(LIMIT * 3 / 4).await;
            piece.advance(1);
            assert!(!stuck.is_finished());
        }
        sleep(LIMIT * 3 / 2).await;
        assert!(stuck.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_is_idle_some_time_after_its_last_answer() {
        let unsent = Unsent::default();
        let body = unsent.request().body(());
        let piece = Piece::new(Bytes::from_static(b"data"), &unsent);
        let idle = tokio::spawn(unsent.clone().idle(LIMIT));
        sleep(LIMIT * 10).await;
        drop(body);
        sleep(LIMIT * 10).await;
        assert!(!idle.is_finished());
        drop(piece);
        sleep(LIMIT / 2).await;
        assert!(!idle.is_finished());
        sleep(LIMIT).await;
        assert!(idle.is_finished());
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_without_anything_to_send_is_not_stuck() {
        let unsent = Unsent::default();
        drop(Piece::new(Bytes::from_static(b"data"), &unsent));
        let stuck = tokio::spawn(unsent.stuck(LIMIT));
        sleep(LIMIT * 10).await;
        assert!(!stuck.is_finished());
    }
}
