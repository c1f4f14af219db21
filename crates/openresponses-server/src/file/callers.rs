//! `[[keys]]` and `[[issuers]]`: the callers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::de::Error;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::budgets::CallerBudget;
use super::limits::Rate;
use super::models::Names;
use super::units::Time;

/// API keys with the same settings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Keys {
    pub(crate) tenant: Option<Spanned<String>>,
    /// In metrics and the usage file.
    pub(crate) name: Option<String>,
    pub(crate) sha256: Option<Spanned<Sha256>>,
    pub(crate) env: Option<Spanned<String>>,
    pub(crate) file: Option<Spanned<PathBuf>>,
    pub(crate) models: Option<Spanned<Names>>,
    pub(crate) rate: Option<Rate>,
    pub(crate) budget: Option<CallerBudget>,
}

impl Keys {
    /// Returns where the keys come from, which no two entries share.
    pub(crate) fn identity(&self) -> String {
        let of_digest = self
            .sha256
            .as_ref()
            .map(|key| format!("sha256 {}", key.as_ref().0));
        let of_variable = self
            .env
            .as_ref()
            .map(|name| format!("env {}", name.as_ref()));
        let of_file = self.file.as_ref();
        let of_file = of_file.map(|path| format!("file {}", path.as_ref().display()));
        let all = [of_digest, of_variable, of_file];
        all.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The digest of a key: 64 hexadecimal digits.
pub(crate) struct Sha256(pub(crate) String);

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            // The value may be the key itself.
            Err(D::Error::custom(
                "it must be 64 hexadecimal digits: the SHA-256 of the key",
            ))
        }
    }
}

/// An issuer of tokens.
#[derive(Deserialize)]
#[cfg_attr(
    not(feature = "jwt"),
    expect(
        dead_code,
        reason = "tables have the same checks with and without the feature"
    )
)]
#[serde(deny_unknown_fields)]
pub(crate) struct Issuer {
    pub(crate) issuer: Spanned<String>,
    pub(crate) audiences: Spanned<Vec<String>>,
    pub(crate) jwks_file: Spanned<PathBuf>,
    pub(crate) algorithms: Option<Spanned<Vec<Algorithm>>>,
    pub(crate) tenant_claim: Option<String>,
    pub(crate) leeway: Option<Time>,
    #[serde(default)]
    pub(crate) require: BTreeMap<String, String>,
    pub(crate) models: Option<Spanned<Names>>,
    pub(crate) rate: Option<Rate>,
    pub(crate) budget: Option<CallerBudget>,
}

impl Issuer {
    /// Returns whose tokens they are.
    #[cfg(feature = "jwt")]
    pub(crate) fn identity(&self) -> String {
        let (issuer, audiences) = (self.issuer.as_ref(), self.audiences.as_ref().join(" "));
        let required = self.require.iter();
        let required: Vec<_> = required
            .map(|(claim, value)| format!("{claim}={value}"))
            .collect();
        format!("issuer {issuer} {audiences} {}", required.join(" "))
    }
}

/// `openresponses_gateway::auth::JwtAlgorithm`.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    #[serde(rename = "EdDSA")]
    EdDsa,
}
