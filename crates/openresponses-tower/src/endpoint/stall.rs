//! Ends the turns of clients that do not read their streams.
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

use crate::error::{Error, ErrorKind};
use crate::turn::{ActiveTurn, TurnEvent};

/// The bytes under way that extend the limit by one second.
const RATE: u64 = 4 * 1024;

/// The looks in the time of one limit.
const LOOKS: u32 = 4;

/// The streams of an endpoint.
#[derive(Debug)]
pub(crate) struct Stalls {
    limit: Option<Duration>,
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    streams: HashMap<u64, Entry>,
    next: u64,
    /// A task is looking.
    looks: bool,
}

#[derive(Debug)]
struct Entry {
    shared: Arc<Shared>,
    /// The number of polls at the last change, and when it was seen.
    polls: u64,
    since: Instant,
}

/// A turn, and how its client reads.
#[derive(Debug)]
struct Shared {
    turn: Mutex<ActiveTurn>,
    polls: AtomicU64,
    /// The bytes that the client was given last. 0 while it waits for more.
    under_way: AtomicU64,
}

impl Stalls {
    pub(crate) fn new(limit: Option<Duration>) -> Self {
        Self {
            limit,
            watched: Mutex::default(),
        }
    }

    /// Looks after a turn until its [`Reader`] is dropped.
    pub(super) fn watch(self: &Arc<Self>, turn: ActiveTurn) -> Reader {
        let shared = Arc::new(Shared {
            turn: Mutex::new(turn),
            polls: AtomicU64::new(0),
            under_way: AtomicU64::new(0),
        });
        let entry = Entry {
            shared: Arc::clone(&shared),
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

    /// Ends the turns that stalled for too long. Returns false when there is nothing to look after.
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
            let mut turn = shared.lock();
            // Without another poll since, nothing waits for the turn and would have to be woken.
            if shared.polls.load(Ordering::Relaxed) == polls {
                turn.fail(stalled_client());
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
        let limit = limit.saturating_add(Duration::from_secs(under_way / RATE));
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

impl Shared {
    fn lock(&self) -> MutexGuard<'_, ActiveTurn> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reading side of a watched turn.
#[derive(Debug)]
pub(super) struct Reader {
    shared: Arc<Shared>,
    key: u64,
    stalls: Arc<Stalls>,
}

impl Reader {
    /// Returns the events of the turn.
    pub(super) fn events(&self) -> WatchedTurn {
        WatchedTurn(Arc::clone(&self.shared))
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

impl Drop for Reader {
    fn drop(&mut self) {
        let entry = self.stalls.lock().streams.remove(&self.key);
        drop(entry);
    }
}

/// The events of a watched turn.
#[derive(Debug)]
pub(super) struct WatchedTurn(Arc<Shared>);

impl Stream for WatchedTurn {
    type Item = TurnEvent;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<TurnEvent>> {
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
