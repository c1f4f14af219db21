//! Ends the streams and large documents of clients that do not read them.
//!
//! The body of such a response is not polled, so it cannot keep time itself. One task looks after
//! all of an endpoint while there are any. After the limit a stream fails, which drops its provider;
//! after twice the limit a turn is dropped with all that its request holds, and its stream ends without
//! a last event.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
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
    shared: Arc<Shared<dyn Abandoned>>,
    /// The number of polls at the last change, and when it was seen.
    polls: u64,
    since: Instant,
}

/// What can be ended because its client does not read it.
pub(super) trait Stalling: Send {
    /// Ends with an error, and drops what makes more of it.
    fn fail(&mut self, error: Error);

    /// Returns true if it holds what its request has claimed after it has failed, too.
    fn holds_after_failure(&self) -> bool {
        false
    }
}

/// What can be dropped in place as well.
trait Abandoned: Stalling {
    fn abandon(&mut self);
}

/// A stream; `None` once it was dropped.
struct Abandonable<S>(Option<S>);

impl<S: Stalling> Stalling for Abandonable<S> {
    fn fail(&mut self, error: Error) {
        if let Some(stream) = &mut self.0 {
            stream.fail(error);
        }
    }

    fn holds_after_failure(&self) -> bool {
        self.0.as_ref().is_some_and(Stalling::holds_after_failure)
    }
}

impl<S: Stalling> Abandoned for Abandonable<S> {
    fn abandon(&mut self) {
        self.0 = None;
    }
}

impl Stalling for ActiveTurn {
    fn fail(&mut self, error: Error) {
        self.fail(error);
    }

    /// The last event has the whole response.
    fn holds_after_failure(&self) -> bool {
        true
    }
}

/// A stream, and how its client reads.
struct Shared<S: ?Sized> {
    polls: AtomicU64,
    /// The bytes that the client was given last. 0 while it waits for more.
    under_way: AtomicU64,
    is_abandoned: AtomicBool,
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
            is_abandoned: AtomicBool::new(false),
            stream: Mutex::new(Abandonable(Some(stream))),
        });
        let entry = Entry {
            shared: Arc::clone(&shared) as Arc<Shared<dyn Abandoned>>,
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
                if let Some(lateness) = entry.lateness(now, limit) {
                    stalled.push((Arc::clone(&entry.shared), entry.polls, lateness));
                }
            }
        }
        for (shared, polls, lateness) in stalled {
            let mut stream = shared.lock();
            // Without another poll since, nothing waits for the stream and would have to be woken.
            if shared.polls.load(Ordering::Relaxed) != polls {
                continue;
            }
            match lateness {
                Lateness::Twice if stream.holds_after_failure() => {
                    shared.is_abandoned.store(true, Ordering::Relaxed);
                    stream.abandon();
                }
                Lateness::Once | Lateness::Twice => stream.fail(stalled_client()),
            }
        }
        true
    }
}

impl Entry {
    /// Returns how late the client is, `None` while it is not.
    fn lateness(&mut self, now: Instant, limit: Duration) -> Option<Lateness> {
        let polls = self.shared.polls.load(Ordering::Relaxed);
        let under_way = self.shared.under_way.load(Ordering::Relaxed);
        // A body that was never polled waits for its client, too.
        let is_waiting = under_way == 0 && polls > 0;
        if is_waiting || polls != self.polls {
            self.polls = polls;
            self.since = now;
            return None;
        }
        let limit = limit.saturating_add(Duration::from_secs(under_way / STALL_RATE));
        let late = now.duration_since(self.since);
        if late >= limit.saturating_mul(2) {
            Some(Lateness::Twice)
        } else {
            (late >= limit).then_some(Lateness::Once)
        }
    }
}

/// How often the limit has passed.
#[derive(Clone, Copy)]
enum Lateness {
    Once,
    Twice,
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
    shared: Arc<Shared<Abandonable<S>>>,
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

    /// Returns true once the stream was dropped, because its client does not read it.
    pub(super) fn is_abandoned(&self) -> bool {
        self.shared.is_abandoned.load(Ordering::Relaxed)
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
pub(super) struct WatchedStream<S>(Arc<Shared<Abandonable<S>>>);

impl<S: Stream + Unpin> Stream for WatchedStream<S> {
    type Item = S::Item;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        match &mut self.0.lock().0 {
            Some(stream) => Pin::new(stream).poll_next(cx),
            None => Poll::Ready(None),
        }
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
