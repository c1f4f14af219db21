//! Events that the first client of a log has not taken from there. The log may hold less than that client is
//! behind, and its store may fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::bounds::{BoundedResource, Held, Tenant};
use crate::store::LoggedEvent;

/// The bytes of events that the client is behind when its turn waits for it.
const BEHIND: usize = 256 * 1024;

struct Shared {
    events: Mutex<Events>,
    /// Wakes the turn.
    has_room: Notify,
}

struct Events {
    events: VecDeque<LoggedEvent>,
    bytes: usize,
    /// What they take.
    memory: Held,
    /// Nothing is kept any more.
    is_over: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Events {
    fn is_full(&self) -> bool {
        self.bytes > BEHIND
    }

    fn count(&mut self) {
        // They are there already, so they are kept even where they take more than their tenant may have.
        let _ = self.memory.resize(self.bytes as u64);
    }
}

/// The events, for the turn that writes them.
#[derive(Clone)]
pub(super) struct Untaken(Arc<Shared>);

impl Untaken {
    /// Keeps events that are about to be written.
    pub(super) fn keep(&self, events: &[LoggedEvent]) {
        let mut kept = self.0.lock();
        if !kept.is_over {
            kept.bytes += events.iter().map(LoggedEvent::bytes).sum::<usize>();
            kept.events.extend(events.iter().cloned());
            kept.count();
        }
    }

    /// Waits until the client is not far behind, or has left.
    pub(super) async fn room(&self) {
        while self.0.lock().is_full() {
            self.0.has_room.notified().await;
        }
    }

    /// Returns what is kept, which stays counted until the client has left.
    pub(super) fn hand_over(&self) -> VecDeque<LoggedEvent> {
        let mut kept = self.0.lock();
        kept.is_over = true;
        std::mem::take(&mut kept.events)
    }
}

/// The events, for the client that takes them.
pub(super) struct Taking(Arc<Shared>);

impl Taking {
    pub(super) fn new(tenant: &Arc<Tenant>) -> Self {
        Self(Arc::new(Shared {
            events: Mutex::new(Events {
                events: VecDeque::new(),
                bytes: 0,
                memory: tenant.nothing(BoundedResource::Memory),
                is_over: false,
            }),
            has_room: Notify::new(),
        }))
    }

    pub(super) fn untaken(&self) -> Untaken {
        Untaken(Arc::clone(&self.0))
    }

    /// Returns up to `limit` bytes of the events from `next` on, at least one if there is one.
    pub(super) fn peek(&self, next: u64, limit: usize) -> Vec<LoggedEvent> {
        let kept = self.0.lock();
        let mut bytes = 0;
        let events = kept.events.iter().filter(|event| event.number >= next);
        let events = events.take_while(|event| {
            let fits = bytes < limit;
            bytes += event.bytes();
            fits
        });
        events.cloned().collect()
    }

    /// Drops what the client has: everything before `next`.
    pub(super) fn taken(&self, next: u64) {
        let mut kept = self.0.lock();
        if kept.is_over {
            return;
        }
        let was_full = kept.is_full();
        while let Some(first) = kept.events.front().filter(|first| first.number < next) {
            kept.bytes -= first.bytes();
            kept.events.pop_front();
        }
        kept.count();
        if was_full && !kept.is_full() {
            self.0.has_room.notify_one();
        }
    }
}

impl Drop for Taking {
    fn drop(&mut self) {
        let mut kept = self.0.lock();
        kept.is_over = true;
        kept.events = VecDeque::new();
        kept.bytes = 0;
        kept.count();
        self.0.has_room.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt;

    use super::*;
    use crate::bounds::Bounds;
    use crate::scope::Scope;

    fn events(numbers: std::ops::Range<u64>) -> Vec<LoggedEvent> {
        let frame = vec![b'x'; BEHIND / 4];
        let event = |number| LoggedEvent::new(number, frame.clone());
        numbers.map(event).collect()
    }

    #[tokio::test]
    async fn a_turn_waits_for_a_client_that_is_far_behind_until_it_has_left() {
        let bounds = Bounds::new();
        let held = || bounds.usage()[0].held;
        let taking = Taking::new(&bounds.tenant(&Scope::anonymous()));
        let untaken = taking.untaken();
        untaken.keep(&events(0..3));
        assert!(untaken.room().now_or_never().is_some());
        untaken.keep(&events(3..5));
        assert!(held() > BEHIND as u64);
        let mut room = pin!(untaken.room());
        assert!(room.as_mut().now_or_never().is_none());
        assert_eq!(taking.peek(2, 1), events(2..3));
        taking.taken(3);
        assert!(room.now_or_never().is_some());
        untaken.keep(&events(5..9));
        let mut room = pin!(untaken.room());
        assert!(room.as_mut().now_or_never().is_none());
        drop(taking);
        assert!(room.now_or_never().is_some());
        untaken.keep(&events(9..99));
        assert!(untaken.room().now_or_never().is_some());
        assert_eq!(held(), 0);
    }
}
