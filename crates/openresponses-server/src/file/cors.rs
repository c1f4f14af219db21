//! `[cors]`: pages of other origins.

use serde::Deserialize;
use toml::Spanned;

use super::units::Time;
use super::websocket::Origins;

/// Off without `origins`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Cors {
    pub(crate) origins: Option<Spanned<Origins>>,
    pub(crate) credentials: Option<Spanned<bool>>,
    pub(crate) max_age: Option<Time>,
}
