//! Responses that are made after their request was answered. Spec: `background`.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::{AbortHandle, abortable};
use http::request::Parts;
use http::{HeaderMap, Response, StatusCode};
use openresponses_types::{Field, ResponseError, ResponseStatus};

use super::core::Core;
use super::pipeline::{self, Planned};
use super::reply::{self, ResponseBody};
use super::state::{State, response_not_found};
use crate::error::{Error, ErrorKind};
use crate::provider::Provider;
use crate::running::Spawner;
use crate::scope::Scope;
use crate::store::StoredResponse;

/// The responses that this process is making, and how to stop them.
#[derive(Default)]
pub(super) struct Jobs(Mutex<HashMap<(Scope, String), AbortHandle>>);

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, HashMap<(Scope, String), AbortHandle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers `queued` and goes on without the client.
pub(super) async fn start<P: Provider>(
    core: Arc<Core<P>>,
    spawner: &Spawner,
    head: Parts,
    planned: Planned,
) -> Result<Response<ResponseBody>, Error> {
    let state = planned.state().clone();
    let queued = planned.record(|response| response.status = ResponseStatus::Queued.into());
    // A response that cannot be polled must not be begun.
    state.save(queued.clone()).await?;
    let answer = reply::json(
        StatusCode::OK,
        HeaderMap::new(),
        queued.response().to_json(),
    );

    let key = (state.scope.clone(), queued.id().to_owned());
    let (job, handle) = abortable(run(Arc::clone(&core), head, planned, state));
    core.jobs.lock().insert(key.clone(), handle);
    spawner.spawn(async move {
        let _ = job.await;
        core.jobs.lock().remove(&key);
    });
    Ok(answer)
}

async fn run<P: Provider>(core: Arc<Core<P>>, head: Parts, planned: Planned, state: State) {
    let begun = planned.record(|response| response.status = ResponseStatus::InProgress.into());
    if let Err(error) = state.save(begun.clone()).await {
        tracing::error!(%error, "a background response was not stored");
    }
    match pipeline::begin(&core.config, &core.provider, head, planned).await {
        // What became of it is stored, whether it succeeded or failed.
        Ok(begun) => drop(begun.stream.collect().await),
        Err(error) => {
            let failed = begun.changed(|response| {
                let failure = error.failure();
                response.status = ResponseStatus::Failed.into();
                response.error = ResponseError::new(failure.code, failure.message).into();
            });
            if let Err(error) = state.save(failed).await {
                tracing::error!(%error, "a background response was not stored");
            }
        }
    }
}

/// `POST {prefix}/responses/{id}/cancel`. A response that is over stays as it is.
pub(super) async fn cancel(
    jobs: &Jobs,
    state: &State,
    id: &str,
) -> Result<Response<ResponseBody>, Error> {
    let found = state
        .load(id)
        .await?
        .ok_or_else(|| response_not_found(id))?;
    if found.response().background != Field::Value(true) {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "not_a_background_response",
            "Only responses that were made with 'background: true' can be cancelled.",
        )
        .param("response_id"));
    }
    let job = jobs.lock().remove(&(state.scope.clone(), id.to_owned()));
    let found = if is_over(&found) {
        found
    } else {
        if let Some(job) = job {
            job.abort();
        }
        let cancelled =
            found.changed(|response| response.status = ResponseStatus::Cancelled.into());
        state.save(cancelled.clone()).await?;
        cancelled
    };
    Ok(reply::json(
        StatusCode::OK,
        HeaderMap::new(),
        found.response().to_json(),
    ))
}

fn is_over(found: &StoredResponse) -> bool {
    let response = found.response();
    let status = response.status.value();
    !matches!(
        status,
        Some(ResponseStatus::Queued | ResponseStatus::InProgress)
    )
}
