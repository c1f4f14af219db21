use std::fmt;
use std::sync::Arc;

use openresponses_types::Profile;
use openresponses_types::json::Limits;
use openresponses_types::sequence::{Clock, IdGenerator};

use crate::authorize::{AllowAll, Authorize, DynAuthorize};
use crate::ids::{RandomIds, SystemClock};

/// How the endpoint behaves.
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
    pub(super) prefix: Arc<str>,
    pub(super) profile: Profile,
    pub(super) body_limit: u64,
    pub(super) json_limits: Limits,
    pub(super) default_model: Option<Arc<str>>,
    pub(super) authorize: Arc<dyn DynAuthorize>,
    pub(super) ids: Arc<dyn IdGenerator>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Config {
    /// `/v1`, [`Profile::Compatible`], bodies of up to 34,603,008 bytes, everybody let in as one
    /// tenant, no default model.
    #[must_use]
    pub fn new() -> Self {
        Self {
            prefix: Arc::from("/v1"),
            profile: Profile::Compatible,
            // The schema allows 32 MiB of file data; 1 MiB for the rest.
            body_limit: 33 * 1024 * 1024,
            json_limits: Limits::default(),
            default_model: None,
            authorize: Arc::new(AllowAll),
            ids: Arc::new(RandomIds),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets what stands before `/responses` in the path. Empty behind a router that has taken the
    /// prefix off already.
    #[must_use]
    pub fn prefix(mut self, prefix: &str) -> Self {
        let trimmed = prefix.trim_end_matches('/');
        self.prefix = if trimmed.is_empty() || trimmed.starts_with('/') {
            Arc::from(trimmed)
        } else {
            Arc::from(format!("/{trimmed}"))
        };
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

    /// Sets how deep a body may nest and how many values it may hold.
    #[must_use]
    pub fn json_limits(mut self, limits: Limits) -> Self {
        self.json_limits = limits;
        self
    }

    /// Sets the model of requests that name none.
    #[must_use]
    pub fn default_model(mut self, model: &str) -> Self {
        self.default_model = Some(Arc::from(model));
        self
    }

    /// Sets who may call.
    #[must_use]
    pub fn authorize(mut self, authorize: impl Authorize) -> Self {
        self.authorize = Arc::new(authorize);
        self
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
            .field("json_limits", &self.json_limits)
            .field("default_model", &self.default_model)
            .finish_non_exhaustive()
    }
}
