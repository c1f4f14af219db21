use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use futures_util::future::Shared;

use crate::connection::Connection;
use crate::error::RedisStoreError;
use crate::target::Target;

/// After an attempt that failed, callers are refused for this long without another one: with the
/// server away they are answered at once, and the server is not flooded when it comes back.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a connection to many servers may fail without having worked before it is made anew:
/// while one of the servers is away, the way to the others is kept.
const HEALING: Duration = Duration::from_secs(5);

/// The one connection that all share: made when it is first needed, and again when it was lost.
pub(crate) struct Link {
    target: Target,
    timeout: Duration,
    state: Arc<Mutex<State>>,
    attempts: AtomicU64,
}

enum State {
    /// Nobody has asked yet, or the connection was lost.
    Absent,
    Connecting(Attempt),
    Present(Live),
    Failed {
        at: Instant,
        error: RedisStoreError,
    },
}

/// A connection and which one it is.
#[derive(Clone)]
pub(crate) struct Live {
    pub(crate) connection: Connection,
    number: u64,
    /// When it worked last.
    worked: Arc<Mutex<Instant>>,
}

impl Live {
    /// Notes that it does.
    pub(crate) fn worked(&self) {
        *lock(&self.worked) = Instant::now();
    }
}

/// Many wait for one attempt. A task drives it, so that it goes on when they give up.
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

    /// The connection, made now if there is none.
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

    /// Gives a connection up that has failed, unless it is one that heals itself and is given the
    /// time for it. The next caller makes another one; those that still wait on it go on waiting.
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

    fn attempt(&self) -> Attempt {
        let target = self.target.clone();
        let timeout = self.timeout;
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        // The state has the attempt, so the attempt must not own the state.
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

/// The address may have a password in it.
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
