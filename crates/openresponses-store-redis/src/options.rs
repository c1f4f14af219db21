use std::time::Duration;

use openresponses_tower::store::{EventLogLimits, MAX_TIME_TO_LIVE, Transfers};

/// Options of a [`RedisStore`](crate::RedisStore).
///
/// ```
/// use std::time::Duration;
/// use openresponses_store_redis::RedisStoreOptions;
///
/// let options = RedisStoreOptions::new()
///     .prefix("shop")
///     .time_to_live(Duration::from_secs(30 * 24 * 3600))
///     .max_record_bytes(4 << 20);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
pub struct RedisStoreOptions {
    pub(crate) prefix: String,
    pub(crate) time_to_live: Duration,
    pub(crate) max_record_bytes: usize,
    pub(crate) scope_responses: usize,
    pub(crate) scope_bytes: usize,
    pub(crate) events: EventLogLimits,
    pub(crate) connections: usize,
    pub(crate) transfer_bytes: usize,
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    #[cfg(feature = "tls")]
    pub(crate) certificates: redis::TlsCertificates,
}

impl RedisStoreOptions {
    /// Creates the default options: keys with the prefix `openresponses`, kept for 24 h, of up to
    /// 16 MiB each; 1 s to connect, 1.5 s for a whole call.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prefix: String::from("openresponses"),
            time_to_live: Duration::from_secs(24 * 3600),
            max_record_bytes: 16 << 20,
            scope_responses: NO_LIMIT,
            scope_bytes: NO_LIMIT,
            events: EventLogLimits::default(),
            connections: 3,
            transfer_bytes: Transfers::DEFAULT_BYTES,
            connect_timeout: Duration::from_secs(1),
            timeout: Duration::from_millis(1500),
            #[cfg(feature = "tls")]
            certificates: redis::TlsCertificates {
                client_tls: None,
                root_cert: None,
            },
        }
    }

    /// Sets the prefix of every key, without its colon. Services that must not share responses need
    /// different prefixes or databases. In a cluster a prefix with braces is a hash tag, which puts
    /// all keys on one node. Default: `openresponses`.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// Sets how long a response is kept, from a millisecond to a hundred years; an unfinished one
    /// after its process has renewed its claim. Default: 24 h.
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

    /// Sets the maximum number of responses of one scope. A save beyond it removes the conversations
    /// that were not continued for the longest time, then the oldest responses of its own. A limit
    /// takes two further round trips of each save. All servers need the same one. Default: no limit.
    #[must_use]
    pub fn scope_responses(mut self, count: usize) -> Self {
        self.scope_responses = count.clamp(1, NO_LIMIT);
        self
    }

    /// Sets the maximum size of one scope in bytes: its responses and their items, without logs of
    /// events. As with [`scope_responses`](Self::scope_responses) the oldest go, and saving a response
    /// with a larger conversation fails. Default: no limit.
    #[must_use]
    pub fn scope_bytes(mut self, bytes: usize) -> Self {
        self.scope_bytes = bytes.min(NO_LIMIT);
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

    /// Sets the number of connections for values of more than 64 KiB, beside the one for all other
    /// commands. They are made when needed. At least 1. Default: 3.
    #[must_use]
    pub fn connections(mut self, count: usize) -> Self {
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

    /// Sets the time limit for connecting: name resolution, TCP, TLS and authentication. Default: 1
    /// s.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// Sets the time limit of a whole call, connecting included. The endpoint gives up after 2 s,
    /// so a higher value has no effect. Default: 1.5 s.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// Sets the trusted root certificates as PEM. Default: those of the operating system.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.root_cert = Some(pem.into());
        self
    }

    /// Sets the client certificate chain and its key as PEM.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn client_certificate(
        mut self,
        chain_pem: impl Into<Vec<u8>>,
        key_pem: impl Into<Vec<u8>>,
    ) -> Self {
        self.certificates.client_tls = Some(redis::ClientTlsConfig {
            client_cert: chain_pem.into(),
            client_key: key_pem.into(),
        });
        self
    }

    /// Returns the time to live in milliseconds.
    pub(crate) fn expiry(&self) -> u64 {
        millis(self.time_to_live).max(1)
    }

    /// Returns the time to live of a log.
    pub(crate) fn log_time(&self) -> Duration {
        self.events.time_to_live(self.time_to_live)
    }

    /// Returns the time to live of a log in milliseconds, not longer than `keep`.
    pub(crate) fn event_expiry(&self, keep: Option<Duration>) -> u64 {
        millis(keep.unwrap_or(Duration::MAX).min(self.log_time())).max(1)
    }
}

/// No limit: the largest number that scripts count exactly.
pub(crate) const NO_LIMIT: usize = (1 << 53) - 1;

impl Default for RedisStoreOptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Returns a time in milliseconds, up to [`MAX_TIME_TO_LIVE`].
pub(crate) fn millis(time: Duration) -> u64 {
    let millis = time.min(MAX_TIME_TO_LIVE).as_millis();
    u64::try_from(millis).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_is_within_the_range_of_redis() {
        let of = |time| RedisStoreOptions::new().time_to_live(time).expiry();
        assert_eq!(of(Duration::ZERO), 1);
        assert_eq!(of(Duration::from_secs(2)), 2000);
        assert_eq!(of(Duration::MAX), 3_153_600_000_000);
    }
}
