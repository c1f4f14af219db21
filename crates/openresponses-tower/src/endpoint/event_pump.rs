//! From a turn into the log of its response, from which clients follow it.

use std::convert::Infallible;
use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::{Either, select};
use openresponses_sse::encode::Encoder;
use openresponses_types::StreamEvent;
use openresponses_types::event::ErrorEvent;

use super::unlogged::{Unlogged, logged};
use super::untaken::Untaken;
use crate::error::Error;
use crate::store::{EventBatch, LoggedEvent, ScopedStore, first_number};
use crate::turn::{ActiveTurn, TurnEvent};

/// The most events of one write.
const TOGETHER: usize = 256;

/// The number of attempts to write events to a store that fails.
const ATTEMPTS: u32 = 5;

/// The pause before the second attempt, which doubles with each further one.
const PAUSE: Duration = Duration::from_millis(100);

/// What became of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Appended {
    Yes,
    /// The response was deleted or cancelled, or a later attempt has begun.
    Gone,
    /// The store failed.
    Failed,
}

/// Collects what a turn yields. Ends with the write beside it.
async fn gather(
    turn: &mut ActiveTurn,
    waiting: &mut Vec<TurnEvent>,
    over: &mut bool,
) -> Infallible {
    // Stopped between two events, a turn is in no call.
    while !*over && waiting.len() < TOGETHER {
        match turn.next().await {
            Some(event) => waiting.push(event),
            None => *over = true,
        }
    }
    std::future::pending().await
}

/// Writes the events of one response to its log.
pub(super) struct EventPump {
    store: ScopedStore,
    id: String,
    attempt: u32,
    encoder: Encoder,
    /// The number of the next event.
    next: u64,
    /// Events are missing, since the store failed or has dropped the log.
    broken: bool,
    /// How long the log is kept without a write before its end.
    lease: Option<Duration>,
    /// What is kept for the client that follows the log from its beginning.
    untaken: Option<Untaken>,
}

impl EventPump {
    /// Creates the log of an attempt, from 1, at the response `id`. Without a `lease` the claim on the
    /// response tells whether the process lives that writes it.
    pub(super) async fn open(
        store: &ScopedStore,
        id: &str,
        attempt: u32,
        lease: Option<Duration>,
    ) -> Result<Self, Error> {
        let open = EventBatch::default().attempt(attempt).opens(true);
        let open = open.keep(lease);
        if !store.append_events(id, open).await? {
            return Err(Error::server("a log of a later attempt is there"));
        }
        Ok(Self {
            store: store.clone(),
            id: id.to_owned(),
            attempt,
            encoder: Encoder::new(),
            next: first_number(attempt),
            broken: false,
            lease,
            untaken: None,
        })
    }

    /// Keeps events until a client has taken them, and waits for it.
    pub(super) fn keep_untaken(&mut self, untaken: Untaken) {
        self.untaken = Some(untaken);
    }

    /// Returns true when the log lacks events.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Writes all events of a turn and runs it to its end. A background response that was cancelled or
    /// deleted ends it. Returns the rest of the turn when the store fails, or has dropped the log of a
    /// response of the foreground: that costs only resuming.
    pub(super) async fn run(&mut self, mut turn: ActiveTurn) -> Option<Unlogged> {
        let (mut waiting, mut over) = (Vec::new(), false);
        let pause = self.store.renewal_pause(self.lease);
        while !over {
            match select(turn.next(), pin!(tokio::time::sleep(pause))).await {
                Either::Left((Some(event), _)) => waiting.push(event),
                Either::Left((None, _)) => break,
                // The log is kept while the turn says nothing.
                Either::Right(_) => {}
            }
            loop {
                let has_room = self.has_room(pause).await;
                // The log is kept meanwhile.
                let next = has_room.then(|| std::mem::take(&mut waiting));
                let mut batch = EventBatch::new(self.encode(&next.unwrap_or_default()));
                if let Some(untaken) = &self.untaken {
                    // The log may drop them as soon as they are written.
                    untaken.keep(&batch.events);
                }
                // The turn continues meanwhile: it may be in the middle of a call of the same store.
                let appended = {
                    let gather = pin!(gather(&mut turn, &mut waiting, &mut over));
                    match select(pin!(self.append(&mut batch)), gather).await {
                        Either::Left((appended, _)) => appended,
                        Either::Right((never, _)) => match never {},
                    }
                };
                match appended {
                    Appended::Yes => {}
                    Appended::Gone if self.lease.is_none() => return None,
                    Appended::Gone | Appended::Failed => {
                        self.broken = true;
                        let kept = self.untaken.as_ref().map(Untaken::hand_over);
                        let events = kept.unwrap_or_else(|| batch.events.into());
                        return Some(Unlogged::new(events, &waiting, self.next, turn));
                    }
                }
                if waiting.is_empty() {
                    break;
                }
            }
        }
        self.append(&mut EventBatch::default().ends(true)).await;
        None
    }

    /// Ends the log with an error in place of further events.
    pub(super) async fn end_with(&mut self, error: &Error) {
        let event = ErrorEvent::new(self.next, Box::new(error.payload()));
        let events = self.encode(&[StreamEvent::from(event).into()]);
        self.append(&mut EventBatch::new(events).ends(true)).await;
    }

    /// Waits until the first client is not far behind: up to `time`, or until it has left.
    async fn has_room(&self, time: Duration) -> bool {
        match &self.untaken {
            Some(untaken) => tokio::time::timeout(time, untaken.room()).await.is_ok(),
            None => true,
        }
    }

    fn encode(&mut self, events: &[TurnEvent]) -> Vec<LoggedEvent> {
        logged(events, &mut self.encoder, &mut self.next).collect()
    }

    async fn append(&self, batch: &mut EventBatch) -> Appended {
        batch.attempt = self.attempt;
        batch.keep = self.lease.filter(|_| !batch.ends);
        let mut pause = PAUSE;
        for attempt in 1.. {
            match self.store.append_events(&self.id, batch.clone()).await {
                Ok(true) => return Appended::Yes,
                Ok(false) => return Appended::Gone,
                Err(error) if attempt == ATTEMPTS => {
                    tracing::error!(%error, "events were not stored");
                    break;
                }
                Err(_) => tokio::time::sleep(pause).await,
            }
            pause *= 2;
        }
        Appended::Failed
    }
}
