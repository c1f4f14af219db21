//! Keys that never change, and keys that are fetched and rotate.

use std::future::Future;
use std::pin::Pin;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use openresponses_tower::{BoxError, Error};
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

use super::algorithm::JwtAlgorithm;
use super::key_set::KeySet;

/// How long one fetch may take.
const FETCH: Duration = Duration::from_secs(5);
/// How long keys count while they cannot be fetched again.
const STALE: Duration = Duration::from_secs(24 * 60 * 60);

type Fetching = Pin<Box<dyn Future<Output = Result<String, BoxError>> + Send>>;

pub(super) enum Keys {
    Fixed(KeySet),
    Fetched(Box<Fetched>),
}

pub(super) struct Fetched {
    fetch: Box<dyn Fn() -> Fetching + Send + Sync>,
    pub(super) every: Duration,
    pub(super) at_most_every: Duration,
    current: RwLock<Option<(KeySet, Instant)>>,
    /// When the last fetch began. Held while one runs, so there is one at a time.
    tried: Mutex<Option<Instant>>,
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
            current: RwLock::new(None),
            tried: Mutex::new(None),
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
        let fresh = |(keys, since): &(KeySet, Instant)| {
            since.elapsed() < self.every && keys.find(id, algorithm).is_some()
        };
        if let Some((keys, _)) = self.current().filter(fresh) {
            return Ok(keys);
        }
        let mut tried = self.tried.lock().await;
        // Somebody may have fetched them while this one waited.
        if let Some((keys, _)) = self.current().filter(fresh) {
            return Ok(keys);
        }
        if tried.is_none_or(|tried| tried.elapsed() >= self.at_most_every) {
            *tried = Some(Instant::now());
            match timeout(FETCH, (self.fetch)()).await {
                Ok(Ok(text)) => match KeySet::parse(&text) {
                    Ok(keys) => {
                        let mut current =
                            self.current.write().unwrap_or_else(PoisonError::into_inner);
                        *current = Some((keys, Instant::now()));
                    }
                    Err(error) => tracing::error!(%error, "the keys for tokens are no keys"),
                },
                Ok(Err(error)) => tracing::error!(error, "the keys for tokens were not fetched"),
                Err(_) => tracing::error!("fetching the keys for tokens took too long"),
            }
        }
        match self.current() {
            Some((keys, since)) if since.elapsed() < STALE => Ok(keys),
            // Not the token's fault.
            _ => Err(Error::overloaded().retry_after(self.at_most_every)),
        }
    }

    fn current(&self) -> Option<(KeySet, Instant)> {
        self.current
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
