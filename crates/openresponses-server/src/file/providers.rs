//! `[providers.NAME]`: who serves models.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;

use super::capabilities::Lacks;
use super::units::Wait;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Provider {
    pub(crate) kind: Kind,
    pub(crate) timeout: Option<Wait>,
    pub(crate) concurrency: Option<NonZeroUsize>,
    pub(crate) circuit_breaker: Option<Breaker>,
    pub(crate) lacks: Option<Lacks>,
    #[serde(default)]
    pub(crate) any_model: bool,
}

/// What stands behind the name. A new kind is a word here, its settings a table in [`Provider`], and
/// a line in `gateway/provider.rs` that makes it.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Embedded,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "{ failures = NUMBER, open_for = \"TIME\" }"
)]
pub(crate) struct Breaker {
    pub(crate) failures: NonZeroU32,
    pub(crate) open_for: Wait,
}
