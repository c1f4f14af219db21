//! The rest of a turn whose log failed.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use openresponses_sse::encode::{Encode, Encoder};

use crate::store::LoggedEvent;
use crate::turn::{ActiveTurn, TurnEvent};

/// The bytes of events that are kept until the first client has read them from the log.
const KEPT: usize = 64 * 1024;

/// The number of the event that a client reads next.
#[derive(Clone, Default)]
pub(super) struct ReadPosition(Arc<AtomicU64>);

impl ReadPosition {
    pub(super) fn set(&self, next: u64) {
        self.0.store(next, Ordering::Relaxed);
    }
}

/// The last events of a log that its first client may not have: the store may fail before it reads
/// them.
#[derive(Default)]
pub(super) struct Unread {
    position: ReadPosition,
    events: VecDeque<LoggedEvent>,
    bytes: usize,
}

impl Unread {
    pub(super) fn new(position: ReadPosition) -> Self {
        Self {
            position,
            ..Self::default()
        }
    }

    /// Keeps events that were written.
    pub(super) fn keep(&mut self, written: Vec<LoggedEvent>) {
        self.bytes += written.iter().map(|event| event.frame.len()).sum::<usize>();
        self.events.extend(written);
        let next = self.position.0.load(Ordering::Relaxed);
        while let Some(first) = self.events.front()
            && (first.number < next || self.bytes > KEPT)
        {
            self.bytes -= first.frame.len();
            self.events.pop_front();
        }
    }

    /// Returns what is kept.
    pub(super) fn take(&mut self) -> VecDeque<LoggedEvent> {
        self.bytes = 0;
        std::mem::take(&mut self.events)
    }
}

/// The events that could not be written, and the turn that makes the others.
pub(super) struct Unlogged {
    begins: u64,
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
        let begins = events.front().map_or(next, |event| event.number);
        events.extend(logged(waiting, &mut encoder, &mut next));
        Self {
            begins,
            events,
            encoder,
            next,
            turn,
        }
    }

    /// Returns the number of the first event that need not be read from the log.
    pub(super) fn begins(&self) -> u64 {
        self.begins
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
