//! `[log]`: the log of the server.

use std::path::PathBuf;
use std::str::FromStr;

use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::log::{LogFilter, LogFormat};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Log {
    #[serde(deserialize_with = "word")]
    pub(crate) filter: Option<LogFilter>,
    #[serde(deserialize_with = "word")]
    pub(crate) format: Option<LogFormat>,
    pub(crate) file: Option<PathBuf>,
}

fn word<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: std::fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(D::Error::custom)
}
