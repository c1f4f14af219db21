//! Fixed key sets, and key sets that are fetched and rotated.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Shared;
use openresponses_tower::guard;
use openresponses_tower::{BoxError, Error};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout};

use super::algorithm::JwtAlgorithm;
use super::key_set::KeySet;

/// The time limit of one fetch.
const FETCH: Duration = Duration::from_secs(5);
/// How long keys are used while fetching fails.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

type Fetching<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(super) enum Keys {
    Fixed(KeySet),
    Fetched(Arc<Fetched>),
}

pub(super) struct Fetched {
    fetch: Box<dyn Fn() -> Fetching<Result<String, BoxError>> + Send + Sync>,
    every: Duration,
    at_most_every: Duration,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    keys: Option<(KeySet, Instant)>,
    /// The start of the last fetch.
    tried: Option<Instant>,
    /// The running fetch, which stores its result itself.
    running: Option<Shared<Fetching<()>>>,
}

impl Keys {
    pub(super) fn fetched<F, Fut>(fetch: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self::Fetched(Arc::new(Fetched {
            fetch: Box::new(move || Box::pin(fetch())),
            every: Duration::from_secs(10 * 60),
            at_most_every: Duration::from_secs(30),
            known: Mutex::default(),
        }))
    }

    /// Returns the keys, with that of the token among them if there is one.
    pub(super) async fn for_token(
        &self,
        id: Option<&str>,
        algorithm: JwtAlgorithm,
    ) -> Result<KeySet, Error> {
        match self {
            Self::Fixed(keys) => Ok(keys.clone()),
            Self::Fetched(fetched) => fetched.for_token(id, algorithm).await,
        }
    }

    /// Returns newer keys than those under which a signature was wrong: a key may have been replaced
    /// under its id. `None` if there are none, or if the last fetch was too recent.
    pub(super) async fn newer(&self, than: &KeySet) -> Option<KeySet> {
        match self {
            Self::Fixed(_) => None,
            Self::Fetched(fetched) => fetched.newer(than).await,
        }
    }
}

impl Fetched {
    async fn for_token(
        self: &Arc<Self>,
        id: Option<&str>,
        algorithm: JwtAlgorithm,
    ) -> Result<KeySet, Error> {
        let running = {
            let mut known = self.known();
            let found = known
                .usable()
                .filter(|(keys, _)| keys.find(id, algorithm).is_some());
            if let Some((keys, age)) = found {
                // A known key is served while the set is refreshed, since its issuer may hang.
                if age >= self.every {
                    let _ = self.refresh(&mut known);
                }
                return Ok(keys);
            }
            self.refresh(&mut known)
        };
        if let Some(running) = running {
            running.await;
        }
        match self.known().usable() {
            Some((keys, _)) => Ok(keys),
            // The failure is not caused by the token.
            None => Err(Error::overloaded().retry_after(self.at_most_every)),
        }
    }

    async fn newer(self: &Arc<Self>, than: &KeySet) -> Option<KeySet> {
        let newer = |known: &Known| {
            let (keys, _) = known.usable()?;
            (!keys.is_same(than)).then_some(keys)
        };
        let running = {
            let mut known = self.known();
            if let Some(keys) = newer(&known) {
                return Some(keys);
            }
            self.refresh(&mut known)
        };
        running?.await;
        newer(&self.known())
    }

    /// Starts a fetch, unless one was started recently. Returns the running one.
    fn refresh(self: &Arc<Self>, known: &mut Known) -> Option<Shared<Fetching<()>>> {
        let is_recent = |tried: Instant| tried.elapsed() < self.at_most_every;
        if !known.tried.is_some_and(is_recent) {
            known.tried = Some(Instant::now());
            let running = self.begin();
            // It survives the client whose token started it. Without a runtime, those that wait
            // drive it.
            if let Ok(runtime) = Handle::try_current() {
                drop(runtime.spawn(running.clone()));
            }
            known.running = Some(running);
        }
        known.running.clone()
    }

    fn begin(self: &Arc<Self>) -> Shared<Fetching<()>> {
        // A panic of the call itself, before its future, counts as well.
        let fetching = guard::call(|| (self.fetch)());
        let this = Arc::downgrade(self);
        let keys: Fetching<()> = Box::pin(async move {
            let fetched = match fetching {
                Ok(fetching) => timeout(FETCH, guard::future(fetching)).await,
                Err(panicked) => Ok(Err(panicked)),
            };
            let keys = match fetched {
                Ok(Ok(Ok(text))) => KeySet::parse_any(&text)
                    .inspect_err(|error| tracing::error!(%error, "the key set cannot be parsed"))
                    .ok(),
                Ok(Ok(Err(error))) => {
                    tracing::error!(error, "fetching the key set failed");
                    None
                }
                Ok(Err(_)) => {
                    tracing::error!("fetching the key set panicked");
                    None
                }
                Err(_) => {
                    tracing::error!("fetching the key set took too long");
                    None
                }
            };
            let Some(this) = this.upgrade() else { return };
            let mut known = this.known();
            known.running = None;
            if let Some(keys) = keys {
                if keys.is_empty() {
                    tracing::warn!("the issuer has withdrawn all of its keys");
                }
                known.keys = Some((keys, Instant::now()));
            }
        });
        keys.shared()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Known {
    /// Returns the keys and their age, unless they are too old.
    fn usable(&self) -> Option<(KeySet, Duration)> {
        let (keys, since) = self.keys.as_ref()?;
        let age = since.elapsed();
        (age < STALE).then(|| (keys.clone(), age))
    }
}
