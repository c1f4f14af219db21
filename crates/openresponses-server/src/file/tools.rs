//! `[tools.NAME]` and `[tool_loop]`: tools that run on the server.

use std::collections::BTreeMap;
use std::num::{NonZeroU32, NonZeroUsize};

use serde::Deserialize;
use toml::Spanned;

use super::models::Names;
use super::units::{Size, Wait};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToolEntry {
    pub(crate) kind: ToolKind,
    pub(crate) url: Option<Spanned<String>>,
    pub(crate) token_env: Option<Spanned<String>>,
    pub(crate) command: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) offer: OfferTo,
    #[serde(default)]
    pub(crate) approval: NeedsApproval,
    pub(crate) only: Option<Names>,
    pub(crate) timeout: Option<Wait>,
    pub(crate) tenants: Option<Names>,
    pub(crate) models: Option<Names>,
}

/// Kind of a tool.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ToolKind {
    /// The built-in sample tool.
    Sample,
    /// An MCP server.
    Mcp,
}

/// When the tools of a server are offered.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OfferTo {
    /// In every turn. Hidden from the client unless it declares the server.
    #[default]
    Always,
    /// To clients that declare the server.
    OnRequest,
}

/// Which calls wait for the client's approval.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum NeedsApproval {
    #[default]
    Never,
    Always,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ToolLoopSettings {
    pub(crate) rounds: Option<NonZeroU32>,
    pub(crate) time: Option<Wait>,
    pub(crate) calls_at_once: Option<NonZeroUsize>,
    pub(crate) result: Option<Size>,
    pub(crate) client_servers: Option<Spanned<Names>>,
}
