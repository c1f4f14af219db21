use std::time::Duration;

use super::origin::Origins;

/// How WebSocket connections behave. Spec: "WebSocket Transport".
///
/// ```
/// use std::time::Duration;
/// use openresponses_tower::{Config, WebSocketConfig};
///
/// let sockets = WebSocketConfig::new()
///     .connection_limit(Duration::from_secs(600))
///     .allow_origins(["https://chat.example.com"]);
/// let config = Config::new().websocket(sockets);
/// let without = Config::new().websocket(None);
/// # let _ = (config, without);
/// ```
///
/// # For hosts
/// * A connection is a task of tokio's, begun where the service is called: the service must be
///   called inside a tokio runtime.
/// * The HTTP server must let connections be upgraded: `axum::serve` does, plain hyper does with
///   `with_upgrades`. Over HTTP/2 (the crate's feature `http2`) it must also enable the extended
///   CONNECT of RFC 8441: `axum::serve` does, hyper does with `enable_connect_protocol`.
/// * Set `TCP_NODELAY` on accepted sockets (`axum::serve` with `ListenerExt::tap_io`). Without it a
///   turn takes some 40 ms longer.
/// * Connections outlive the HTTP server's own graceful shutdown. Tell them with a
///   [`Shutdown`](crate::Shutdown).
#[derive(Clone, Debug)]
pub struct WebSocketConfig {
    pub(crate) connection_limit: Duration,
    pub(crate) ping_interval: Duration,
    pub(crate) silence_limit: Duration,
    pub(crate) idle_limit: Option<Duration>,
    pub(crate) queue: usize,
    pub(crate) message_limit: Option<usize>,
    pub(crate) conversation_limit: usize,
    pub(crate) origins: Origins,
}

impl WebSocketConfig {
    /// 60 minutes for a connection, 16 waiting messages, messages as long as bodies may be; a ping
    /// after 15 seconds of silence, the end after 55.
    #[must_use]
    pub fn new() -> Self {
        Self {
            connection_limit: Duration::from_secs(3600),
            ping_interval: Duration::from_secs(15),
            silence_limit: Duration::from_secs(55),
            idle_limit: None,
            queue: 16,
            message_limit: None,
            conversation_limit: 64 << 20,
            origins: Origins::Own,
        }
    }

    /// Sets how long a connection may last. Then the client gets an error of the code
    /// `websocket_connection_limit_reached`, and the connection is closed with 1001; a turn that
    /// runs may end first. 60 minutes unless told otherwise, as the specification has it.
    #[must_use]
    pub fn connection_limit(mut self, time: Duration) -> Self {
        self.connection_limit = time;
        self
    }

    /// Sets after how long a silence of the client's it is sent a ping, and how far apart pings
    /// are. 15 seconds unless told otherwise.
    #[must_use]
    pub fn ping_interval(mut self, time: Duration) -> Self {
        self.ping_interval = time;
        self
    }

    /// Sets after how long a silence the client counts as gone. Whatever it sends breaks its
    /// silence, answers to pings included, and so does what it takes of a turn that it is slow to
    /// read. 55 seconds unless told otherwise.
    #[must_use]
    pub fn silence_limit(mut self, time: Duration) -> Self {
        self.silence_limit = time;
        self
    }

    /// Sets how long a connection may be without a turn before it is closed with 1001, although
    /// its client answers pings. There is no such limit unless it is set.
    #[must_use]
    pub fn idle_limit(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.idle_limit = time.into();
        self
    }

    /// Sets how many messages may wait while a turn runs. More are refused, each in its turn. All
    /// that wait have no more bytes together than one message may have. 16 unless told otherwise.
    #[must_use]
    pub fn queue(mut self, messages: usize) -> Self {
        self.queue = messages;
        self
    }

    /// Sets how many bytes a message may have. A longer one closes the connection with 1009. The
    /// limit of bodies ([`Config::body_limit`](crate::Config::body_limit)) unless told otherwise.
    ///
    /// Messages that are being read or wait count in
    /// [`Config::body_budget`](crate::Config::body_budget), too: where it is spent, the connection is
    /// closed with 1013.
    #[must_use]
    pub fn message_limit(mut self, bytes: usize) -> Self {
        self.message_limit = Some(bytes);
        self
    }

    /// Sets how many bytes, about, the conversation may have that a connection remembers so that it
    /// can be continued although it is not stored. A longer one is forgotten: continuing it is
    /// refused with `previous_response_not_found`, upon which clients send all of it. 67,108,864
    /// (64 MiB) unless told otherwise.
    #[must_use]
    pub fn conversation_limit(mut self, bytes: usize) -> Self {
        self.conversation_limit = bytes;
        self
    }

    /// Lets only pages of these origins connect, such as `https://chat.example.com`. Clients that
    /// are no browsers send no origin, and are not concerned.
    ///
    /// Unless told otherwise, a page may connect to the host that it came from. A page of any
    /// other origin is refused with 403 unless the request has a bearer token: what browsers send
    /// by themselves, such as cookies, must not let a foreign page in.
    #[must_use]
    pub fn allow_origins<I>(mut self, origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        let origins = origins.into_iter().map(Into::into).collect();
        self.origins = Origins::Listed(origins);
        self
    }

    /// Lets pages of all origins connect. Only safe where neither cookies nor the network nor
    /// anything else that a browser adds by itself says who the caller is.
    #[must_use]
    pub fn allow_any_origin(mut self) -> Self {
        self.origins = Origins::Any;
        self
    }
}

impl Default for WebSocketConfig {
    fn default() -> Self {
        Self::new()
    }
}
