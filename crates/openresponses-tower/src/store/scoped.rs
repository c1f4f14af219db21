use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Item;
use openresponses_types::response::{ResponseError, ResponseStatus};

use super::{
    AbandonedResponse, Claim, DynStore, EventBatch, EventPage, InterruptedAction, ResponseState,
    StoreError, StoredResponse, UpdateCondition,
};
use crate::error::{Error, ErrorKind};
use crate::guard;
use crate::jobs::Jobs;
use crate::scope::Scope;

/// Time limit of one call of the store.
const TIMEOUT: Duration = Duration::from_secs(2);

/// The shortest pause between two renewals.
const SHORTEST_PAUSE: Duration = Duration::from_millis(10);

/// The configured store, if any, as one caller sees it. Every call is bounded in time, and a store
/// that fails is 503 `store_unavailable`.
#[derive(Clone)]
pub(crate) struct ScopedStore {
    store: Option<Arc<dyn DynStore>>,
    scope: Scope,
    interrupted: InterruptedAction,
    /// Those of this process.
    jobs: Arc<Jobs>,
}

impl ScopedStore {
    /// Returns the store, if any, for one scope.
    pub(crate) fn new(
        store: Option<Arc<dyn DynStore>>,
        scope: Scope,
        interrupted: InterruptedAction,
        jobs: Arc<Jobs>,
    ) -> Self {
        Self {
            store,
            scope,
            interrupted,
            jobs,
        }
    }

    /// Returns true if responses can be kept.
    pub(crate) fn is_present(&self) -> bool {
        self.store.is_some()
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the response `id`. A response whose process has stopped is ended as failed, unless it is
    /// to be run again.
    pub(crate) async fn load(&self, id: &str) -> Result<Option<StoredResponse>, Error> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let found = bounded(|| store.load(&self.scope, id)).await?;
        let Some(abandoned) = found.as_ref().filter(|found| found.is_abandoned()) else {
            return Ok(found);
        };
        // The store may have been away for the time of a claim, which the job renews.
        let is_alive = || self.jobs.has(&self.scope, id);
        if self.interrupted.restarts(abandoned.job()) || is_alive() {
            return Ok(found);
        }
        let failed = abandoned.changed(|response| {
            response.status = ResponseStatus::Failed.into();
            response.error = ResponseError::new(
                "background_interrupted",
                "The process that produced this response ended before the response did.",
            )
            .into();
        });
        let ended = failed.clone();
        let update = || store.update(&self.scope, ended, UpdateCondition::Abandoned);
        if bounded(update).await? {
            return Ok(Some(failed));
        }
        // It has gone on or ended in the meantime.
        bounded(|| store.load(&self.scope, id)).await
    }

    /// Returns the state of the response `id`.
    pub(crate) async fn state(&self, id: &str) -> Result<Option<ResponseState>, Error> {
        match &self.store {
            Some(store) => bounded(|| store.state(&self.scope, id)).await,
            None => Ok(None),
        }
    }

    /// Saves a response.
    pub(crate) async fn save(&self, response: StoredResponse) -> Result<(), Error> {
        match &self.store {
            Some(store) => bounded(|| store.save(&self.scope, response)).await,
            None => Ok(()),
        }
    }

    /// Deletes the response `id`; false when there is none.
    pub(crate) async fn delete(&self, id: &str) -> Result<bool, Error> {
        match &self.store {
            Some(store) => bounded(|| store.delete(&self.scope, id)).await,
            None => Ok(false),
        }
    }

    /// Deletes everything of the scope, for which the store has limits of time of its own. Returns the
    /// number of responses.
    pub(crate) async fn delete_scope(&self) -> Result<u64, Error> {
        match &self.store {
            Some(store) => bounded_by(Duration::MAX, || store.delete_scope(&self.scope)).await,
            None => Ok(0),
        }
    }

    /// Replaces an unfinished response if the condition holds.
    pub(crate) async fn update(
        &self,
        response: StoredResponse,
        condition: UpdateCondition<'_>,
    ) -> Result<bool, Error> {
        match &self.store {
            Some(store) => bounded(|| store.update(&self.scope, response, condition)).await,
            None => Ok(false),
        }
    }

    /// Renews the claim on an unfinished response; false when it is lost.
    pub(crate) async fn renew(&self, id: &str, claim: &Claim) -> Result<bool, Error> {
        match &self.store {
            Some(store) => bounded(|| store.renew(&self.scope, id, claim)).await,
            None => Ok(false),
        }
    }

    /// Returns items of any responses, in the order of `ids`.
    pub(crate) async fn find_items(&self, ids: &[&str]) -> Result<Vec<Option<Arc<Item>>>, Error> {
        match &self.store {
            Some(store) => bounded(|| store.find_items(&self.scope, ids)).await,
            None => Ok(vec![None; ids.len()]),
        }
    }

    /// Returns true when streams can be resumed.
    pub(crate) fn keeps_events(&self) -> bool {
        self.store
            .as_ref()
            .is_some_and(|store| guard::call(|| store.keeps_events()).unwrap_or(false))
    }

    /// Returns the pause after which what is unfinished is renewed, at the latest, and within a lease.
    pub(crate) fn renewal_pause(&self, lease: Option<Duration>) -> Duration {
        let time = |store: &Arc<dyn DynStore>| guard::call(|| store.time_to_renew()).ok();
        let time = self.store.as_ref().and_then(time);
        let lease = lease.unwrap_or(Duration::MAX);
        (time.unwrap_or(Duration::MAX).min(lease) / 3).max(SHORTEST_PAUSE)
    }

    /// Appends to the log of a response; false when that is gone.
    pub(crate) async fn append_events(&self, id: &str, batch: EventBatch) -> Result<bool, Error> {
        match &self.store {
            Some(store) => bounded(|| store.append_events(&self.scope, id, batch)).await,
            None => Ok(false),
        }
    }

    /// Reads the log of a response, and waits up to `wait` for more.
    pub(crate) async fn read_events(
        &self,
        id: &str,
        after: Option<u64>,
        wait: Duration,
    ) -> Result<EventPage, Error> {
        match &self.store {
            Some(store) => {
                let work = || store.read_events(&self.scope, id, after, wait);
                bounded_by(TIMEOUT.saturating_add(wait), work).await
            }
            None => Ok(EventPage::Missing),
        }
    }
}

/// Returns unfinished responses of any scope whose process stopped renewing its claim.
pub(crate) async fn find_abandoned(
    store: Option<&dyn DynStore>,
    limit: usize,
) -> Result<Vec<AbandonedResponse>, Error> {
    match store {
        Some(store) => bounded(|| store.find_abandoned(limit)).await,
        None => Ok(Vec::new()),
    }
}

/// Limits a call of the store in time and catches its panics.
async fn bounded<T, F>(call: impl FnOnce() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, StoreError>>,
{
    bounded_by(TIMEOUT, call).await
}

async fn bounded_by<T, F>(time: Duration, call: impl FnOnce() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let work = guard::call(call).map_err(|error| unavailable(StoreError::new(error)))?;
    match tokio::time::timeout(time, guard::future(work)).await {
        Ok(Ok(result)) => result.map_err(unavailable),
        Ok(Err(panicked)) => Err(unavailable(StoreError::new(panicked))),
        Err(elapsed) => Err(unavailable(StoreError::new(elapsed))),
    }
}

/// A client that got 404 here would give its conversation up.
fn unavailable(error: StoreError) -> Error {
    if error.is_too_large() {
        return Error::new(
            ErrorKind::TooLarge,
            "stored_content_too_large",
            "The request needs or makes more stored content than this server has room for in one \
             response.",
        )
        .with_source(error);
    }
    Error::new(
        ErrorKind::Overloaded,
        "store_unavailable",
        "The stored responses cannot be reached. Try again later.",
    )
    .retry_after(Duration::from_secs(1))
    .with_source(error)
}
