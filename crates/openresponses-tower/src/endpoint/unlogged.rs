//! The rest of a turn whose log failed.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use openresponses_sse::encode::{Encode, Encoder};

use crate::store::LoggedEvent;
use crate::turn::{ActiveTurn, TurnEvent};

/// The events that could not be written, and the turn that makes the others.
pub(super) struct Unlogged {
    events: VecDeque<LoggedEvent>,
    encoder: Encoder,
    /// The number of the turn's next event.
    next: u64,
    turn: ActiveTurn,
}

impl Unlogged {
    /// Creates the rest from the events that failed, with others before them, those after them, of which
    /// the first has the number `next`, and the turn.
    pub(super) fn new(
        mut events: VecDeque<LoggedEvent>,
        waiting: &[TurnEvent],
        mut next: u64,
        turn: ActiveTurn,
    ) -> Self {
        let mut encoder = Encoder::new();
        events.extend(logged(waiting, &mut encoder, &mut next));
        Self {
            events,
            encoder,
            next,
            turn,
        }
    }

    /// Returns the next event from `number` on. A store may have kept events and failed nevertheless.
    pub(super) async fn next(&mut self, number: u64) -> Option<LoggedEvent> {
        loop {
            while let Some(event) = self.events.pop_front() {
                if event.number >= number {
                    return Some(event);
                }
            }
            let made = [self.turn.next().await?];
            let made = logged(&made, &mut self.encoder, &mut self.next);
            self.events.extend(made);
        }
    }

    /// Runs the turn to its end, which saves its response.
    pub(super) async fn drain(mut self) {
        while self.turn.next().await.is_some() {}
    }
}

/// Encodes events for a log, with numbers from `next` on.
pub(super) fn logged<'e>(
    events: &'e [TurnEvent],
    encoder: &'e mut Encoder,
    next: &'e mut u64,
) -> impl Iterator<Item = LoggedEvent> + 'e {
    events.iter().filter_map(move |event| {
        let number = *next;
        *next += 1;
        let mut frame = BytesMut::new();
        // An event that cannot be encoded is left out, as in a stream without a log.
        event.encode(encoder, &mut frame).ok()?;
        Some(LoggedEvent::new(number, Bytes::from(frame)))
    })
}
