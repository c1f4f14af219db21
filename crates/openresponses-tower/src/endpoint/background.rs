//! Background responses, produced after their request was answered. Spec: `background`.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{abortable, select};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use openresponses_types::Field;
use openresponses_types::response::{ResponseError, ResponseStatus};

use super::continuation::response_not_found;
use super::core::Core;
use super::jobs::Jobs;
use super::plan::PlannedTurn;
use super::respond;
use super::response_body::ResponseBody;
use super::start;
use crate::error::{Error, ErrorKind};
use crate::provider::Provider;
use crate::store::{ScopedStore, StoredResponse};
use crate::turn::Spawner;

/// How often a job checks whether another process has cancelled it.
const LOOK: Duration = Duration::from_secs(5);

/// Answers `queued` and continues in a task.
pub(super) async fn start<P: Provider>(
    core: Arc<Core<P>>,
    spawner: &Spawner,
    head: Parts,
    planned: PlannedTurn,
) -> Result<Response<ResponseBody>, Error> {
    let store = planned.store().clone();
    let queued = planned.record(|response| response.status = ResponseStatus::Queued.into());
    // The response must be stored before it starts, or it could not be polled.
    store.save(queued.clone()).await?;
    let answer = respond::json(
        StatusCode::OK,
        HeaderMap::new(),
        queued.response().to_json(),
    );

    let key = (store.scope().clone(), queued.id().to_owned());
    let (job, abort) = abortable(run(Arc::clone(&core), head, planned, store));
    let ended = core.jobs.begin(key.clone(), abort);
    spawner.spawn(async move {
        let _ = job.await;
        core.jobs.end(&key, ended);
    });
    Ok(answer)
}

async fn run<P: Provider>(
    core: Arc<Core<P>>,
    head: Parts,
    planned: PlannedTurn,
    store: ScopedStore,
) {
    let begun = planned.record(|response| response.status = ResponseStatus::InProgress.into());
    if let Err(error) = store.save(begun.clone()).await {
        tracing::error!(%error, "a background response was not stored");
    }
    match start::start(&core.config, &core.provider, head, planned).await {
        Ok(turn) => {
            let id = begun.id().to_owned();
            // The result is stored, whether the turn succeeded or failed.
            drop(select(pin!(turn.stream.collect()), pin!(called_off(&store, &id))).await);
        }
        Err(error) => {
            let failed = begun.changed(|response| {
                let failure = error.failure();
                response.status = ResponseStatus::Failed.into();
                response.error = ResponseError::new(failure.code, failure.message).into();
            });
            if let Err(error) = store.save(failed).await {
                tracing::error!(%error, "a background response was not stored");
            }
        }
    }
}

/// Resolves when another process cancelled or deleted the response.
async fn called_off(store: &ScopedStore, id: &str) {
    while !store.is_called_off(id).await {
        tokio::time::sleep(LOOK).await;
    }
}

/// `POST {prefix}/responses/{id}/cancel`. A finished response is unchanged.
pub(super) async fn cancel(
    jobs: &Jobs,
    store: &ScopedStore,
    id: &str,
) -> Result<Response<ResponseBody>, Error> {
    let mut found = load(store, id).await?;
    if found.response().background != Field::Value(true) {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "not_a_background_response",
            "Only responses that were made with 'background: true' can be cancelled.",
        )
        .param("response_id"));
    }
    if !is_over(&found) && jobs.stop(store.scope(), id).await {
        // It may have finished before it was stopped.
        found = load(store, id).await?;
    }
    if !is_over(&found) {
        found = found.changed(|response| response.status = ResponseStatus::Cancelled.into());
        store.save(found.clone()).await?;
    }
    Ok(respond::json(
        StatusCode::OK,
        HeaderMap::new(),
        found.response().to_json(),
    ))
}

/// Stops the job of a deleted response, so that it is not stored again.
pub(super) async fn deleted(jobs: &Jobs, store: &ScopedStore, id: &str) -> Result<(), Error> {
    if jobs.stop(store.scope(), id).await {
        store.delete(id).await?;
    }
    Ok(())
}

async fn load(store: &ScopedStore, id: &str) -> Result<StoredResponse, Error> {
    let found = store.load(id).await?;
    found.ok_or_else(|| response_not_found(id))
}

fn is_over(found: &StoredResponse) -> bool {
    !matches!(
        found.status(),
        Some(ResponseStatus::Queued | ResponseStatus::InProgress)
    )
}
