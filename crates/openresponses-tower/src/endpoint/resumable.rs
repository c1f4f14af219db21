//! Streams of the foreground that survive their client for a while.

use std::pin::pin;

use futures_util::future::select;
use http::Response;
use tokio::sync::oneshot;

use super::core::Core;
use super::event_pump::EventPump;
use super::follow::Follower;
use super::respond;
use super::response_body::ResponseBody;
use super::start::StartedTurn;
use crate::error::{Error, ErrorKind};
use crate::turn::Resume;

/// Runs a started turn in a task that writes its log, and answers with the events from there.
pub(super) async fn start<P>(
    core: &Core<P>,
    resume: &Resume,
    follower: Follower,
    begun: StartedTurn,
) -> Result<Response<ResponseBody>, Error> {
    let (store, id) = follower.place();
    let mut pump = EventPump::open(store, id, 1).await?;
    let StartedTurn { stream, headers } = begun;
    let (here, left) = oneshot::channel::<()>();
    let time = resume.time;
    resume.spawner.spawn(async move {
        let alone = async {
            // The other end is dropped with the client's stream.
            let _ = left.await;
            tokio::time::sleep(time).await;
        };
        let abandoned = {
            let run = pin!(pump.run(stream));
            matches!(
                select(run, pin!(alone)).await,
                futures_util::future::Either::Right(_)
            )
        };
        if abandoned {
            pump.end_with(&left_alone()).await;
        }
    });
    let (events, heartbeat) = (follower.events(here), core.config.heartbeat);
    Ok(respond::followed(headers, events, heartbeat, &core.stalls))
}

fn left_alone() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "client_disconnected",
        "The client disconnected and did not resume the stream in time.",
    )
}
