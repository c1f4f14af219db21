//! Streams of the foreground that survive their client for a while.

use std::pin::pin;

use futures_util::future::select;
use http::Response;
use tokio::sync::oneshot;

use super::event_pump::EventPump;
use super::follow::Follower;
use super::respond;
use super::response_body::ResponseBody;
use super::start::StartedTurn;
use crate::config::Config;
use crate::error::{Error, ErrorKind};
use crate::store::ScopedStore;
use crate::turn::Resume;

/// Runs a started turn in a task that writes its log, and answers with the events from there.
pub(super) async fn start(
    config: &Config,
    resume: &Resume,
    store: ScopedStore,
    id: &str,
    begun: StartedTurn,
) -> Result<Response<ResponseBody>, Error> {
    let mut pump = EventPump::open(&store, id, 1).await?;
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
    let events = Follower::new(store, id, None, &config.shutdown).events(here);
    Ok(respond::followed(headers, events, config.heartbeat))
}

fn left_alone() -> Error {
    Error::new(
        ErrorKind::InvalidRequest,
        "client_disconnected",
        "The client disconnected and did not resume the stream in time.",
    )
}
