use std::time::Duration;

use crate::store::EventLogLimits;

/// Limits of a [`MemoryStore`](super::MemoryStore).
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
///
/// let limits = MemoryStoreLimits::default()
///     .bytes(64 << 20)
///     .scope_entries(1000)
///     .time_to_live(Duration::from_secs(600));
/// let store = MemoryStore::new(limits);
/// # let _ = store;
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemoryStoreLimits {
    /// The maximum number of responses. Default: 100,000.
    pub entries: usize,
    /// The approximate maximum size in bytes, with the logs of events. Content shared by several turns
    /// of a conversation counts once. Default: 256 MiB.
    pub bytes: usize,
    /// The maximum number of responses of one scope. Default: no limit of its own.
    pub scope_entries: usize,
    /// The approximate maximum size of one scope in bytes, with its logs of events. Default: no limit of
    /// its own.
    pub scope_bytes: usize,
    /// How long a response is kept after it was saved, and an unfinished one after its process has
    /// renewed its claim. Default: 1 h.
    pub time_to_live: Duration,
    /// The maximum size of the log of events of one response in bytes. The oldest events are
    /// discarded. Default: 4 MiB.
    pub event_bytes: usize,
    /// How long events are kept after the last one was added, but not longer than their response.
    /// Default: 10 min.
    pub event_time: Duration,
}

impl Default for MemoryStoreLimits {
    fn default() -> Self {
        let events = EventLogLimits::default();
        Self {
            entries: 100_000,
            bytes: 256 << 20,
            scope_entries: usize::MAX,
            scope_bytes: usize::MAX,
            time_to_live: Duration::from_secs(3600),
            event_bytes: events.bytes,
            event_time: events.time,
        }
    }
}

impl MemoryStoreLimits {
    /// Sets the maximum number of responses. Default: 100,000.
    #[must_use]
    pub fn entries(mut self, count: usize) -> Self {
        self.entries = count;
        self
    }

    /// Sets the approximate maximum size in bytes. Default: 268,435,456 (256 MiB).
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets the maximum number of responses of one scope. Default: no limit of its own.
    #[must_use]
    pub fn scope_entries(mut self, count: usize) -> Self {
        self.scope_entries = count;
        self
    }

    /// Sets the approximate maximum size of one scope in bytes. Default: no limit of its own.
    #[must_use]
    pub fn scope_bytes(mut self, bytes: usize) -> Self {
        self.scope_bytes = bytes;
        self
    }

    /// Sets the maximum size of one response's log of events in bytes. Default: 4,194,304 (4 MiB).
    #[must_use]
    pub fn event_bytes(mut self, bytes: usize) -> Self {
        self.event_bytes = bytes;
        self
    }

    /// Sets how long events are kept after the last one was added. Default: 10 min.
    #[must_use]
    pub fn event_time(mut self, time: Duration) -> Self {
        self.event_time = time;
        self
    }

    /// Returns how long a log is kept.
    pub(super) fn log_time(&self) -> Duration {
        let events = EventLogLimits {
            bytes: self.event_bytes,
            time: self.event_time,
        };
        events.time_to_live(self.time_to_live)
    }

    /// Sets how long a response is kept. Default: 1 h.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }
}
