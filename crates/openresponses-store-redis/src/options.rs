use std::time::Duration;

/// How a [`RedisStore`](crate::RedisStore) keeps responses, and how long it waits.
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
    pub(crate) connect_timeout: Duration,
    pub(crate) timeout: Duration,
    #[cfg(feature = "tls")]
    pub(crate) certificates: redis::TlsCertificates,
}

impl RedisStoreOptions {
    /// Keys that start with `openresponses`, kept for 24 hours, of at most 16 MiB each; 1 second
    /// to connect, 1.5 seconds for everything.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prefix: String::from("openresponses"),
            time_to_live: Duration::from_secs(24 * 3600),
            max_record_bytes: 16 << 20,
            connect_timeout: Duration::from_secs(1),
            timeout: Duration::from_millis(1500),
            #[cfg(feature = "tls")]
            certificates: redis::TlsCertificates {
                client_tls: None,
                root_cert: None,
            },
        }
    }

    /// What every key starts with; a colon is put behind it. Services that shall not see each
    /// other's responses need different prefixes, or different databases. In a cluster a prefix
    /// with braces is a hash tag, which puts all of it on one node.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// How long a response is kept after it was saved. At least a millisecond, at most a hundred
    /// years.
    #[must_use]
    pub fn time_to_live(mut self, time: Duration) -> Self {
        self.time_to_live = time;
        self
    }

    /// The most bytes that one response may take, with the whole conversation that it ends. Saving
    /// a larger one is an error: the client gets it with `store: false`.
    #[must_use]
    pub fn max_record_bytes(mut self, bytes: usize) -> Self {
        self.max_record_bytes = bytes;
        self
    }

    /// How long an attempt to connect may take: looking the name up, TCP, TLS and authentication.
    #[must_use]
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = time;
        self
    }

    /// How long any call may take, connecting included. The middleware itself gives up after two
    /// seconds, so there is no use in more.
    #[must_use]
    pub fn timeout(mut self, time: Duration) -> Self {
        self.timeout = time;
        self
    }

    /// The certificates, as PEM, that servers are trusted by. Unless told, those of the operating
    /// system.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn root_certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.root_cert = Some(pem.into());
        self
    }

    /// The certificate chain and its key, as PEM, that the server knows this client by.
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

    /// In milliseconds, as Redis takes it.
    pub(crate) fn expiry(&self) -> u64 {
        const CENTURY: u64 = 100 * 365 * 24 * 3600 * 1000;
        let asked = u64::try_from(self.time_to_live.as_millis()).unwrap_or(u64::MAX);
        asked.clamp(1, CENTURY)
    }
}

impl Default for RedisStoreOptions {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_expiry_is_one_that_redis_takes() {
        let of = |time| RedisStoreOptions::new().time_to_live(time).expiry();
        assert_eq!(of(Duration::ZERO), 1);
        assert_eq!(of(Duration::from_secs(2)), 2000);
        assert_eq!(of(Duration::MAX), 3_153_600_000_000);
    }
}
