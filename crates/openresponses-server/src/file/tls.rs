//! `[tls]`: certificates of the listeners.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::units::Wait;

/// Off without `certificate` and `key`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Tls {
    pub(crate) certificate: Option<Spanned<PathBuf>>,
    pub(crate) key: Option<Spanned<PathBuf>>,
    pub(crate) admin: Option<bool>,
    pub(crate) handshake_timeout: Option<Wait>,
}
