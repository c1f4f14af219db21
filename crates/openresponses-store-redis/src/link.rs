use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::Shared;
use openresponses_tower::store::Transfers;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::connection::Connection;
use crate::error::RedisStoreError;
use crate::options::RedisStoreOptions;
use crate::target::Target;

/// After a failed attempt callers are refused for this time without another attempt: they get an
/// answer at once while the server is down, and the server is not flooded when it comes back.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a connection to a cluster may fail before it is replaced: while one server is down, the
/// connections to the others are kept.
const HEALING: Duration = Duration::from_secs(5);

/// Commands whose value or reply has more bytes do not share a connection with small ones, which
/// would wait behind them.
pub(crate) const LARGE: usize = Transfers::UNCOUNTED;

/// The connections of a store.
pub(crate) struct Links {
    small: Link,
    large: Vec<Link>,
    next: AtomicUsize,
    /// As many large round trips are under way as there are connections for them, so that others are
    /// served between them.
    large_trips: Semaphore,
}

impl Links {
    pub(crate) fn new(target: &Target, options: &RedisStoreOptions) -> Self {
        let link = || Link::new(target.clone(), options.connect_timeout);
        Self {
            small: link(),
            large: std::iter::repeat_with(link)
                .take(options.connections)
                .collect(),
            next: AtomicUsize::new(0),
            large_trips: Semaphore::new(options.connections),
        }
    }

    /// Waits for the turn of a round trip with values of `bytes` bytes.
    pub(crate) async fn turn(&self, bytes: usize) -> Option<SemaphorePermit<'_>> {
        match bytes > LARGE {
            // The semaphore is never closed.
            true => self.large_trips.acquire().await.ok(),
            false => None,
        }
    }

    /// Returns a connection for values of up to `bytes` bytes.
    pub(crate) fn of_size(&self, bytes: usize) -> &Link {
        if bytes <= LARGE {
            return &self.small;
        }
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.large
            .get(next % self.large.len().max(1))
            .unwrap_or(&self.small)
    }
}

/// A shared connection: made when first needed, and again after a loss.
pub(crate) struct Link {
    target: Target,
    timeout: Duration,
    state: Arc<Mutex<State>>,
    attempts: AtomicU64,
}

enum State {
    /// Not connected yet, or the connection was lost.
    Absent,
    Connecting(Attempt),
    Present(Live),
    Failed {
        at: Instant,
        error: RedisStoreError,
    },
}

/// A connection with its number.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) connection: Connection,
    number: u64,
    /// The time of the last success.
    worked: Arc<Mutex<Instant>>,
}

impl Live {
    /// Records a success.
    pub(crate) fn worked(&self) {
        *lock(&self.worked) = Instant::now();
    }
}

/// One attempt with many waiting callers. A task drives it, so that it continues when they give up.
type Attempt = Shared<Pin<Box<dyn Future<Output = Result<Live, RedisStoreError>> + Send>>>;

impl Link {
    pub(crate) fn new(target: Target, timeout: Duration) -> Self {
        Self {
            target,
            timeout,
            state: Arc::new(Mutex::new(State::Absent)),
            attempts: AtomicU64::new(0),
        }
    }

    /// Returns the connection, and makes one if there is none.
    pub(crate) async fn get(&self) -> Result<Live, RedisStoreError> {
        let attempt = {
            let mut state = lock(&self.state);
            match &*state {
                State::Present(live) => return Ok(live.clone()),
                State::Failed { at, error } if at.elapsed() < PAUSE => return Err(error.clone()),
                State::Connecting(attempt) => attempt.clone(),
                State::Absent | State::Failed { .. } => {
                    let attempt = self.attempt();
                    tokio::spawn(attempt.clone().map(drop));
                    *state = State::Connecting(attempt.clone());
                    attempt
                }
            }
        };
        attempt.await
    }

    /// Drops a failed connection, unless it repairs itself and is given time for that. The next
    /// caller makes another one; those that wait on it continue to wait.
    pub(crate) fn failed(&self, live: &Live) -> bool {
        if live.connection.heals_itself() && lock(&live.worked).elapsed() < HEALING {
            return false;
        }
        let mut state = lock(&self.state);
        if matches!(&*state, State::Present(present) if present.number == live.number) {
            *state = State::Absent;
        }
        true
    }

    /// Keeps a connection on which one call has timed out, unless nothing has worked on it for
    /// `patience`: the call may have been slow, or behind others.
    pub(crate) fn timed_out(&self, live: &Live, patience: Duration) {
        if lock(&live.worked).elapsed() >= patience {
            self.failed(live);
        }
    }

    fn attempt(&self) -> Attempt {
        let target = self.target.clone();
        let timeout = self.timeout;
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        // The state owns the attempt, so the attempt must not own the state.
        let state = Arc::downgrade(&self.state);
        let attempt = async move {
            let result = target.open(timeout).await;
            let result = result.map(|connection| Live {
                connection,
                number,
                worked: Arc::new(Mutex::new(Instant::now())),
            });
            if let Some(state) = state.upgrade() {
                *lock(&state) = match &result {
                    Ok(live) => State::Present(live.clone()),
                    Err(error) => State::Failed {
                        at: Instant::now(),
                        error: error.clone(),
                    },
                };
            }
            result
        };
        attempt.boxed().shared()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Links {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.small.fmt(f)
    }
}

/// The address may contain a password.
impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match &*lock(&self.state) {
            State::Absent => "absent",
            State::Connecting(_) => "connecting",
            State::Present(_) => "present",
            State::Failed { .. } => "failed",
        };
        f.write_str(state)
    }
}
