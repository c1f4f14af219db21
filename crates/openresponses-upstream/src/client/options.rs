use std::time::Duration;

/// How an [`HttpClient`](super::HttpClient) behaves.
///
/// ```
/// use std::time::Duration;
///
/// use openresponses_upstream::ClientOptions;
///
/// let options = ClientOptions::new()
///     .connect_timeout(Duration::from_secs(2))
///     .max_idle_connections(32)
///     .proxy_from_env(false);
/// # let _ = options;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ClientOptions {
    pub(super) connect: Option<Duration>,
    pub(super) first_byte: Option<Duration>,
    pub(super) idle: Option<Duration>,
    pub(super) idle_connection: Duration,
    pub(super) ping_after: Option<Duration>,
    pub(super) max_idle: usize,
    pub(super) certificates: Vec<Vec<u8>>,
    pub(super) system_certificates: bool,
    pub(super) http2: bool,
    pub(super) proxy_from_env: bool,
}

impl Default for ClientOptions {
    fn default() -> Self {
        Self {
            connect: Some(Duration::from_secs(10)),
            first_byte: Some(Duration::from_secs(300)),
            idle: Some(Duration::from_secs(300)),
            idle_connection: Duration::from_secs(30),
            ping_after: Some(Duration::from_secs(20)),
            max_idle: 64,
            certificates: Vec::new(),
            system_certificates: true,
            http2: true,
            proxy_from_env: true,
        }
    }
}

impl ClientOptions {
    /// Returns the defaults.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how long a connection may take, TLS included. `None` removes the limit. Default: 10 s.
    #[must_use]
    pub fn connect_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.connect = limit.into();
        self
    }

    /// Sets how long an answer's headers may take. Without streaming they come when the model is
    /// done. `None` removes the limit. Default: 300 s.
    #[must_use]
    pub fn first_byte_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.first_byte = limit.into();
        self
    }

    /// Sets how long the body may be silent: models that do not show their reasoning send nothing for
    /// minutes. `None` removes the limit. Default: 300 s.
    #[must_use]
    pub fn idle_timeout(mut self, limit: impl Into<Option<Duration>>) -> Self {
        self.idle = limit.into();
        self
    }

    /// Sets how long an unused connection is kept, of HTTP/1.1 or HTTP/2. Default: 30 s.
    #[must_use]
    pub fn keep_connections(mut self, time: Duration) -> Self {
        self.idle_connection = time;
        self
    }

    /// Sets how long an HTTP/2 connection with requests may be silent before a ping is sent. Without an
    /// answer the connection is over after the same time again. `None` disables it. Default: 20 s.
    #[must_use]
    pub fn ping_after(mut self, silence: impl Into<Option<Duration>>) -> Self {
        self.ping_after = silence.into();
        self
    }

    /// Sets how many idle connections are kept for one server. Default: 64.
    #[must_use]
    pub fn max_idle_connections(mut self, count: usize) -> Self {
        self.max_idle = count;
        self
    }

    /// Trusts the certificates of a PEM file, besides those of the system.
    #[must_use]
    pub fn certificates(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.certificates.push(pem.into());
        self
    }

    /// Sets whether the certificates of the system are trusted. Default: true.
    #[must_use]
    pub fn system_certificates(mut self, trusted: bool) -> Self {
        self.system_certificates = trusted;
        self
    }

    /// Sets whether HTTP/2 is offered to `https` servers. Default: true.
    #[must_use]
    pub fn http2(mut self, offered: bool) -> Self {
        self.http2 = offered;
        self
    }

    /// Sets whether `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` are obeyed: proxies of the
    /// kinds `http`, `socks5` and `socks5h`. Default: true.
    #[must_use]
    pub fn proxy_from_env(mut self, obeyed: bool) -> Self {
        self.proxy_from_env = obeyed;
        self
    }
}
