//! Background responses, produced after their request was answered. Spec: `background`.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{abortable, select};
use http::request::Parts;
use http::{HeaderMap, Response};
use openresponses_types::Field;
use openresponses_types::response::{ResponseError, ResponseStatus};
use openresponses_types::sequence::{IdGenerator, IdKind};
use tokio::sync::oneshot;
use tracing::{Instrument, Span};

use super::continuation::stored;
use super::core::Core;
use super::event_pump::EventPump;
use super::follow::Follower;
use super::plan::PlannedTurn;
use super::respond;
use super::response_body::ResponseBody;
use super::untaken::Untaken;
use super::{retrieve, start};
use crate::authorize;
use crate::bounds::{self, BoundedResource, Held, discard};
use crate::error::{Error, ErrorKind};
use crate::ids::RandomIds;
use crate::jobs::Jobs;
use crate::provider::Provider;
use crate::request_context::RequestContext;
use crate::shutdown::Watch;
use crate::store::{Claim, EventBatch, Job, ScopedStore, StoredResponse, UpdateCondition};
use crate::turn::{Hold, Spawner, save_end};

/// The longest time between two renewals of a claim, which also tell whether another process has
/// cancelled or deleted the response.
pub(super) const LOOK: Duration = Duration::from_secs(5);

/// Answers `queued` and continues in a task.
pub(super) async fn start<P: Provider>(
    core: Arc<Core<P>>,
    spawner: &Spawner,
    head: Parts,
    mut planned: Box<PlannedTurn>,
) -> Result<Response<ResponseBody>, Error> {
    let slot = planned
        .claim
        .tenant()
        .hold(BoundedResource::Background, 1)?;
    let config = &core.config;
    let store = planned.store().clone();
    let claim = Claim::new(&RandomIds.id(IdKind::Item), config.background_lease);
    let hold = Hold::new(claim.clone());
    planned.commit.hold = Some(hold.clone());
    // Without its job, which comes once this is stored: a store that is away for a while may write later what it was
    // asked for, and a request that was refused must not be run then.
    let queued = planned.record(ResponseStatus::Queued).await?;
    if let Some(request) = planned.request.take() {
        let caller = authorize::remember(&*config.authorize, &head)?;
        planned.job = Some(Job::new(request, caller.map(Arc::from)));
    }
    let id = queued.id().to_owned();
    let shared = planned.claim.share();
    // Before the response is stored: one that is refused leaves no job.
    let (answer, untaken) = if planned.turn.stream {
        let tenant = shared.tenant();
        let mut follower = Follower::new(store.clone(), &id, None, &config.shutdown, tenant);
        let untaken = follower.untaken();
        (Answer::Followed(Box::new(follower), shared), Some(untaken))
    } else {
        let document = retrieve::response(shared, queued.clone()).await?;
        (Answer::Document(document), None)
    };
    let request = RequestContext::from_extensions(&head.extensions);
    let queued = Queued {
        spawner: spawner.clone(),
        record: queued.claimed(claim),
        head,
        planned,
        hold,
        slot,
        untaken,
        active: config.shutdown.watch(),
    };
    let (client, begun) = oneshot::channel();
    let storing = queued.run(Arc::clone(&core), store.clone(), client);
    spawner.spawn(storing.instrument(Span::current()));
    // The host may drop the task.
    begun.await.map_err(Error::server)??;
    if let Some(request) = request {
        request.record_response_id(&id);
    }
    Ok(match answer {
        Answer::Document(answer) => answer,
        Answer::Followed(follower, claim) => {
            let events = follower.events(claim);
            respond::followed(HeaderMap::new(), events, config.heartbeat, &core.stalls)
        }
    })
}

/// What a client gets of a background response at its beginning.
enum Answer {
    Document(Response<ResponseBody>),
    Followed(Box<Follower>, bounds::Claim),
}

/// A background response that is not stored yet.
struct Queued {
    spawner: Spawner,
    record: StoredResponse,
    head: Parts,
    planned: Box<PlannedTurn>,
    hold: Hold,
    slot: Held,
    /// For the first client of a stream.
    untaken: Option<Untaken>,
    active: Watch,
}

impl Queued {
    /// Stores the response and starts its job, in a task: a request that is dropped meanwhile must not leave
    /// a response that nothing works on. One whose client has gone is deleted.
    async fn run<P: Provider>(
        self,
        core: Arc<Core<P>>,
        store: ScopedStore,
        client: oneshot::Sender<Result<(), Error>>,
    ) {
        let Self {
            spawner,
            record,
            mut head,
            planned,
            hold,
            slot,
            untaken,
            active: _active,
        } = self;
        let id = record.id().to_owned();
        // The log is opened before the response is stored: one that was refused must not be run later. The
        // response must be stored before it starts, or it could not be polled.
        let stored = async {
            let pump = match untaken {
                Some(untaken) => {
                    let mut pump = EventPump::open(&store, &id, 1, None).await?;
                    pump.keep_untaken(untaken);
                    Some(pump)
                }
                None => None,
            };
            store.save(record.clone()).await?;
            if let Some(job) = planned.job.clone() {
                let held = UpdateCondition::HeldBy(hold.claim().holder());
                // Where this fails, the job comes with the update that begins the response.
                let _ = store.update(record.with_job(Some(job)), held).await;
            }
            Ok(pump)
        };
        let pump = match stored.await {
            Ok(pump) if !client.is_closed() => pump,
            refused => {
                let _ = client.send(refused.map(drop));
                discard(planned.claim.bytes(), planned);
                // It may be stored nevertheless, and ends as failed where this fails, too.
                let _ = store.delete(&id).await;
                return;
            }
        };
        if let Some(request) = RequestContext::from_extensions(&head.extensions) {
            head.extensions.insert(request.begin_background());
        }
        launch(&core, &spawner, head, planned, hold, slot, pump);
        let _ = client.send(Ok(()));
    }
}

/// Runs a stored turn in a task.
pub(super) fn launch<P: Provider>(
    core: &Arc<Core<P>>,
    spawner: &Spawner,
    head: Parts,
    planned: Box<PlannedTurn>,
    hold: Hold,
    slot: Held,
    pump: Option<EventPump>,
) {
    let store = planned.store().clone();
    let key = (store.scope().clone(), planned.response.id.clone());
    let context = RequestContext::from_extensions(&head.extensions);
    let span = context.map_or_else(Span::none, |context| context.span().clone());
    let core = Arc::clone(core);
    let (job, abort) = abortable(run(Arc::clone(&core), head, planned, store, hold, pump));
    let running = core.config.jobs.begin(key, abort);
    let active = core.config.shutdown.watch();
    let job = async move {
        let _slot = slot;
        // Its end may still have to be stored when its turn has ended.
        let _active = active;
        // Dropped with the task, which the host may drop before it has begun.
        let _running = running;
        let _ = job.await;
    };
    spawner.spawn(job.instrument(span));
}

async fn run<P: Provider>(
    core: Arc<Core<P>>,
    head: Parts,
    planned: Box<PlannedTurn>,
    store: ScopedStore,
    hold: Hold,
    pump: Option<EventPump>,
) {
    let begun = match planned.record(ResponseStatus::InProgress).await {
        Ok(begun) => begun.claimed(hold.claim().clone()),
        Err(error) => return tracing::error!(%error, "a background response did not begin"),
    };
    let id = begun.id().to_owned();
    let work = async {
        let held = UpdateCondition::HeldBy(hold.claim().holder());
        match store.update(begun.clone(), held).await {
            Ok(true) => {}
            Ok(false) => return,
            // The result may still be stored.
            Err(error) => tracing::error!(%error, "a background response was not stored"),
        }
        if let Some(mut pump) = pump {
            let rest = pump.run(start::deferred(&core, head, planned)).await;
            // The response itself may still be saved at its end.
            if let Some(rest) = rest {
                rest.drain().await;
            }
            return;
        }
        let started = start::start(&core.config, &core.provider, head, planned);
        match core.config.shutdown.unless_ended(started).await {
            // The result is stored, whether the turn succeeded or failed.
            Ok(turn) => drop(turn.stream.collect(|_| ()).await),
            Err(error) => {
                let failed = begun.changed(|response| fail(response, &error));
                if let Err(error) = save_end(&store, failed, &hold).await {
                    tracing::error!(%error, "a background response was not stored");
                }
            }
        }
    };
    // Cancelled or deleted by another process, which may happen before the provider has answered.
    select(pin!(work), pin!(lost(&store, &id, &hold))).await;
}

/// Ends a response with an error.
pub(super) fn fail(response: &mut openresponses_types::Response, error: &Error) {
    let failure = error.failure();
    response.status = ResponseStatus::Failed.into();
    response.error = ResponseError::new(failure.code, failure.message).into();
}

/// The longest pause after a renewal that failed: a claim that has lapsed may be taken by others.
const AGAIN: Duration = Duration::from_millis(250);

/// Renews the claim. Resolves when it is lost: another process has cancelled or deleted the
/// response, or taken it over.
async fn lost(store: &ScopedStore, id: &str, hold: &Hold) {
    let claim = hold.claim();
    let pause = LOOK.min(store.renewal_pause(Some(claim.time())));
    let mut next = pause;
    loop {
        tokio::time::sleep(next).await;
        next = match store.renew(id, claim).await {
            Ok(true) => pause,
            // Events of the end may still have to be written.
            Ok(false) if hold.ends() => std::future::pending().await,
            Ok(false) => return,
            Err(_) => pause.min(AGAIN),
        };
    }
}

/// `POST {prefix}/responses/{id}/cancel`. A finished response is unchanged.
pub(super) async fn cancel(
    jobs: &Jobs,
    store: &ScopedStore,
    mut claim: bounds::Claim,
    id: &str,
) -> Result<Response<ResponseBody>, Error> {
    let mut found = stored(store, &mut claim, id).await?;
    if found.response().background != Field::Value(true) {
        return Err(Error::new(
            ErrorKind::InvalidRequest,
            "not_a_background_response",
            "Only responses that were made with 'background: true' can be cancelled.",
        )
        .param("response_id"));
    }
    if !found.is_finished() {
        let attempt = found.job().map_or(1, |job| job.attempt);
        let cancelled =
            found.changed(|response| response.status = ResponseStatus::Cancelled.into());
        if store
            .update(cancelled.clone(), UpdateCondition::Unfinished)
            .await?
        {
            jobs.stop(store.scope(), id).await;
            // Those that follow the stream see the end at once. There may be no log.
            let end = EventBatch::default().attempt(attempt).ends(true);
            let _ = store.append_events(id, end).await;
            found = cancelled;
        } else {
            // It has finished in the meantime, or was deleted.
            drop(found);
            claim.memory().resize(0)?;
            found = stored(store, &mut claim, id).await?;
        }
    }
    retrieve::response(claim, found).await
}
