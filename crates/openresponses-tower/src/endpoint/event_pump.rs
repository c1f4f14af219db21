//! From a turn into the log of its response, from which clients follow it.

use std::pin::pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use openresponses_sse::encode::{Encode, Encoder};
use openresponses_types::StreamEvent;
use openresponses_types::event::ErrorEvent;

use crate::error::Error;
use crate::store::{EventBatch, LoggedEvent, ScopedStore};
use crate::turn::{ActiveTurn, TurnEvent};

/// The most events of one write. Those that are ready together are written together.
const TOGETHER: usize = 256;

/// The number of attempts to write events to a store that fails.
const ATTEMPTS: u32 = 5;

/// The pause before the second attempt, which doubles with each further one.
const PAUSE: Duration = Duration::from_millis(100);

/// What became of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Appended {
    Yes,
    /// The response was deleted.
    Gone,
    /// The store failed.
    Failed,
}

/// Writes the events of one response to its log.
pub(super) struct EventPump {
    store: ScopedStore,
    id: String,
    encoder: Encoder,
    /// The number of the next event.
    next: u64,
}

impl EventPump {
    /// Creates the log of the response `id`.
    pub(super) async fn open(store: &ScopedStore, id: &str) -> Result<Self, Error> {
        store
            .append_events(id, EventBatch::default().opens(true))
            .await?;
        Ok(Self {
            store: store.clone(),
            id: id.to_owned(),
            encoder: Encoder::new(),
            next: 0,
        })
    }

    /// Writes all events of a turn and runs it to its end. A deleted response ends it.
    pub(super) async fn run(&mut self, turn: ActiveTurn) {
        let mut chunks = pin!(turn.ready_chunks(TOGETHER));
        let mut logs = true;
        while let Some(events) = chunks.next().await {
            if !logs {
                continue;
            }
            let batch = EventBatch::new(self.encode(&events));
            match self.append(batch).await {
                Appended::Yes => {}
                Appended::Gone => return,
                // The response itself may still be saved at its end.
                Appended::Failed => logs = false,
            }
        }
        if logs {
            self.append(EventBatch::default().ends(true)).await;
        }
    }

    /// Ends the log with an error in place of further events.
    pub(super) async fn end_with(&mut self, error: &Error) {
        let event = ErrorEvent::new(self.next, Box::new(error.payload()));
        let events = self.encode(&[StreamEvent::from(event).into()]);
        self.append(EventBatch::new(events).ends(true)).await;
    }

    fn encode(&mut self, events: &[TurnEvent]) -> Vec<LoggedEvent> {
        let mut logged = Vec::with_capacity(events.len());
        for event in events {
            let mut frame = BytesMut::new();
            // An event that cannot be encoded is left out, as in a stream without a log.
            if event.encode(&mut self.encoder, &mut frame).is_ok() {
                logged.push(LoggedEvent::new(self.next, Bytes::from(frame)));
            }
            self.next += 1;
        }
        logged
    }

    async fn append(&self, batch: EventBatch) -> Appended {
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
