//! The events of one response, for clients that resume its stream.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;

/// An event of a stream as it was sent.
///
/// ```
/// use openresponses_tower::store::LoggedEvent;
///
/// let event = LoggedEvent::new(7, "event: response.completed\ndata: {}\n\n");
/// assert_eq!(event.number, 7);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoggedEvent {
    /// Its `sequence_number`.
    pub number: u64,
    /// Its frame: the lines `event:` and `data:`, and the blank line.
    pub frame: Bytes,
}

impl LoggedEvent {
    /// What an event takes in a log beside its frame, in bytes: 64.
    pub const OVERHEAD: usize = 64;

    /// Creates the event `number` with its frame.
    #[must_use]
    pub fn new(number: u64, frame: impl Into<Bytes>) -> Self {
        Self {
            number,
            frame: frame.into(),
        }
    }

    /// Returns what it takes in a log, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.frame.len() + Self::OVERHEAD
    }
}

/// Limits of each log of events of a store.
///
/// ```
/// use std::time::Duration;
/// use openresponses_tower::store::EventLogLimits;
///
/// let limits = EventLogLimits::default();
/// assert_eq!((limits.bytes, limits.time), (4 << 20, Duration::from_secs(600)));
/// assert_eq!(limits.time_to_live(Duration::from_secs(60)), Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventLogLimits {
    /// The maximum size of a log in bytes. The oldest events are discarded. Default: 4 MiB.
    pub bytes: usize,
    /// How long events are kept after the last one was added. Default: 10 min.
    pub time: Duration,
}

impl EventLogLimits {
    /// Returns how long a log is kept: not longer than its response, which is kept for `response`.
    #[must_use]
    pub fn time_to_live(&self, response: Duration) -> Duration {
        self.time.min(response)
    }
}

impl Default for EventLogLimits {
    fn default() -> Self {
        Self {
            bytes: 4 << 20,
            time: Duration::from_secs(600),
        }
    }
}

/// How many numbers the events of one attempt have. The events of the first attempt are numbered
/// from 0, those of a response that was restarted once from this number, and so on.
const ATTEMPT: u64 = 1 << 24;

/// Returns the number of the first event of an attempt, the first of which is 1.
#[must_use]
pub const fn first_number(attempt: u32) -> u64 {
    (attempt.saturating_sub(1) as u64).saturating_mul(ATTEMPT)
}

/// Returns the attempt that an event belongs to by its number.
#[must_use]
#[allow(clippy::cast_possible_truncation, reason = "it is in the range")]
pub const fn attempt_of(number: u64) -> u32 {
    let before = number / ATTEMPT;
    if before >= u32::MAX as u64 {
        return u32::MAX;
    }
    before as u32 + 1
}

/// Events to append to a log.
///
/// ```
/// use openresponses_tower::store::{EventBatch, LoggedEvent};
///
/// let batch = EventBatch::new(vec![LoggedEvent::new(0, "data: {}\n\n")]).opens(true);
/// assert_eq!((batch.attempt, batch.opens, batch.ends), (1, true, false));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EventBatch {
    /// The events, in order.
    pub events: Vec<LoggedEvent>,
    /// The attempt that they belong to, from 1.
    pub attempt: u32,
    /// Creates the log if there is none, and in place of that of an earlier attempt.
    pub opens: bool,
    /// Ends the log: nothing more will come.
    pub ends: bool,
    /// How long the log is kept without a further write, if shorter than the store keeps events: without
    /// one in this time the process that writes it has stopped.
    pub keep: Option<Duration>,
}

impl EventBatch {
    /// Creates a batch that neither opens nor ends the log.
    #[must_use]
    pub fn new(events: Vec<LoggedEvent>) -> Self {
        Self {
            events,
            attempt: 1,
            opens: false,
            ends: false,
            keep: None,
        }
    }

    /// Returns the bytes of the frames.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.events.iter().map(|event| event.frame.len()).sum()
    }

    /// Sets the attempt that the events belong to. Default: 1.
    #[must_use]
    pub fn attempt(mut self, attempt: u32) -> Self {
        self.attempt = attempt;
        self
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

    /// Sets how long the log is kept without a further write. Default: as long as the store keeps events.
    #[must_use]
    pub fn keep(mut self, time: Option<Duration>) -> Self {
        self.keep = time;
        self
    }
}

impl Default for EventBatch {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

/// A part of a log.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_tower::Scope;
/// use openresponses_tower::store::{
///     EventBatch, EventPage, LoggedEvent, MemoryStore, MemoryStoreLimits, ResponseStore,
/// };
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), openresponses_tower::store::StoreError> {
/// let (store, scope) = (MemoryStore::new(MemoryStoreLimits::default()), Scope::anonymous());
/// let batch = EventBatch::new(vec![LoggedEvent::new(0, "data: {}\n\n")]);
/// store.append_events(&scope, "resp_1", batch.opens(true).ends(true)).await?;
/// match store.read_events(&scope, "resp_1", None, Duration::ZERO).await? {
///     EventPage::Events { events, ended } => assert_eq!((events.len(), ended), (1, true)),
///     page => unreachable!("{page:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EventPage {
    /// There is no log.
    Missing,
    /// Events after the position were discarded.
    Gone,
    /// The position is in an earlier attempt, whose events were discarded.
    Restarted,
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
#[derive(Debug)]
pub(super) struct EventLog {
    attempt: u32,
    events: VecDeque<LoggedEvent>,
    bytes: usize,
    /// The number of the first event that was not discarded.
    first: u64,
    ended: bool,
}

impl EventLog {
    /// Creates the empty log of an attempt.
    pub(super) fn new(attempt: u32) -> Self {
        Self {
            attempt,
            events: VecDeque::new(),
            bytes: 0,
            first: first_number(attempt),
            ended: false,
        }
    }

    pub(super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Returns the number after the last event.
    fn next(&self) -> u64 {
        let last = self.events.back();
        last.map_or(self.first, |last| last.number.saturating_add(1))
    }

    /// Returns true if it takes a batch, or the batch replaces it.
    pub(super) fn takes(&self, batch: &EventBatch) -> bool {
        if self.attempt != batch.attempt {
            return batch.opens && self.attempt < batch.attempt;
        }
        let is_further = |event: &LoggedEvent| event.number >= self.next();
        !self.ended || !batch.events.last().is_some_and(is_further)
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Appends events and discards the oldest beyond `limit` bytes.
    pub(super) fn append(&mut self, batch: EventBatch, limit: usize) {
        for event in batch.events {
            if event.number < self.next() {
                continue;
            }
            self.bytes += event.bytes();
            self.events.push_back(event);
        }
        self.shrink(limit);
        self.ended |= batch.ends;
    }

    /// Discards the oldest events beyond `limit` bytes.
    pub(super) fn shrink(&mut self, limit: usize) {
        while self.bytes > limit {
            let Some(oldest) = self.events.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
            self.first = oldest.number.saturating_add(1);
        }
    }

    /// Returns true when nothing more will come.
    pub(super) fn is_ended(&self) -> bool {
        self.ended
    }

    /// Returns what comes after `after`; `None` when that is nothing yet.
    pub(super) fn read(&self, after: Option<u64>) -> Option<EventPage> {
        let begin = first_number(self.attempt);
        let next = after.map_or(begin, |after| after.saturating_add(1));
        if next < self.first {
            let restarted = after.is_some_and(|after| after < begin);
            return Some(match restarted {
                true => EventPage::Restarted,
                false => EventPage::Gone,
            });
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
        let mut log = EventLog::new(1);
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
    fn positions_of_an_earlier_attempt_are_told_apart() {
        let mut log = EventLog::new(3);
        let first = first_number(3);
        assert_eq!((attempt_of(first - 1), attempt_of(first)), (2, 3));
        log.append(batch(first..first + 2), 1000);
        let all = numbers(log.read(None)).0;
        assert_eq!(all, [first, first + 1]);
        for after in [0, 7, first - 2] {
            assert_eq!(log.read(Some(after)), Some(EventPage::Restarted), "{after}");
        }
        assert_eq!(numbers(log.read(Some(first))).0, [first + 1]);
        log.append(batch(first + 2..first + 9), LoggedEvent::OVERHEAD + 1);
        assert_eq!(log.read(None), Some(EventPage::Gone));
        assert_eq!(log.read(Some(first)), Some(EventPage::Gone));
        assert_eq!(log.read(Some(0)), Some(EventPage::Restarted));
    }

    #[test]
    fn the_oldest_events_are_discarded() {
        let mut log = EventLog::new(1);
        let limit = 3 * (LoggedEvent::OVERHEAD + 1);
        log.append(batch(0..10), limit);
        assert_eq!(log.bytes(), limit);
        assert_eq!(log.read(None), Some(EventPage::Gone));
        assert_eq!(log.read(Some(5)), Some(EventPage::Gone));
        assert_eq!(numbers(log.read(Some(6))), (vec![7, 8, 9], false));
    }
}
