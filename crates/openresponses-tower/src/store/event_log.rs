//! The events of one response, for clients that resume its stream.

use std::collections::VecDeque;

use bytes::Bytes;

/// An event of a stream as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedEvent {
    /// Its `sequence_number`.
    pub number: u64,
    /// Its frame: the lines `event:` and `data:`, and the blank line.
    pub frame: Bytes,
}

impl LoggedEvent {
    /// Creates the event `number` with its frame.
    #[must_use]
    pub fn new(number: u64, frame: impl Into<Bytes>) -> Self {
        Self {
            number,
            frame: frame.into(),
        }
    }
}

/// Events to append to a log.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct EventBatch {
    /// The events, in order.
    pub events: Vec<LoggedEvent>,
    /// Creates the log if there is none.
    pub opens: bool,
    /// Ends the log: nothing more will come.
    pub ends: bool,
}

impl EventBatch {
    /// Creates a batch that neither opens nor ends the log.
    #[must_use]
    pub fn new(events: Vec<LoggedEvent>) -> Self {
        Self {
            events,
            opens: false,
            ends: false,
        }
    }

    /// Sets whether the batch creates the log. Default: false.
    #[must_use]
    pub fn opens(mut self, opens: bool) -> Self {
        self.opens = opens;
        self
    }

    /// Sets whether the batch ends the log. Default: false.
    #[must_use]
    pub fn ends(mut self, ends: bool) -> Self {
        self.ends = ends;
        self
    }
}

/// A part of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventPage {
    /// There is no log.
    Missing,
    /// Events after the position were discarded.
    Gone,
    /// The next events.
    Events {
        /// In order; empty when the time to wait has passed or the log has ended.
        events: Vec<LoggedEvent>,
        /// The log has ended, and nothing comes after these events.
        ended: bool,
    },
}

/// The most bytes of one [`EventPage`] of a log in memory.
const PAGE: usize = 256 * 1024;

/// A log that keeps its newest events.
#[derive(Debug, Default)]
pub(super) struct EventLog {
    events: VecDeque<LoggedEvent>,
    bytes: usize,
    /// The number after the last discarded event.
    first: u64,
    ended: bool,
}

/// What an event takes beside its frame, in bytes.
const EVENT: usize = 56;

impl EventLog {
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends events and discards the oldest beyond `limit` bytes.
    pub(super) fn append(&mut self, batch: EventBatch, limit: usize) {
        for event in batch.events {
            if self
                .events
                .back()
                .is_some_and(|last| last.number >= event.number)
            {
                continue;
            }
            self.bytes += event.frame.len() + EVENT;
            self.events.push_back(event);
        }
        while self.bytes > limit {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.bytes -= oldest.frame.len() + EVENT;
            self.first = oldest.number + 1;
        }
        self.ended |= batch.ends;
    }

    /// Returns what comes after `after`; `None` when that is nothing yet.
    pub(super) fn read(&self, after: Option<u64>) -> Option<EventPage> {
        let next = after.map_or(0, |after| after.saturating_add(1));
        if next < self.first {
            return Some(EventPage::Gone);
        }
        let start = self.events.partition_point(|event| event.number < next);
        let mut bytes = 0;
        let page = self.events.range(start..).take_while(|event| {
            let fits = bytes < PAGE;
            bytes += event.frame.len();
            fits
        });
        let events: Vec<LoggedEvent> = page.cloned().collect();
        let ended = self.ended && start + events.len() == self.events.len();
        (ended || !events.is_empty()).then_some(EventPage::Events { events, ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(numbers: std::ops::Range<u64>) -> EventBatch {
        EventBatch::new(
            numbers
                .map(|number| LoggedEvent::new(number, "x"))
                .collect(),
        )
    }

    fn numbers(page: Option<EventPage>) -> (Vec<u64>, bool) {
        match page {
            Some(EventPage::Events { events, ended }) => {
                (events.iter().map(|event| event.number).collect(), ended)
            }
            other => unreachable!("no events: {other:?}"),
        }
    }

    #[test]
    fn what_comes_after_a_position_is_read() {
        let mut log = EventLog::default();
        assert_eq!(log.read(None), None);
        log.append(batch(0..3), 1000);
        assert_eq!(numbers(log.read(None)), (vec![0, 1, 2], false));
        assert_eq!(numbers(log.read(Some(0))), (vec![1, 2], false));
        assert_eq!(log.read(Some(2)), None);
        log.append(batch(1..4).ends(true), 1000);
        assert_eq!(numbers(log.read(Some(2))), (vec![3], true));
        assert_eq!(numbers(log.read(Some(3))), (vec![], true));
    }

    #[test]
    fn the_oldest_events_are_discarded() {
        let mut log = EventLog::default();
        log.append(batch(0..10), 3 * (EVENT + 1));
        assert_eq!(log.bytes(), 3 * (EVENT + 1));
        assert_eq!(log.read(None), Some(EventPage::Gone));
        assert_eq!(log.read(Some(5)), Some(EventPage::Gone));
        assert_eq!(numbers(log.read(Some(6))), (vec![7, 8, 9], false));
    }
}
