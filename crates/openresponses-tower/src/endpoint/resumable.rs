//! Streams of the foreground that survive their client for a while.

use std::pin::pin;

use futures_util::future::{Either, select};
use http::Response;
use tokio::sync::oneshot;

use super::core::Core;
use super::event_pump::EventPump;
use super::follow::Follower;
use super::respond;
use super::response_body::ResponseBody;
use super::start::StartedTurn;
use super::unlogged::Unlogged;
use crate::bounds::Claim;
use crate::error::{Error, ErrorKind};
use crate::store::ScopedStore;
use crate::turn::{ActiveTurn, Resume};

/// Runs a started turn in a task that writes its log, and answers with the events from there. Where the
/// log fails, the client gets the events from the turn, and the stream cannot be resumed.
pub(super) async fn start<P>(
    core: &Core<P>,
    resume: &Resume,
    mut follower: Follower,
    claim: Claim,
    begun: StartedTurn,
) -> Response<ResponseBody> {
    let StartedTurn { stream, headers } = begun;
    let heartbeat = core.config.heartbeat;
    let (store, id) = follower.place();
    let lease = Some(core.config.background_lease);
    let mut pump = match EventPump::open(store, id, 1, lease).await {
        Ok(pump) => pump,
        Err(error) => {
            tracing::error!(%error, "a stream cannot be resumed, since its log was not created");
            return respond::events(headers, stream, heartbeat, &core.stalls);
        }
    };
    let (store, id) = (store.clone(), id.to_owned());
    pump.keep_untaken(follower.untaken());
    let (here, left) = oneshot::channel::<()>();
    let (hand_over, rest) = oneshot::channel();
    let time = resume.time;
    let presence = core.config.presences.begin(store.scope(), &id);
    let following = presence.follow();
    resume.spawner.spawn(async move {
        let abandoned = {
            let work = pin!(write(&mut pump, stream, hand_over));
            let alone = pin!(presence.alone_for(time));
            matches!(select(work, alone).await, Either::Right(_))
        };
        if abandoned {
            pump.end_with(&left_alone()).await;
        } else if pump.is_broken() {
            // The turn may have been handed over, and ends with the client's stream then, which drops the
            // other end.
            let _ = left.await;
            end_broken(&store, &id, &mut pump).await;
        }
    });
    let events = follower
        .unless_failed(rest)
        .events((here, following, claim));
    respond::followed(headers, events, heartbeat, &core.stalls)
}

/// Writes the log of a turn. A client that is there gets what cannot be written; without one the response
/// may still be saved at the end of the turn.
async fn write(
    pump: &mut EventPump,
    turn: ActiveTurn,
    hand_over: oneshot::Sender<Option<Unlogged>>,
) {
    let rest = pump.run(turn).await;
    if let Err(Some(unlogged)) = hand_over.send(rest) {
        unlogged.drain().await;
    }
}

/// Ends a log without its last events, unless the response was saved: its end is in the response.
async fn end_broken(store: &ScopedStore, id: &str, pump: &mut EventPump) {
    if !matches!(store.state(id).await, Ok(Some(_))) {
        pump.end_with(&events_lost()).await;
    }
}

fn events_lost() -> Error {
    Error::new(
        ErrorKind::Server,
        "events_lost",
        "The other events of this response were not stored.",
    )
}

fn left_alone() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "client_disconnected",
        "The client disconnected and did not resume the stream in time.",
    )
}
