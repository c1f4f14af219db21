//! `[limits]`: limits on clients.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;

use super::units::{Size, Time, Wait};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// For each tenant without its own.
    pub(crate) rate: Option<Rate>,
    pub(crate) body: Option<Size>,
    pub(crate) all_bodies: Option<Size>,
    pub(crate) body_timeout: Option<Time>,
    pub(crate) body_rate: Option<Size>,
    pub(crate) json_depth: Option<NonZeroUsize>,
    pub(crate) json_values: Option<NonZeroUsize>,
}

/// A number of requests in a period.
#[derive(Clone, Copy, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "{ requests = NUMBER, per = \"TIME\" }"
)]
pub(crate) struct Rate {
    pub(crate) requests: NonZeroU32,
    pub(crate) per: Wait,
}
