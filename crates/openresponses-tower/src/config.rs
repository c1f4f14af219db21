use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Profile;
use openresponses_types::json::JsonLimits;
use openresponses_types::sequence::{Clock, ForbiddenCallAction, IdGenerator};

use crate::authorize::{AllowAll, Authorize, DynAuthorize};
use crate::budget::Budget;
use crate::hosts::AllowedHosts;
use crate::ids::{RandomIds, SystemClock};
use crate::prefix::Prefix;
use crate::shutdown::Shutdown;
use crate::store::{DynStore, ResponseStore};
use crate::turn::{Drain, Spawner, Task};
#[cfg(feature = "ws")]
use crate::ws::WebSocketConfig;

/// How the endpoint behaves.
///
/// What is bounded in time is timed by tokio: the endpoint runs in a tokio runtime whose time is on.
///
/// ```
/// use openresponses_tower::Config;
/// use openresponses_types::Profile;
///
/// let config = Config::new().prefix("/api/v1").profile(Profile::Strict).body_limit(1 << 20);
/// # let _ = config;
/// ```
#[derive(Clone)]
pub struct Config {
    pub(crate) prefix: Prefix,
    pub(crate) profile: Profile,
    pub(crate) body_limit: u64,
    pub(crate) body_timeout: Option<Duration>,
    pub(crate) body_rate: u64,
    pub(crate) body_budget: Arc<Budget>,
    pub(crate) json_limits: JsonLimits,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) obfuscation_default: bool,
    pub(crate) forbidden_calls: ForbiddenCallAction,
    pub(crate) default_model: Option<Arc<str>>,
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) authorize: Arc<dyn DynAuthorize>,
    pub(crate) store: Option<Arc<dyn DynStore>>,
    pub(crate) background: Option<Spawner>,
    pub(crate) drain: Option<Drain>,
    #[cfg(feature = "ws")]
    pub(crate) websocket: Option<WebSocketConfig>,
    pub(crate) shutdown: Shutdown,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Config {
    /// `/v1`, [`Profile::Compatible`], bodies of up to 34,603,008 bytes, everybody let in as one
    /// tenant, no default model.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prefix: Prefix::new("/v1"),
            profile: Profile::Compatible,
            // The schema allows 32 MiB of file data; 1 MiB for the rest.
            body_limit: 33 * 1024 * 1024,
            body_timeout: Some(Duration::from_secs(30)),
            body_rate: 64 * 1024,
            body_budget: Arc::new(Budget::new(256 * 1024 * 1024)),
            json_limits: JsonLimits::default(),
            heartbeat: Some(Duration::from_secs(15)),
            obfuscation_default: false,
            forbidden_calls: ForbiddenCallAction::Suppress,
            default_model: None,
            allowed_hosts: AllowedHosts::any(),
            authorize: Arc::new(AllowAll),
            store: None,
            background: None,
            drain: None,
            #[cfg(feature = "ws")]
            websocket: Some(WebSocketConfig::new()),
            shutdown: Shutdown::new(),
            ids: Arc::new(RandomIds),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets what stands before `/responses` in the path. Empty behind a router that has taken the
    /// prefix off already.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Prefix::new(prefix);
        self
    }

    /// Sets how strictly requests are read.
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets how many bytes a body may have. A longer one is refused with 413.
    #[must_use]
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets how long a body may take to arrive, to which comes the time that its size earns it at
    /// [`body_rate`](Self::body_rate); none is for ever. A later one is refused with 408
    /// `request_timeout`. 30 seconds unless told otherwise.
    #[must_use]
    pub fn body_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.body_timeout = time.into();
        self
    }

    /// Sets how many bytes earn a body another second. What has arrived counts, not what was
    /// announced. 65,536 unless told otherwise; with 0, size earns no time.
    #[must_use]
    pub fn body_rate(mut self, bytes_per_second: u64) -> Self {
        self.body_rate = bytes_per_second;
        self
    }

    /// Sets how many bytes the bodies of all requests together may take, from their arrival until
    /// they were parsed. One too many is refused with 503 `overloaded` and `retry-after`; one that
    /// comes over a WebSocket closes its connection with 1013.
    ///
    /// Whatever is made of this configuration and its clones shares the budget. An eighth of it
    /// is kept for bodies of up to 64 KiB, so a larger one than the rest is never accepted.
    /// 268,435,456 (256 MiB) unless told otherwise.
    #[must_use]
    pub fn body_budget(mut self, bytes: u64) -> Self {
        self.body_budget = Arc::new(Budget::new(bytes));
        self
    }

    /// Sets how deep a body may nest and how many values it may hold.
    #[must_use]
    pub fn json_limits(mut self, limits: JsonLimits) -> Self {
        self.json_limits = limits;
        self
    }

    /// Sets after how long a silence a stream sends a comment; none, or zero, is never.
    ///
    /// Comments keep proxies from closing a silent connection, and make it known when the client
    /// has vanished, so that the provider is dropped. The first goes out after the first event at
    /// the earliest. 15 seconds unless told otherwise.
    #[must_use]
    pub fn heartbeat(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.heartbeat = interval.into().filter(|interval| !interval.is_zero());
        self
    }

    /// Sets whether the deltas of a stream are padded when the client says nothing about it in
    /// `stream_options.include_obfuscation`; what it says counts. False unless told otherwise.
    ///
    /// Padded deltas are multiples of 32 bytes, so that who sees only the sizes of an encrypted
    /// stream cannot tell its tokens apart. The deltas of refusals have no room for padding.
    #[must_use]
    pub fn obfuscation_default(mut self, pad: bool) -> Self {
        self.obfuscation_default = pad;
        self
    }

    /// Sets what happens when the model makes a call that the request forbids. It never reaches the
    /// client; it is left out with a warning in the log unless told otherwise.
    #[must_use]
    pub fn forbidden_calls(mut self, then: ForbiddenCallAction) -> Self {
        self.forbidden_calls = then;
        self
    }

    /// Sets the model of requests that name none.
    #[must_use]
    pub fn default_model(mut self, model: &str) -> Self {
        self.default_model = Some(Arc::from(model));
        self
    }

    /// Sets for which names the endpoint answers: any unless told otherwise.
    #[must_use]
    pub fn allowed_hosts(mut self, hosts: AllowedHosts) -> Self {
        self.allowed_hosts = hosts;
        self
    }

    /// Sets who may call. Unless told otherwise that is everybody, see
    /// [`AllowAll`](crate::authorize::AllowAll).
    #[must_use]
    pub fn authorize(mut self, authorize: impl Authorize) -> Self {
        self.authorize = Arc::new(authorize);
        self
    }

    /// Keeps responses, so that they can be continued, retrieved and deleted. Without a store
    /// every response says `store: false`.
    #[must_use]
    pub fn store(mut self, store: impl ResponseStore) -> Self {
        self.store = Some(Arc::new(store));
        self
    }

    /// Offers `background: true`: such a response is answered at once as `queued`, made by a task
    /// that `spawn` runs, polled with GET and stopped with `POST {prefix}/responses/{id}/cancel`.
    /// Needs a [`store`](Self::store). One that is cancelled or deleted through another process that
    /// shares the store stops within some five seconds.
    ///
    /// ```
    /// use openresponses_tower::Config;
    /// use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
    ///
    /// let config = Config::new()
    ///     .store(MemoryStore::new(MemoryStoreLimits::default()))
    ///     .background(|task| drop(tokio::spawn(task)));
    /// # let _ = config;
    /// ```
    #[must_use]
    pub fn background(mut self, spawn: impl Fn(Task) + Send + Sync + 'static) -> Self {
        self.background = Some(Spawner::new(spawn));
        self
    }

    /// Finishes turns whose client has gone, each for at most `time`, `at_once` of them at the most
    /// (more are cancelled), with tasks that `spawn` runs. Without this a turn is cancelled with its
    /// client.
    #[must_use]
    pub fn drain_on_disconnect(
        mut self,
        time: Duration,
        at_once: usize,
        spawn: impl Fn(Task) + Send + Sync + 'static,
    ) -> Self {
        let spawner = Spawner::new(spawn);
        self.drain = Some(Drain {
            spawner,
            time,
            at_once,
            running: Arc::default(),
        });
        self
    }

    /// Sets how WebSocket connections behave; none, and clients that ask for one are told with
    /// 426 that there is none. On unless told otherwise, where the crate's feature `ws` is.
    #[cfg(feature = "ws")]
    #[must_use]
    pub fn websocket(mut self, websocket: impl Into<Option<WebSocketConfig>>) -> Self {
        self.websocket = websocket.into();
        self
    }

    /// Ends what outlives requests when `shutdown` says so.
    #[must_use]
    pub fn shutdown(mut self, shutdown: &Shutdown) -> Self {
        self.shutdown = shutdown.clone();
        self
    }

    pub(crate) fn offers_websocket(&self) -> bool {
        #[cfg(feature = "ws")]
        return self.websocket.is_some();
        #[cfg(not(feature = "ws"))]
        return false;
    }

    /// Sets how ids are made.
    #[must_use]
    pub fn ids(mut self, ids: impl IdGenerator + 'static) -> Self {
        self.ids = Arc::new(ids);
        self
    }

    /// Sets the clock.
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("prefix", &self.prefix)
            .field("profile", &self.profile)
            .field("body_limit", &self.body_limit)
            .field("body_timeout", &self.body_timeout)
            .field("body_rate", &self.body_rate)
            .field("body_budget", &self.body_budget)
            .field("json_limits", &self.json_limits)
            .field("heartbeat", &self.heartbeat)
            .field("obfuscation_default", &self.obfuscation_default)
            .field("default_model", &self.default_model)
            .field("store", &self.store.is_some())
            .finish_non_exhaustive()
    }
}
