//! Fixed key sets, and key sets that are fetched and rotated.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::Shared;
use openresponses_tower::provider::guard;
use openresponses_tower::{BoxError, Error};
use tokio::time::{Instant, timeout};

use super::algorithm::JwtAlgorithm;
use super::key_set::KeySet;

/// The longest wait for one fetch.
const FETCH: Duration = Duration::from_secs(5);
/// How long keys are used while fetching fails.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

type Fetching<T> = Pin<Box<dyn Future<Output = T> + Send>>;

pub(super) enum Keys {
    Fixed(KeySet),
    Fetched(Box<Fetched>),
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
    /// The running fetch. Every waiting request polls it, so it survives the client whose token
    /// started it.
    running: Option<Shared<Fetching<Option<KeySet>>>>,
}

impl Keys {
    pub(super) fn fetched<F, Fut>(fetch: F) -> Self
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self::Fetched(Box::new(Fetched {
            fetch: Box::new(move || Box::pin(fetch())),
            every: Duration::from_secs(10 * 60),
            at_most_every: Duration::from_secs(30),
            known: Mutex::default(),
        }))
    }

    /// The keys, with that of the token among them if there is one.
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
}

impl Fetched {
    async fn for_token(&self, id: Option<&str>, algorithm: JwtAlgorithm) -> Result<KeySet, Error> {
        let running = {
            let mut known = self.known();
            if let Some((keys, since)) = &known.keys
                && since.elapsed() < self.every
                && keys.find(id, algorithm).is_some()
            {
                return Ok(keys.clone());
            }
            if known
                .tried
                .is_none_or(|tried| tried.elapsed() >= self.at_most_every)
            {
                known.tried = Some(Instant::now());
                known.running = Some(self.begin());
            }
            known.running.clone()
        };
        if let Some(running) = running {
            let fetched = timeout(FETCH, running.clone()).await;
            let mut known = self.known();
            // The first request that sees the end of the fetch stores its result.
            if known
                .running
                .as_ref()
                .is_some_and(|own| own.ptr_eq(&running))
            {
                known.running = None;
                match fetched {
                    Ok(Some(keys)) => known.keys = Some((keys, Instant::now())),
                    Ok(None) => {}
                    Err(_) => tracing::error!("fetching the keys for tokens took too long"),
                }
            }
        }
        match &self.known().keys {
            Some((keys, since)) if since.elapsed() < STALE => Ok(keys.clone()),
            // The failure is not caused by the token.
            _ => Err(Error::overloaded().retry_after(self.at_most_every)),
        }
    }

    fn begin(&self) -> Shared<Fetching<Option<KeySet>>> {
        // A panic of the call itself, before its future, counts as well.
        let fetching = guard::call(|| (self.fetch)());
        let keys: Fetching<_> = Box::pin(async move {
            let fetched = match fetching {
                Ok(fetching) => guard::future(fetching).await,
                Err(panicked) => Err(panicked),
            };
            match fetched {
                Ok(Ok(text)) => KeySet::parse(&text)
                    .inspect_err(|error| tracing::error!(%error, "the key set cannot be parsed"))
                    .ok(),
                Ok(Err(error)) => {
                    tracing::error!(error, "fetching the key set failed");
                    None
                }
                Err(_) => {
                    tracing::error!("fetching the key set panicked");
                    None
                }
            }
        });
        keys.shared()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
