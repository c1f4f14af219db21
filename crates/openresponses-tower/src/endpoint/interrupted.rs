//! Background responses whose process has stopped: ended as failed, or run again.

use std::collections::HashSet;
use std::sync::{Arc, Weak};
use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, Method, Request};
use openresponses_types::response::ResponseStatus;
use openresponses_types::sequence::{IdGenerator, IdKind};
use tracing::Instrument;

use super::background::{LOOK, fail, launch};
use super::core::Core;
use super::event_pump::EventPump;
use super::plan;
use super::route::Route;
use crate::authorize;
use crate::bounds::{self, BoundedResource};
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::ids::RandomIds;
use crate::provider::Provider;
use crate::request_context::RequestContext;
use crate::scope::Scope;
use crate::store::{
    AbandonedResponse, Claim, Job, ScopedStore, StoredResponse, UpdateCondition, find_abandoned,
};
use crate::turn::{Hold, Spawner};

/// The most responses that are looked for at once.
const TOGETHER: usize = 32;

/// The most responses that are passed over between two pauses.
const MAX_PASSED_OVER: usize = 1024;

/// The shortest pause.
const SHORTEST: Duration = Duration::from_millis(50);

impl<P: Provider> Core<P> {
    /// Starts to look for interrupted background responses, once.
    pub(crate) fn watch_background(self: &Arc<Self>) {
        let (Some(spawner), true) = (&self.config.background, self.config.store.is_some()) else {
            return;
        };
        if self.watches() {
            spawner.spawn(watch(Arc::downgrade(self), spawner.clone()));
        }
    }
}

/// Looks for interrupted responses until the endpoint is gone or shuts down.
async fn watch<P: Provider>(core: Weak<Core<P>>, spawner: Spawner) {
    while let Some(core) = core.upgrade() {
        let pause = LOOK.min(core.config.background_lease / 3).max(SHORTEST);
        if core.config.shutdown.is_ending() {
            return;
        }
        if let Err(error) = sweep(&core, &spawner).await {
            let source = std::error::Error::source(&error);
            tracing::warn!(error = source, "interrupted responses were not looked for");
        }
        drop(core);
        tokio::time::sleep(pause).await;
    }
}

/// Ends or restarts interrupted responses. Those that cannot start now are left in the store, and do
/// not hold up the ones after them.
async fn sweep<P: Provider>(core: &Arc<Core<P>>, spawner: &Spawner) -> Result<(), Error> {
    let (mut left, mut full) = (HashSet::new(), HashSet::new());
    while left.len() <= MAX_PASSED_OVER && !core.config.shutdown.is_ending() {
        let limit = TOGETHER + left.len();
        let mut found = find_abandoned(core.config.store.as_deref(), limit).await?;
        let is_all = found.len() < limit;
        found.retain(|one| !left.contains(one));
        let is_known = found.is_empty();
        for abandoned in found {
            if !full.contains(&abandoned.scope) {
                match end_or_restart(core, spawner, &abandoned).await {
                    Looked::Over => continue,
                    Looked::Left => {}
                    Looked::Full => drop(full.insert(abandoned.scope.clone())),
                }
            }
            left.insert(abandoned);
        }
        if is_all || is_known {
            break;
        }
    }
    Ok(())
}

/// What became of an interrupted response.
enum Looked {
    /// It is not interrupted any more.
    Over,
    /// It cannot start now, or works in this process.
    Left,
    /// Its tenant has as many background responses as it may have.
    Full,
}

async fn end_or_restart<P: Provider>(
    core: &Arc<Core<P>>,
    spawner: &Spawner,
    abandoned: &AbandonedResponse,
) -> Looked {
    if core.config.jobs.has(&abandoned.scope, &abandoned.id) {
        // The store was away for the time of a claim. The job renews it.
        return Looked::Left;
    }
    let store = core.config.scoped_store(&abandoned.scope);
    // What is not run again is ended by loading it.
    let ended = match store.load(&abandoned.id).await {
        Ok(Some(record)) if record.is_abandoned() => restart(core, spawner, &store, record).await,
        other => other.map(|_| Looked::Over),
    };
    ended.unwrap_or_else(|error| {
        let id = &*abandoned.id;
        tracing::warn!(%error, id, "an interrupted response was not restarted");
        Looked::Left
    })
}

/// Runs a response again, unless another process does.
async fn restart<P: Provider>(
    core: &Arc<Core<P>>,
    spawner: &Spawner,
    store: &ScopedStore,
    record: StoredResponse,
) -> Result<Looked, Error> {
    let Some(job) = record.job().map(Job::next) else {
        return Ok(Looked::Left);
    };
    let config = &core.config;
    let tenant = config.bounds.tenant(store.scope());
    let Ok(slot) = tenant.hold(BoundedResource::Background, 1) else {
        return Ok(Looked::Full);
    };
    let prepared = async {
        let (head, context) = head(config, store.scope(), &job).await?;
        let memory = bounds::Claim::new(tenant)?;
        let planned = plan::again(config, store, &record, &job, memory).await?;
        Ok((head, context, planned))
    };
    let (head, context, mut planned) = match prepared.await {
        Ok(prepared) => prepared,
        // There is room later, or elsewhere.
        Err(error) if is_for_now(&error) => return Ok(Looked::Left),
        Err(error) => {
            let failed = record.changed(|response| fail(response, &error));
            store.update(failed, UpdateCondition::Abandoned).await?;
            return Ok(Looked::Over);
        }
    };
    let claim = Claim::new(&RandomIds.id(IdKind::Item), config.background_lease);
    let hold = Hold::new(claim.clone());
    planned.commit.hold = Some(hold.clone());
    let attempt = job.attempt;
    planned.job = Some(job);
    let queued = planned.record(ResponseStatus::Queued).await?.claimed(claim);
    let id = queued.id().to_owned();
    if !store.update(queued, UpdateCondition::Abandoned).await? {
        // Another process has it.
        return Ok(Looked::Over);
    }
    let span = context.span().clone();
    let start = async {
        tracing::warn!(id, attempt, "an interrupted response is run again");
        let pump = match planned.turn.stream {
            true => EventPump::open(store, &id, attempt, None).await.map(Some),
            false => Ok(None),
        };
        let pump = pump.unwrap_or_else(|error| {
            // The response is claimed, and this is one of its attempts. Those who follow it get its end.
            tracing::error!(%error, id, "a stream cannot be resumed, since its log was not created");
            None
        });
        launch(core, spawner, head, planned, hold, slot, pump);
        Looked::Over
    };
    Ok(start.instrument(span).await)
}

/// Returns the head of the provider's request: that of the client is gone, and what its
/// authorization left is restored.
async fn head(config: &Config, scope: &Scope, job: &Job) -> Result<(Parts, RequestContext), Error> {
    let mut head = Request::new(()).into_parts().0;
    head.method = Method::POST;
    let caller = authorize::restore(&*config.authorize, scope, job.caller.as_deref()).await?;
    let (none, ids) = (HeaderMap::new(), &*config.ids);
    let context = RequestContext::begin_with(&head.method, &none, ids, &config.propagation, false);
    context.record_route(Route::Create.template());
    if config.log_tenant {
        context.record_tenant(scope.as_str());
    }
    caller.enter(&mut head.extensions);
    head.extensions.insert(scope.clone());
    head.extensions.insert(context.clone());
    Ok((head, context))
}

fn is_for_now(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Overloaded | ErrorKind::RateLimited)
}
