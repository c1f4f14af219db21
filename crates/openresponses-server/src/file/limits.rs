//! `[limits]`: how much a client may ask for.

use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;

use super::units::{Size, Time, Wait};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Limits {
    /// Of each tenant whose key says nothing.
    pub(crate) rate: Option<Rate>,
    pub(crate) body: Option<Size>,
    pub(crate) all_bodies: Option<Size>,
    pub(crate) body_timeout: Option<Time>,
    pub(crate) body_rate: Option<Size>,
    pub(crate) json_depth: Option<NonZeroUsize>,
    pub(crate) json_values: Option<NonZeroUsize>,
}

/// So many requests in such a time.
#[derive(Clone, Copy, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "{ requests = NUMBER, per = \"TIME\" }"
)]
pub(crate) struct Rate {
    pub(crate) requests: NonZeroU32,
    pub(crate) per: Wait,
}
