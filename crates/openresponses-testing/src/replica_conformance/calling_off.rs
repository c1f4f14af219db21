//! Background responses that are cancelled or deleted, whenever and wherever that is asked for.

use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response, StatusCode};
use openresponses_tower::store::{ResponseStore, WrappedStore};
use openresponses_tower::{Config, Error, OutputStream, Provider};
use openresponses_types::Turn;
use tokio::sync::Notify;

use super::gated::{Gate, Gated};
use super::{Replica, id_in};
use crate::store_conformance;

/// Where a job is when it is called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Queued: before it saves that it has begun.
    Begins,
    /// The provider has not answered yet, and then it does.
    Asks,
    /// The same, and then the provider fails.
    AsksAndFails,
    /// In the middle of the output.
    Streams,
    /// Before it saves the end.
    Ends,
    /// The end is saved.
    Ended,
}

const PHASES: [Phase; 6] = [
    Phase::Begins,
    Phase::Asks,
    Phase::AsksAndFails,
    Phase::Streams,
    Phase::Ends,
    Phase::Ended,
];

/// Waits in one phase.
struct Waiting {
    phase: Phase,
    reached: Arc<Notify>,
    open: Arc<Notify>,
}

impl Waiting {
    async fn wait_in(&self, phases: &[Phase]) {
        if phases.contains(&self.phase) {
            self.reached.notify_one();
            self.open.notified().await;
        }
    }
}

impl Provider for Waiting {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        self.wait_in(&[Phase::Asks, Phase::AsksAndFails]).await;
        if self.phase == Phase::AsksAndFails {
            return Err(Error::model_not_found("m"));
        }
        let waits = self.phase == Phase::Streams;
        let (reached, open) = (Arc::clone(&self.reached), Arc::clone(&self.open));
        Ok(Response::new(OutputStream::write(
            move |mut out| async move {
                out.text("one ");
                out.sink().flush().await;
                if waits {
                    reached.notify_one();
                    open.notified().await;
                }
                out.text("two");
                out.complete();
                Ok(())
            },
        )))
    }
}

/// Cancels and deletes responses in each phase, on the replica that runs them and on another one,
/// streamed and not. What was called off stays called off, and what has ended stays as it ended.
///
/// # Panics
/// When it does not, or does not end.
pub async fn calls_off_in_every_phase<S: ResponseStore + Clone>(here: &S, there: &S) {
    for phase in PHASES {
        for deletes in [false, true] {
            for asked_here in [false, true] {
                for streams in [false, true] {
                    if streams && phase == Phase::Begins {
                        // No client has the id yet: the first event comes later.
                        continue;
                    }
                    let case = Case {
                        phase,
                        deletes,
                        asked_here,
                        streams,
                    };
                    store_conformance::ends(&format!("{case:?}"), || case.check(here, there)).await;
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Case {
    phase: Phase,
    deletes: bool,
    asked_here: bool,
    streams: bool,
}

impl Case {
    async fn check<S: ResponseStore + Clone>(self, here: &S, there: &S) {
        let (reached, open) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let replica = |store: &S, gate| {
            let gated = Gated {
                gate,
                reached: Arc::clone(&reached),
                open: Arc::clone(&open),
            };
            let store = WrappedStore::new(store.clone(), gated);
            let provider = Waiting {
                phase: self.phase,
                reached: Arc::clone(&reached),
                open: Arc::clone(&open),
            };
            let config = Config::new().store(store);
            Replica::new(provider, config.background_lease(LEASE))
        };
        let gate = match self.phase {
            Phase::Begins => Gate::First,
            Phase::Ends => Gate::Last,
            Phase::Asks | Phase::AsksAndFails | Phase::Streams | Phase::Ended => Gate::Nowhere,
        };
        let (here, there) = (replica(here, gate), replica(there, Gate::Nowhere));
        let streams = self.streams;
        let body = format!(r#"{{"model":"m","input":"x","background":true,"stream":{streams}}}"#);
        let (status, mut begun) = here.send("POST", "", body).await;
        assert_eq!(status, StatusCode::OK, "{self:?}");
        let first = super::frame(&mut begun).await.unwrap_or_default();
        let path = format!("/{}", id_in(&first));
        if self.phase == Phase::Ended {
            while !has_status(&there, &path, "completed").await {
                tokio::time::sleep(BRIEFLY).await;
            }
        } else {
            reached.notified().await;
        }
        let asked = if self.asked_here { &here } else { &there };
        let (status, answer) = match self.deletes {
            true => asked.text("DELETE", &path, String::new()).await,
            false => {
                let path = format!("{path}/cancel");
                asked.text("POST", &path, String::new()).await
            }
        };
        assert_eq!(status, StatusCode::OK, "{self:?}: {answer}");
        // The job goes on, unless it has seen it.
        open.notify_one();
        for wait in [Duration::ZERO, BRIEFLY, 15 * BRIEFLY] {
            tokio::time::sleep(wait).await;
            for replica in [&here, &there] {
                self.check_end(replica, &path).await;
            }
        }
        drop(begun);
    }

    async fn check_end(self, replica: &Replica<Waiting>, path: &str) {
        let (status, text) = replica.text("GET", path, String::new()).await;
        if self.deletes {
            assert_eq!(status, StatusCode::NOT_FOUND, "{self:?}: {text}");
            let events = format!("{path}?stream=true");
            let (status, text) = replica.text("GET", &events, String::new()).await;
            assert_eq!(status, StatusCode::NOT_FOUND, "{self:?}: {text}");
            return;
        }
        let expected = match self.phase {
            Phase::Ended => "completed",
            _ => "cancelled",
        };
        let expected = format!("\"status\":\"{expected}\"");
        assert!(text.contains(&expected), "{self:?}: {text}");
    }
}

/// The time of a claim, within which a busy machine must renew it.
const LEASE: Duration = Duration::from_secs(10);

const BRIEFLY: Duration = Duration::from_millis(10);

async fn has_status(replica: &Replica<Waiting>, path: &str, status: &str) -> bool {
    let (_, text) = replica.text("GET", path, String::new()).await;
    text.contains(&format!("\"status\":\"{status}\""))
}
