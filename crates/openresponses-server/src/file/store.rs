//! `[store]`: the store of responses.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;
use toml::Spanned;

use super::units::{Size, Wait};

#[derive(Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Store {
    pub(crate) kind: Option<Spanned<StoreKind>>,
    pub(crate) memory: Memory,
    pub(crate) redis: Redis,
    pub(crate) sql: Sql,
}

#[derive(Clone, Copy, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StoreKind {
    Memory,
    None,
    Redis,
    Sql,
}

#[derive(Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Memory {
    pub(crate) responses: Option<NonZeroUsize>,
    pub(crate) size: Option<Size>,
    pub(crate) tenant_responses: Option<NonZeroUsize>,
    pub(crate) tenant_size: Option<Size>,
    pub(crate) keep: Option<Wait>,
}

/// The address may contain a password.
#[derive(Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Redis {
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) url_env: Option<Spanned<String>>,
    pub(crate) prefix: Option<String>,
    pub(crate) keep: Option<Wait>,
    pub(crate) record: Option<Size>,
    pub(crate) tenant_responses: Option<NonZeroUsize>,
    pub(crate) tenant_size: Option<Size>,
    pub(crate) transfer: Option<Size>,
    pub(crate) connect_timeout: Option<Wait>,
    pub(crate) timeout: Option<Wait>,
}

/// The address may contain a password.
#[derive(Clone, Default, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Sql {
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) url_env: Option<Spanned<String>>,
    pub(crate) keep: Option<Wait>,
    pub(crate) record: Option<Size>,
    pub(crate) tenant_responses: Option<NonZeroUsize>,
    pub(crate) tenant_size: Option<Size>,
    pub(crate) file: Option<Spanned<Size>>,
    pub(crate) transfer: Option<Size>,
    pub(crate) connections: Option<NonZeroU32>,
    pub(crate) timeout: Option<Wait>,
    pub(crate) migrate: Option<bool>,
}

/// Addresses may contain passwords.
impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store(..)")
    }
}
