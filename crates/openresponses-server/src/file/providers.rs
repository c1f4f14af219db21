//! `[providers.NAME]`: providers of models.

use std::num::{NonZeroU32, NonZeroU64, NonZeroUsize};

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

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
    pub(crate) any_model: Option<bool>,
    pub(crate) base_url: Option<Spanned<String>>,
    pub(crate) key_env: Option<Spanned<String>>,
    pub(crate) key_file: Option<Spanned<PathBuf>>,
    pub(crate) forward_client_key: Option<Spanned<bool>>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, Spanned<String>>,
    pub(crate) quirks: Option<Spanned<String>>,
    pub(crate) max_tokens: Option<Spanned<NonZeroU64>>,
    pub(crate) ca_file: Option<Spanned<PathBuf>>,
    pub(crate) connect_timeout: Option<Wait>,
    pub(crate) first_byte_timeout: Option<Wait>,
    pub(crate) idle_timeout: Option<Wait>,
    pub(crate) hide_errors: Option<bool>,
    pub(crate) report_unplaced: Option<bool>,
    pub(crate) websocket: Option<Spanned<bool>>,
    pub(crate) pass_previous_response_id: Option<Spanned<bool>>,
    pub(crate) always_stream: Option<Spanned<bool>>,
}

impl Provider {
    /// The place of the setting that forwards the clients' own keys, if it takes effect.
    pub(crate) fn forwards_keys(&self) -> Option<Range<usize>> {
        let forwarded = self.forward_client_key.as_ref()?;
        let has_key = self.key_env.is_some() || self.key_file.is_some();
        (*forwarded.as_ref() && !has_key).then(|| forwarded.span())
    }

    /// Returns whether `NAME/anything` goes to it as `anything`. Default for servers: true, since
    /// they know their models.
    pub(crate) fn serves_any(&self) -> bool {
        self.any_model
            .unwrap_or(matches!(self.kind, Kind::Upstream(_)))
    }
}

/// Kind of a provider. A new kind needs a word here, a table of settings in [`Provider`], and a
/// line in `gateway/provider.rs` that creates it.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    Embedded,
    Upstream(UpstreamKind),
}

/// The API of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum UpstreamKind {
    #[default]
    Chat,
    Anthropic,
    Gemini,
    OpenResponses,
}

impl UpstreamKind {
    /// The words of all kinds.
    pub(crate) const WORDS: &[(&str, Self)] = &[
        ("chat", Self::Chat),
        ("anthropic", Self::Anthropic),
        ("gemini", Self::Gemini),
        ("openresponses", Self::OpenResponses),
    ];

    /// The kind of this name.
    pub(crate) fn named(word: &str) -> Option<Self> {
        let mut all = Self::WORDS.iter();
        all.find(|(name, _)| *name == word).map(|(_, kind)| *kind)
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;

        let word = String::deserialize(deserializer)?;
        if word == "embedded" {
            return Ok(Self::Embedded);
        }
        let kind = UpstreamKind::named(&word).map(Self::Upstream);
        kind.ok_or_else(|| D::Error::unknown_variant(&word, &["embedded", "chat", "..."]))
    }
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
