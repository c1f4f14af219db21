//! Saving a finished turn before the client sees its end.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::response::{ResponseError, ResponseStatus};
use openresponses_types::sequence::{IdGenerator, id_kind};
use openresponses_types::{Item, Response};
use tokio::time::Instant;

use super::connection_cache::ConnectionCache;
use super::hold::Hold;
use crate::bounds::Worker;
use crate::error::{Error, ErrorKind};
use crate::store::{Conversation, ScopedStore, StoredResponse, UpdateCondition};

/// What is needed to save a turn once it has ended.
pub(crate) struct Commit {
    pub(crate) store: ScopedStore,
    pub(crate) previous: Conversation,
    pub(crate) input: Vec<Arc<Item>>,
    pub(crate) ids: Arc<dyn IdGenerator>,
    /// The cache of the turn's WebSocket connection.
    pub(crate) cache: Option<Arc<ConnectionCache>>,
    pub(crate) persist: bool,
    /// That of the job, for a response that was stored before it ended. It may have been cancelled
    /// or deleted since.
    pub(crate) hold: Option<Hold>,
}

/// What became of the end of a turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Committed {
    /// It is saved, or need not be.
    Yes,
    /// Saving failed.
    Failed,
    /// The response was cancelled or deleted before.
    CalledOff,
}

pub(super) type Committing = Pin<Box<dyn Future<Output = Committed> + Send>>;

/// How far the saving of a turn is.
pub(super) enum Saving {
    /// The turn has not ended.
    Before(Commit),
    Running(Committing),
    Done,
    /// Nothing is saved. Of a large turn this is much, so it is dropped with the turn.
    Unsaved(#[expect(dead_code, reason = "held until the turn is dropped")] Commit),
}

impl Commit {
    /// Returns true if there is something to save the turn in.
    pub(super) fn saves(&self) -> bool {
        self.stores() || self.cache.is_some()
    }

    fn stores(&self) -> bool {
        self.persist && self.store.is_present()
    }

    /// Saves the finished `response` with the items that the client does not see, each group at its
    /// index in the output. The record of a large turn is made by `worker`.
    pub(super) fn run(
        self,
        response: &Response,
        hidden: Vec<(usize, Vec<Item>)>,
        worker: Option<Arc<Worker>>,
    ) -> Committing {
        let persist = self.stores();
        let (response, previous, ids, input) =
            (response.clone(), self.previous, self.ids, self.input);
        let make = move || {
            let named = |item| with_item_id(item, &*ids);
            let input = input.into_iter().map(named).collect();
            StoredResponse::with_hidden(response, &previous, input, hidden).measured()
        };
        let (store, hold, cache) = (self.store, self.hold, self.cache);
        Box::pin(async move {
            let record = match worker {
                Some(worker) => worker.work(make).await,
                None => Ok(make()),
            };
            let record = match record {
                Ok(record) => record,
                Err(error) => return not_stored(&error),
            };
            let committed = match (persist, hold) {
                (false, _) => Ok(Committed::Yes),
                (true, Some(hold)) => save_end(&store, record.clone(), &hold).await,
                (true, None) => store.save(record.clone()).await.map(|()| Committed::Yes),
            };
            let saved = persist && matches!(committed, Ok(Committed::Yes));
            if let Some(cache) = cache {
                cache.keep(if saved { record.saved() } else { record });
            }
            committed.unwrap_or_else(|error| not_stored(&error))
        })
    }
}

fn not_stored(error: &Error) -> Committed {
    let source = std::error::Error::source(error);
    tracing::error!(error = source, "the response was not stored");
    Committed::Failed
}

/// The pause between two attempts to save the end of a background response.
const PAUSE: Duration = Duration::from_secs(1);

/// Saves the end of a background response. A store that fails is asked again while the claim could
/// hold: there is no client that gets the result in another way. A store that does not take it in that
/// time, because it is full or the result too large, may take the failure.
pub(crate) async fn save_end(
    store: &ScopedStore,
    record: StoredResponse,
    hold: &Hold,
) -> Result<Committed, Error> {
    hold.end();
    let end = Instant::now() + hold.claim().time();
    let held = UpdateCondition::HeldBy(hold.claim().holder());
    let mut is_repeated = false;
    loop {
        match store.update(record.clone(), held).await {
            Ok(true) => return Ok(Committed::Yes),
            Ok(false) if is_repeated => return was_saved(store, &record).await,
            Ok(false) => return Ok(Committed::CalledOff),
            Err(error) if error.kind() == ErrorKind::TooLarge || Instant::now() + PAUSE >= end => {
                // Otherwise the claim lapses, and a process ends the response as interrupted.
                let failed = store.update(not_storable(&record), held).await;
                return match failed {
                    Ok(false) => was_saved(store, &record).await,
                    Ok(true) | Err(_) => Err(error),
                };
            }
            Err(_) => tokio::time::sleep(PAUSE).await,
        }
        is_repeated = true;
    }
}

/// Returns whether an earlier attempt, whose reply was lost, has saved the end of a response.
async fn was_saved(store: &ScopedStore, record: &StoredResponse) -> Result<Committed, Error> {
    let found = store.load(record.id()).await?;
    let is_saved = found.is_some_and(|found| found.response() == record.response());
    Ok(match is_saved {
        true => Committed::Yes,
        false => Committed::CalledOff,
    })
}

/// Returns the record of a response whose result cannot be stored.
fn not_storable(record: &StoredResponse) -> StoredResponse {
    record.without_output_items().changed(|response| {
        response.status = ResponseStatus::Failed.into();
        response.error = ResponseError::new(
            "response_not_stored",
            "The response was produced, but its result could not be stored.",
        )
        .into();
    })
}

/// Gives an item an id if it has none: stored items can be listed and referred to.
pub(crate) fn with_item_id(item: Arc<Item>, ids: &dyn IdGenerator) -> Arc<Item> {
    if item.id().is_some() {
        return item;
    }
    let kind = id_kind(&item);
    Arc::new(Arc::unwrap_or_clone(item).with_id(&ids.id(kind)))
}
