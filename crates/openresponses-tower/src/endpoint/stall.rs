//! Ends the streams of clients that do not read them.
//!
//! The body of such a response is not polled, so it cannot keep time itself. One task looks after
//! all streams of an endpoint while there are any.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};

use crate::body_time::STALL_RATE;
use crate::error::{Error, ErrorKind};
use crate::turn::ActiveTurn;

/// The looks in the time of one limit.
const LOOKS: u32 = 4;

/// The streams of an endpoint.
pub(crate) struct Stalls {
    limit: Option<Duration>,
    watched: Mutex<Watched>,
}

#[derive(Default)]
struct Watched {
    streams: HashMap<u64, Entry>,
    next: u64,
    /// A task is looking.
    looks: bool,
}

struct Entry {
    shared: Arc<Shared<dyn Stalling>>,
    /// The number of polls at the last change, and when it was seen.
    polls: u64,
    since: Instant,
}

/// What can be ended because its client does not read it.
pub(super) trait Stalling: Send {
    /// Ends with an error, and frees what it holds.
    fn fail(&mut self, error: Error);
}

impl Stalling for ActiveTurn {
    fn fail(&mut self, error: Error) {
        self.fail(error);
    }
}

/// A stream, and how its client reads.
struct Shared<S: ?Sized> {
    polls: AtomicU64,
    /// The bytes that the client was given last. 0 while it waits for more.
    under_way: AtomicU64,
    stream: Mutex<S>,
}

impl Stalls {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            watched: Mutex::default(),
        }
    }

    /// Looks after a stream until its [`Reader`] is dropped.
    pub(super) fn watch<S: Stalling + 'static>(self: &Arc<Self>, stream: S) -> Reader<S> {
        let shared = Arc::new(Shared {
            polls: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
            stream: Mutex::new(stream),
        });
        let entry = Entry {
            shared: Arc::clone(&shared) as Arc<Shared<dyn Stalling>>,
            polls: 0,
            since: Instant::now(),
        };
        let mut watched = self.lock();
        let key = watched.next;
        watched.next += 1;
        if let Some(limit) = self.limit {
            watched.streams.insert(key, entry);
            if !watched.looks
                && let Ok(runtime) = Handle::try_current()
            {
                watched.looks = true;
                runtime.spawn(look(Looking(Arc::clone(self)), limit));
            }
        }
        drop(watched);
        Reader {
            shared,
            key,
            stalls: Arc::clone(self),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Watched> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the streams that stalled for too long. Returns false when there is nothing to look after.
    fn end_stalled(&self, limit: Duration) -> bool {
        let now = Instant::now();
        let mut stalled = Vec::new();
        {
            let mut watched = self.lock();
            if watched.streams.is_empty() {
                watched.looks = false;
                watched.streams = HashMap::new();
                return false;
            }
            for entry in watched.streams.values_mut() {
                if entry.is_late(now, limit) {
                    stalled.push((Arc::clone(&entry.shared), entry.polls));
                }
            }
        }
        for (shared, polls) in stalled {
            let mut stream = shared.lock();
            // Without another poll since, nothing waits for the stream and would have to be woken.
            if shared.polls.load(Ordering::Relaxed) == polls {
                stream.fail(stalled_client());
            }
        }
        true
    }
}

impl Entry {
    fn is_late(&mut self, now: Instant, limit: Duration) -> bool {
        let polls = self.shared.polls.load(Ordering::Relaxed);
        let under_way = self.shared.under_way.load(Ordering::Relaxed);
        if under_way == 0 || polls != self.polls {
            self.polls = polls;
            self.since = now;
            return false;
        }
        let limit = limit.saturating_add(Duration::from_secs(under_way / STALL_RATE));
        now.duration_since(self.since) >= limit
    }
}

/// The task of an endpoint's streams.
struct Looking(Arc<Stalls>);

impl Drop for Looking {
    /// The runtime may end before the streams do.
    fn drop(&mut self) {
        self.0.lock().looks = false;
    }
}

async fn look(looking: Looking, limit: Duration) {
    loop {
        sleep((limit / LOOKS).max(Duration::from_millis(1))).await;
        if !looking.0.end_stalled(limit) {
            return;
        }
    }
}

impl<S: ?Sized> Shared<S> {
    fn lock(&self) -> MutexGuard<'_, S> {
        self.stream.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reading side of a watched stream.
pub(super) struct Reader<S> {
    shared: Arc<Shared<S>>,
    key: u64,
    stalls: Arc<Stalls>,
}

impl<S> Reader<S> {
    /// Returns the events of the stream.
    pub(super) fn events(&self) -> WatchedStream<S> {
        WatchedStream(Arc::clone(&self.shared))
    }

    /// Records that the client wants more.
    pub(super) fn wants_more(&self) {
        self.shared.polls.fetch_add(1, Ordering::Relaxed);
        self.shared.under_way.store(0, Ordering::Relaxed);
    }

    /// Records that the client was given `bytes`.
    pub(super) fn given(&self, bytes: usize) {
        self.shared.under_way.store(bytes as u64, Ordering::Relaxed);
    }
}

impl<S> Drop for Reader<S> {
    fn drop(&mut self) {
        let entry = self.stalls.lock().streams.remove(&self.key);
        drop(entry);
    }
}

/// The events of a watched stream. The lock makes them `Sync`, which the stream of a host's store is
/// not.
pub(super) struct WatchedStream<S>(Arc<Shared<S>>);

impl<S: Stream + Unpin> Stream for WatchedStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        Pin::new(&mut *self.0.lock()).poll_next(cx)
    }
}

fn stalled_client() -> Error {
    Error::new(
        ErrorKind::RequestTimeout,
        "client_stalled",
        "The stream was not read for too long.",
    )
    .param("connection")
}
