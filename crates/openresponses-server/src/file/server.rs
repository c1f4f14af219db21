//! `[server]`: settings of the command line, and others.

use std::num::{NonZeroU32, NonZeroUsize};

use openresponses_types::Profile;
use serde::Deserialize;
use toml::Spanned;

use super::models::Names;
use super::units::{Time, Wait};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Server {
    pub(crate) listen: Option<Spanned<String>>,
    pub(crate) admin: Option<Spanned<String>>,
    pub(crate) hosts: Option<Spanned<Names>>,
    pub(crate) prefix: Option<Spanned<String>>,
    pub(crate) profile: Option<Profile>,
    pub(crate) heartbeat: Option<Time>,
    pub(crate) drain: Option<Time>,
    pub(crate) grace: Option<Time>,
    pub(crate) background: Option<bool>,
    pub(crate) background_lease: Option<Wait>,
    pub(crate) background_interrupted: Interrupted,
    pub(crate) background_attempts: Option<Spanned<NonZeroU32>>,
    pub(crate) store_default: Option<bool>,
    pub(crate) resume_streams: Option<Spanned<Wait>>,
    pub(crate) obfuscation: Option<bool>,
    pub(crate) report_leniencies: Option<bool>,
    pub(crate) finish_abandoned: Option<Abandoned>,
    pub(crate) metrics: Option<bool>,
    pub(crate) playground: Option<bool>,
    pub(crate) watch: Option<Time>,
}

/// What happens to background responses whose server has stopped.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Interrupted {
    #[default]
    Fail,
    Restart,
}

/// Finishing of turns whose client has disconnected.
#[derive(Clone, Copy, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "{ at_once = NUMBER, within = \"TIME\" }"
)]
pub(crate) struct Abandoned {
    pub(crate) at_once: NonZeroUsize,
    pub(crate) within: Wait,
}
