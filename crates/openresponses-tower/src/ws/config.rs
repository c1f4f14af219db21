use std::sync::Arc;
use std::time::Duration;

use super::origin::Origins;

/// Limits of WebSocket connections.
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
    pub(crate) subprotocols: Arc<[String]>,
}

impl WebSocketConfig {
    /// Creates the default limits: connections of up to 60 minutes, 16 queued messages, messages as
    /// large as bodies, a ping after 15 s of silence and disconnection after 55 s.
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
            subprotocols: Arc::default(),
        }
    }

    /// Sets the maximum lifetime of a connection. At the limit the client gets an error with the
    /// code `websocket_connection_limit_reached` and the connection is closed with 1001, after an
    /// active turn has ended. Default: 60 min, as the specification requires.
    #[must_use]
    pub fn connection_limit(mut self, time: Duration) -> Self {
        self.connection_limit = time;
        self
    }

    /// Sets the silence of the client after which a ping is sent, and the time between pings. If it
    /// is not below [`silence_limit`](Self::silence_limit), half of that limit is used. Default:
    /// 15 s.
    #[must_use]
    pub fn ping_interval(mut self, time: Duration) -> Self {
        self.ping_interval = time;
        self
    }

    /// Sets the silence after which the client counts as disconnected. Everything that the client
    /// sends ends a silence, pongs included, and so does reading what it was sent. The connection is closed
    /// with 1001, without waiting for the client. Default: 55 s.
    #[must_use]
    pub fn silence_limit(mut self, time: Duration) -> Self {
        self.silence_limit = time;
        self
    }

    /// Sets how long a connection may be idle, without a turn, before it is closed with 1001.
    /// Default: no limit.
    #[must_use]
    pub fn idle_limit(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.idle_limit = time.into();
        self
    }

    /// Sets how many messages may be queued during a turn. Further ones are refused, each in its
    /// turn. Queued messages together are no larger than one message may be. Default: 16.
    #[must_use]
    pub fn queue(mut self, messages: usize) -> Self {
        self.queue = messages;
        self
    }

    /// Sets the maximum size of a message in bytes. A larger one closes the connection with 1009.
    /// Default: [`Config::body_limit`](crate::Config::body_limit).
    ///
    /// Partial and queued messages count against the memory of [`Bounds`](crate::bounds::Bounds); beyond it
    /// the connection is closed with 1013.
    #[must_use]
    pub fn message_limit(mut self, bytes: usize) -> Self {
        self.message_limit = Some(bytes);
        self
    }

    /// Sets the approximate size in bytes of the conversation that a connection caches for
    /// continuation without a store, with the response that ends it. A larger one is dropped: continuing it
    /// is refused with `previous_response_not_found`, and clients then send it in full. Default: 67,108,864
    /// (64 MiB).
    #[must_use]
    pub fn conversation_limit(mut self, bytes: usize) -> Self {
        self.conversation_limit = bytes;
        self
    }

    /// Sets the subprotocols that a client may select. The first of them that the client offers is
    /// selected. Default: none, and no subprotocol is selected.
    ///
    /// Browsers close a connection on which none of the subprotocols that they offered was selected.
    /// A page that sends its key as a subprotocol (`openai-insecure-api-key.KEY`) must therefore
    /// offer another one with it. Only names set here are ever sent back, never a key.
    ///
    /// ```
    /// use openresponses_tower::WebSocketConfig;
    ///
    /// // new WebSocket(url, ["responses", "openai-insecure-api-key." + key])
    /// let sockets = WebSocketConfig::new().subprotocols(["responses"]);
    /// # let _ = sockets;
    /// ```
    #[must_use]
    pub fn subprotocols<I>(mut self, names: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.subprotocols = names.into_iter().map(Into::into).collect();
        self
    }

    /// Allows only web pages of these origins, for example `https://chat.example.com`. Clients
    /// other than browsers send no origin and are not affected.
    ///
    /// By default a page may connect to the host that served it. A page of another origin is
    /// refused with 403 unless the request has a bearer token: credentials that browsers add on
    /// their own, such as cookies, must not admit foreign pages.
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

    /// Allows pages of all origins. Safe only where callers are not identified by cookies, by their
    /// network, or by anything else that browsers add on their own.
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
