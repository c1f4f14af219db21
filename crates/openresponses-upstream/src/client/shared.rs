use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::client::conn::http2::{Builder, Connection, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::time::Instant;

use super::connect::Io;
use super::error::ClientError;

/// An HTTP/2 connection, which requests share. Clones are one connection.
#[derive(Clone)]
pub(super) struct Shared {
    sender: SendRequest<Full<Bytes>>,
    streams: Arc<Streams>,
}

type Running = Pin<Box<Connection<Io, Full<Bytes>, TokioExecutor>>>;

/// The streams of a connection.
struct Streams {
    running: AtomicUsize,
    /// What knows how many the server takes at once, until it is over.
    connection: Mutex<Option<Running>>,
    /// When the last one ended.
    used: Mutex<Instant>,
}

/// The place of one stream, until its answer is over.
pub(super) struct Stream(Arc<Streams>);

impl Shared {
    /// Makes a connection, which a task runs. It ends when the pool and the last body let go of it.
    pub(super) async fn new(io: Io, ping_after: Option<Duration>) -> Result<Self, ClientError> {
        let mut builder = Builder::new(TokioExecutor::new());
        // A flow that a router has dropped shows no end.
        if let Some(silence) = ping_after {
            builder
                .timer(TokioTimer::new())
                .keep_alive_interval(silence)
                .keep_alive_timeout(silence);
        }
        let handshake = builder.handshake(io).await;
        let (sender, connection) = handshake.map_err(ClientError::Http)?;
        let streams = Arc::new(Streams {
            running: AtomicUsize::new(0),
            connection: Mutex::new(Some(Box::pin(connection))),
            used: Mutex::new(Instant::now()),
        });
        let known = Arc::clone(&streams);
        tokio::spawn(async move {
            if let Err(error) = poll_fn(|cx| known.poll(cx)).await {
                tracing::debug!(%error, "an HTTP/2 connection to an upstream broke");
            }
        });
        Ok(Self { sender, streams })
    }

    /// Returns what sends a request.
    pub(super) fn sender(&mut self) -> &mut SendRequest<Full<Bytes>> {
        &mut self.sender
    }

    /// Takes the place of a stream, if the server takes one more at once. Beyond that, requests would
    /// wait for the end of others.
    pub(super) fn stream(&self) -> Option<Stream> {
        let limit = self.streams.limit();
        let one_more = |running: usize| (running < limit).then_some(running + 1);
        let running = &self.streams.running;
        let taken = running.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more);
        taken.ok().map(|_| Stream(Arc::clone(&self.streams)))
    }

    /// Takes the place of the first stream of a connection, whatever the server takes.
    pub(super) fn first_stream(&self) -> Stream {
        self.streams.running.fetch_add(1, Ordering::Relaxed);
        Stream(Arc::clone(&self.streams))
    }

    /// Returns true for a connection that can be used: it is open, and in use or unused for less
    /// than `keep`.
    pub(super) fn is_kept(&self, keep: Duration) -> bool {
        let is_used = || self.streams.running.load(Ordering::Relaxed) > 0;
        !self.sender.is_closed() && (is_used() || self.streams.used().elapsed() < keep)
    }

    /// Returns true for the same connection.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.streams, &other.streams)
    }
}

impl Streams {
    /// Runs the connection.
    fn poll(&self, cx: &mut Context<'_>) -> Poll<Result<(), hyper::Error>> {
        let mut connection = lock(&self.connection);
        let Some(running) = connection.as_mut() else {
            return Poll::Ready(Ok(()));
        };
        let ended = running.as_mut().poll(cx);
        if ended.is_ready() {
            *connection = None;
        }
        ended
    }

    /// Returns how many streams the server takes at once.
    fn limit(&self) -> usize {
        let connection = lock(&self.connection);
        connection
            .as_ref()
            .map_or(0, |running| running.current_max_send_streams())
    }

    fn used(&self) -> Instant {
        *lock(&self.used)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        *lock(&self.0.used) = Instant::now();
        self.0.running.fetch_sub(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("running", &self.streams.running)
            .finish_non_exhaustive()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
