use std::time::Duration;

use openresponses_tower::store::{EventLogLimits, MAX_TIME_TO_LIVE, Transfers};

/// Options of a [`SqlStore`](crate::SqlStore).
///
/// ```
/// use std::time::Duration;
/// use openresponses_store_sql::SqlStoreOptions;
///
/// let options = SqlStoreOptions::new()
///     .time_to_live(Duration::from_secs(30 * 24 * 3600))
///     .connections(16);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct SqlStoreOptions {
    pub(crate) time_to_live: Duration,
    pub(crate) max_record_bytes: usize,
    pub(crate) scope_responses: usize,
    pub(crate) scope_bytes: usize,
    pub(crate) file_bytes: Option<usize>,
    pub(crate) events: EventLogLimits,
    pub(crate) connections: u32,
    pub(crate) transfer_bytes: usize,
    pub(crate) timeout: Duration,
    pub(crate) migrate: bool,
}

impl SqlStoreOptions {
    /// Creates the default options: responses are kept for 24 h, conversations have up to 16 MiB,
    /// 8 connections, 1.5 s for a whole call.
    #[must_use]
    pub fn new() -> Self {
        Self {
            time_to_live: Duration::from_secs(24 * 3600),
            max_record_bytes: 16 << 20,
            scope_responses: usize::MAX,
            scope_bytes: usize::MAX,
            file_bytes: None,
            events: EventLogLimits::default(),
            connections: 8,
            transfer_bytes: Transfers::DEFAULT_BYTES,
            timeout: Duration::from_millis(1500),
            migrate: true,
        }
    }

    /// Sets how long a response is kept, an unfinished one after its process has renewed its claim.
    /// Default: 24 h.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }

    /// Sets the maximum size of one response with its conversation, in bytes. Saving a larger one
    /// fails, and the client gets it with `store: false`. Default: 16,777,216 (16 MiB).
    #[must_use]
    pub fn max_record_bytes(mut self, bytes: usize) -> Self {
        self.max_record_bytes = bytes;
        self
    }

    /// Sets the maximum number of responses of one scope. A save beyond it removes the oldest ones. With
    /// a limit each save reads the index of its scope. Default: no limit.
    #[must_use]
    pub fn scope_responses(mut self, count: usize) -> Self {
        self.scope_responses = count.max(1);
        self
    }

    /// Sets the maximum size of one scope in bytes: its responses and their items, without logs of
    /// events. A save beyond it removes the oldest responses, and one of a larger conversation fails.
    /// Default: no limit.
    #[must_use]
    pub fn scope_bytes(mut self, bytes: usize) -> Self {
        self.scope_bytes = bytes;
        self
    }

    /// Sets the maximum size of a SQLite file in bytes, in steps of 4 KiB and without its WAL. A save
    /// beyond it fails until something was deleted or has expired, for which the file may grow by the largest record.
    /// Default: no limit. PostgreSQL ignores it.
    #[must_use]
    pub fn file_bytes(mut self, bytes: usize) -> Self {
        self.file_bytes = Some(bytes);
        self
    }

    /// Sets the maximum size of one response's log of events in bytes. The oldest events are
    /// discarded. Default: 4,194,304 (4 MiB).
    #[must_use]
    pub fn event_bytes(mut self, bytes: usize) -> Self {
        self.events.bytes = bytes;
        self
    }

    /// Sets how long events are kept after the last one was added, but not longer than their
    /// response. Default: 10 min.
    #[must_use]
    pub fn event_time(mut self, time: Duration) -> Self {
        self.events.time = time;
        self
    }

    /// Sets the maximum number of connections. Calls beyond it wait, up to their time limit. SQLite has
    /// two more: one that writes, and one that reads large values. Default: 8.
    #[must_use]
    pub fn connections(mut self, count: u32) -> Self {
        self.connections = count.max(1);
        self
    }

    /// Sets how many bytes of values of more than 64 KiB are read at once, by all scopes, of which one
    /// scope has at most half; and how many are written. Further calls wait, up to their time limit. The
    /// process takes up to three times as much for each of both. At least 2 KiB. Default: 16,777,216
    /// (16 MiB).
    #[must_use]
    pub fn transfer_bytes(mut self, bytes: usize) -> Self {
        self.transfer_bytes = bytes;
        self
    }

    /// Sets the time limit of a whole call, connecting included. The endpoint gives up after 2 s, so
    /// a higher value has no effect. Default: 1.5 s.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets whether [`connect`](crate::SqlStore::connect) creates or upgrades the tables. A host
    /// that does this elsewhere calls [`migrate`](crate::SqlStore::migrate). Default: true.
    #[must_use]
    pub fn migrate(mut self, migrate: bool) -> Self {
        self.migrate = migrate;
        self
    }
}

impl SqlStoreOptions {
    /// Returns the time to live of a response in milliseconds.
    pub(crate) fn expiry(&self) -> i64 {
        millis(self.time_to_live).max(1)
    }

    /// Returns the time to live of a log.
    pub(crate) fn log_time(&self) -> Duration {
        self.events.time_to_live(self.time_to_live)
    }

    /// Returns the time to live of a log in milliseconds, not longer than `keep`.
    pub(crate) fn event_expiry(&self, keep: Option<Duration>) -> i64 {
        millis(keep.unwrap_or(Duration::MAX).min(self.log_time())).max(1)
    }
}

impl Default for SqlStoreOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a time in milliseconds, up to [`MAX_TIME_TO_LIVE`].
pub(crate) fn millis(time: Duration) -> i64 {
    let millis = time.min(MAX_TIME_TO_LIVE).as_millis();
    i64::try_from(millis).unwrap_or(i64::MAX)
}
