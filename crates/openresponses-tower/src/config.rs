use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use openresponses_types::Profile;
use openresponses_types::json::JsonLimits;
use openresponses_types::sequence::{Clock, ForbiddenCallAction, IdGenerator};

use crate::authorize::{AllowAll, Authorize, DynAuthorize};
use crate::body_time::BodyTime;
use crate::bounds::Bounds;
use crate::hosts::AllowedHosts;
use crate::ids::{self, RandomIds, SystemClock};
use crate::jobs::Jobs;
use crate::prefix::Prefix;
use crate::presence::Presences;
use crate::scope::Scope;
use crate::shutdown::Shutdown;
use crate::store::{DynStore, InterruptedAction, ResponseStore, ScopedStore};
use crate::trace::TracePropagation;
use crate::turn::{Drain, Resume, Spawner, Task};
#[cfg(feature = "ws")]
use crate::ws::WebSocketConfig;

/// Configuration of the endpoint.
///
/// Time limits use tokio's timer: the endpoint runs in a tokio runtime with time enabled.
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
    pub(crate) body_time: BodyTime,
    pub(crate) bounds: Bounds,
    pub(crate) json_limits: JsonLimits,
    pub(crate) heartbeat: Option<Duration>,
    pub(crate) first_output_limit: Option<Duration>,
    pub(crate) idle_limit: Option<Duration>,
    pub(crate) stall_limit: Option<Duration>,
    pub(crate) obfuscation_default: bool,
    pub(crate) report_leniencies: bool,
    pub(crate) forbidden_calls: ForbiddenCallAction,
    pub(crate) default_model: Option<Arc<str>>,
    pub(crate) allowed_hosts: AllowedHosts,
    pub(crate) authorize: Arc<dyn DynAuthorize>,
    pub(crate) log_tenant: bool,
    pub(crate) propagation: TracePropagation,
    pub(crate) store: Option<Arc<dyn DynStore>>,
    /// The background responses that this process runs.
    pub(crate) jobs: Arc<Jobs>,
    /// Who follows the streams that this process makes.
    pub(crate) presences: Arc<Presences>,
    pub(crate) store_default: bool,
    pub(crate) background: Option<Spawner>,
    pub(crate) background_lease: Duration,
    pub(crate) interrupted: InterruptedAction,
    pub(crate) drain: Option<Drain>,
    pub(crate) resume: Option<Resume>,
    #[cfg(feature = "ws")]
    pub(crate) websocket: Option<WebSocketConfig>,
    pub(crate) shutdown: Shutdown,
    pub(crate) ids: Arc<dyn IdGenerator>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Config {
    /// Creates the default configuration: prefix `/v1`, [`Profile::Compatible`], bodies of up to
    /// 34,603,008 bytes, every caller accepted as one tenant, no store, no default model.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prefix: Prefix::new("/v1"),
            profile: Profile::Compatible,
            // The schema allows 32 MiB of file data; 1 MiB is for everything else.
            body_limit: 33 * 1024 * 1024,
            body_time: BodyTime {
                base: Some(Duration::from_secs(30)),
                rate: 64 * 1024,
            },
            bounds: Bounds::new(),
            json_limits: JsonLimits::default(),
            heartbeat: Some(Duration::from_secs(15)),
            first_output_limit: Some(Duration::from_secs(300)),
            idle_limit: Some(Duration::from_secs(60)),
            stall_limit: Some(Duration::from_secs(45)),
            obfuscation_default: false,
            report_leniencies: false,
            forbidden_calls: ForbiddenCallAction::Suppress,
            default_model: None,
            allowed_hosts: AllowedHosts::any(),
            authorize: Arc::new(AllowAll),
            log_tenant: false,
            propagation: TracePropagation::new(),
            store: None,
            jobs: Arc::default(),
            presences: Arc::default(),
            store_default: true,
            background: None,
            background_lease: Duration::from_secs(30),
            interrupted: InterruptedAction::Fail,
            drain: None,
            resume: None,
            #[cfg(feature = "ws")]
            websocket: Some(WebSocketConfig::new()),
            shutdown: Shutdown::new(),
            ids: Arc::new(RandomIds),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the path before `/responses`. Empty behind a router that strips the prefix, such as
    /// axum's `nest_service`. Default: `/v1`.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        self.prefix = Prefix::new(prefix);
        self
    }

    /// Sets the validation profile of requests. Default: [`Profile::Compatible`].
    #[must_use]
    pub fn profile(mut self, profile: Profile) -> Self {
        self.profile = profile;
        self
    }

    /// Sets the maximum size of a body in bytes. A larger body is refused with 413. Default:
    /// 34,603,008 (33 MiB).
    #[must_use]
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets the base time for reading a body; every [`body_rate`](Self::body_rate) bytes received
    /// add one second. `None` removes the limit. A body that takes longer is refused with 408
    /// `request_timeout`; over a WebSocket, where the limit holds for each message, its connection
    /// is closed with 1008. Default: 30 s.
    #[must_use]
    pub fn body_timeout(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.body_time.base = time.into();
        self
    }

    /// Sets how many received bytes add one second to [`body_timeout`](Self::body_timeout). With 0,
    /// size adds no time. Default: 65,536.
    #[must_use]
    pub fn body_rate(mut self, bytes_per_second: u64) -> Self {
        self.body_time.rate = bytes_per_second;
        self
    }

    /// Sets what callers may hold at once. Default: [`Bounds::new`].
    #[must_use]
    pub fn bounds(mut self, bounds: &Bounds) -> Self {
        self.bounds = bounds.clone();
        self
    }

    /// Sets the limits on nesting depth and number of values of a body.
    #[must_use]
    pub fn json_limits(mut self, limits: JsonLimits) -> Self {
        self.json_limits = limits;
        self
    }

    /// Sets after how much silence a stream sends a comment. `None` or zero disables comments.
    /// Default: 15 s.
    ///
    /// Comments keep proxies from closing a silent connection and reveal clients that have
    /// vanished, so that the provider is dropped. The first comment follows the first event, except in a resumed
    /// stream.
    #[must_use]
    pub fn heartbeat(mut self, interval: impl Into<Option<Duration>>) -> Self {
        self.heartbeat = interval.into().filter(|interval| !interval.is_zero());
        self
    }

    /// Sets how long a provider may take until its first output. A turn beyond it fails with
    /// `timeout`: 504 before the head, else `response.failed`. `None` removes the limit. Default:
    /// 5 min.
    #[must_use]
    pub fn first_output_limit(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.first_output_limit = time.into();
        self
    }

    /// Sets how long a provider may be silent after its first output, streamed or not. A turn beyond
    /// it fails with `timeout`. Time in which the client does not read is not silence. `None`
    /// removes the limit. Default: 60 s.
    #[must_use]
    pub fn idle_limit(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.idle_limit = time.into();
        self
    }

    /// Sets how long a client may take nothing of its stream before the turn ends and its provider
    /// is dropped: over HTTP/1.1 and HTTP/2 the stream then ends with `response.failed` once the
    /// client reads again, and a WebSocket is closed. Every 4 KiB under way add one second. `None`
    /// removes the limit. Default: 45 s.
    ///
    /// After twice that time the stream is dropped with all that its request holds, and ends without a
    /// last event. A JSON document of more than 64 KiB is cut off after the limit.
    ///
    /// What the client sends meanwhile, such as pings, has no effect. A stream that is read from the
    /// store, such as a resumed one, ends with `error`, and its turn continues.
    #[must_use]
    pub fn stall_limit(mut self, time: impl Into<Option<Duration>>) -> Self {
        self.stall_limit = time.into();
        self
    }

    /// Sets whether the deltas of a stream are padded when the request has no
    /// `stream_options.include_obfuscation`. Default: false.
    ///
    /// The size of a padded delta is a multiple of 32 bytes, so that the sizes in an encrypted
    /// stream do not reveal its tokens. Deltas of refusals have no member for padding.
    #[must_use]
    pub fn obfuscation_default(mut self, pad: bool) -> Self {
        self.obfuscation_default = pad;
        self
    }

    /// Sets whether the header `openresponses-leniencies` of a response names the leniencies that its
    /// request needed, with their places. They are logged at the level debug in any case, and
    /// providers find them in the turn. Default: false.
    #[must_use]
    pub fn report_leniencies(mut self, report: bool) -> Self {
        self.report_leniencies = report;
        self
    }

    /// Sets what happens when the model makes a call that the request forbids. The call never
    /// reaches the client. Default: [`ForbiddenCallAction::Suppress`], which drops it with a
    /// warning in the log.
    #[must_use]
    pub fn forbidden_calls(mut self, then: ForbiddenCallAction) -> Self {
        self.forbidden_calls = then;
        self
    }

    /// Sets the model of requests without `model`. Default: none; such requests are refused.
    #[must_use]
    pub fn default_model(mut self, model: &str) -> Self {
        self.default_model = Some(Arc::from(model));
        self
    }

    /// Sets the hosts that requests may be sent to. Default: [`AllowedHosts::any`].
    #[must_use]
    pub fn allowed_hosts(mut self, hosts: AllowedHosts) -> Self {
        self.allowed_hosts = hosts;
        self
    }

    /// Sets the authorization hook. Default: [`AllowAll`](crate::authorize::AllowAll).
    #[must_use]
    pub fn authorize(mut self, authorize: impl Authorize) -> Self {
        self.authorize = Arc::new(authorize);
        self
    }

    /// Sets whether spans and the [`RequestContext`](crate::RequestContext) name the tenant. Leave
    /// it off where the name of a [`Scope`](crate::Scope) is secret. Default: false.
    #[must_use]
    pub fn log_tenant(mut self, log: bool) -> Self {
        self.log_tenant = log;
        self
    }

    /// Sets how trace contexts of clients are taken in and sent on, for requests without an
    /// [`AccessLogLayer`](crate::access_log::AccessLogLayer), which has a setting of its own. Default: valid
    /// ones are sent on as they came.
    #[must_use]
    pub fn trace_propagation(mut self, propagation: TracePropagation) -> Self {
        self.propagation = propagation;
        self
    }

    /// Uses the store, the [`bounds`](Self::bounds) and the [`shutdown`](Self::shutdown) of another
    /// configuration, and knows the background responses that its endpoint runs, for a host that
    /// replaces its endpoint while it runs.
    #[must_use]
    pub fn share_state(mut self, other: &Self) -> Self {
        self.store.clone_from(&other.store);
        self.jobs = Arc::clone(&other.jobs);
        self.presences = Arc::clone(&other.presences);
        self.bounds = other.bounds.clone();
        self.shutdown = other.shutdown.clone();
        self
    }

    /// Sets the store, which makes it possible to continue, retrieve and delete responses. Without
    /// a store every response has `store: false`. Default: none.
    #[must_use]
    pub fn store(mut self, store: impl ResponseStore) -> Self {
        self.store = Some(Arc::new(store));
        // Those of another store are others.
        self.jobs = Arc::default();
        self.presences = Arc::default();
        self
    }

    /// Offers `background: true`: the response is answered at once as `queued`, produced by a task
    /// that `spawn` runs, polled with GET and stopped with `POST {prefix}/responses/{id}/cancel`.
    /// Needs a [`store`](Self::store). A response that another process cancels or deletes in the
    /// shared store stops within about five seconds. With `stream: true`, and a store that keeps
    /// events, the client gets the events; they can be resumed, and the response continues when
    /// the client leaves.
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

    /// Sets whether a response is stored when the request does not say so. Background responses are
    /// stored in any case. Default: true, as the protocol has it.
    #[must_use]
    pub fn store_default(mut self, store: bool) -> Self {
        self.store_default = store;
        self
    }

    /// Sets how long a background response may stay unfinished after its process has stopped. Then
    /// another process of the store [ends or restarts](Self::interrupted) it. A living process renews
    /// its claim three times in this time, and at least every 5 s; others look for lapsed claims as
    /// often. Default: 30 s.
    #[must_use]
    pub fn background_lease(mut self, time: Duration) -> Self {
        self.background_lease = time;
        self
    }

    /// Sets what happens to a background response whose process has stopped. Every process that shares
    /// the store and offers [`background`](Self::background) looks for such responses, from its
    /// first request on or from
    /// [`OpenResponses::watch_background`](crate::OpenResponses::watch_background). Default:
    /// [`InterruptedAction::Fail`].
    ///
    /// ```
    /// use openresponses_tower::Config;
    /// use openresponses_tower::store::InterruptedAction;
    ///
    /// let config = Config::new().interrupted(InterruptedAction::Restart { attempts: 3 });
    /// # let _ = config;
    /// ```
    #[must_use]
    pub fn interrupted(mut self, action: InterruptedAction) -> Self {
        self.interrupted = action;
        self
    }

    /// Finishes turns whose client has disconnected, each for at most `time` and at most `at_once`
    /// at a time, in tasks that `spawn` runs; more are cancelled. Default: a turn is cancelled when
    /// its client disconnects.
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

    /// Lets clients resume event streams that are stored with `GET
    /// {prefix}/responses/{id}?stream=true&starting_after=N`, while they last and as long as the
    /// store keeps their events. A turn continues for `time` after the last client that follows it at this
    /// process has disconnected, in a task that `spawn` runs. Needs a store with logs of events; while it
    /// fails, streams are sent but cannot be resumed. Streams of [background](Self::background) responses
    /// can always be resumed. Default: off.
    #[must_use]
    pub fn resume_streams(
        mut self,
        time: Duration,
        spawn: impl Fn(Task) + Send + Sync + 'static,
    ) -> Self {
        self.resume = Some(Resume {
            spawner: Spawner::new(spawn),
            time,
        });
        self
    }

    /// Sets the limits of WebSocket connections. `None` refuses them with 426. Default: on, with
    /// [`WebSocketConfig::new`].
    #[cfg(feature = "ws")]
    #[must_use]
    pub fn websocket(mut self, websocket: impl Into<Option<WebSocketConfig>>) -> Self {
        self.websocket = websocket.into();
        self
    }

    /// Ties turns and connections to a [`Shutdown`].
    #[must_use]
    pub fn shutdown(mut self, shutdown: &Shutdown) -> Self {
        self.shutdown = shutdown.clone();
        self
    }

    /// Returns the store for one scope.
    pub(crate) fn scoped_store(&self, scope: &Scope) -> ScopedStore {
        let jobs = Arc::clone(&self.jobs);
        ScopedStore::new(self.store.clone(), scope.clone(), self.interrupted, jobs)
    }

    pub(crate) fn offers_websocket(&self) -> bool {
        #[cfg(feature = "ws")]
        return self.websocket.is_some();
        #[cfg(not(feature = "ws"))]
        return false;
    }

    /// Sets the generator of ids. Default: [`RandomIds`].
    #[must_use]
    pub fn ids(mut self, generator: impl IdGenerator + 'static) -> Self {
        self.ids = Arc::new(ids::Guarded(generator));
        self
    }

    /// Sets the clock. Default: [`SystemClock`].
    #[must_use]
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.clock = Arc::new(ids::Guarded(clock));
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
            .field("body_time", &self.body_time)
            .field("bounds", &self.bounds)
            .field("json_limits", &self.json_limits)
            .field("heartbeat", &self.heartbeat)
            .field("obfuscation_default", &self.obfuscation_default)
            .field("default_model", &self.default_model)
            .field("store", &self.store.is_some())
            .finish_non_exhaustive()
    }
}
