//! `[gateway]`: dispatch of requests.

use std::fmt;
use std::num::NonZeroUsize;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::capabilities::Unsupporteds;
use super::units::{Figure, Wait};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Gateway {
    pub(crate) default_model: Option<Spanned<String>>,
    pub(crate) bare_names: Option<Spanned<Bare>>,
    pub(crate) attempts: Option<NonZeroUsize>,
    pub(crate) failover: Option<Vec<Failing>>,
    /// For providers without their own.
    pub(crate) timeout: Option<Wait>,
    pub(crate) retry_budget: Option<Budget>,
    pub(crate) report: Option<bool>,
    pub(crate) bind_encrypted: Option<bool>,
    pub(crate) forbidden_calls: Option<Forbidden>,
    pub(crate) unsupported: Unsupporteds,
}

/// The budget of further attempts of all requests.
#[derive(Clone, Copy, Deserialize)]
#[serde(
    deny_unknown_fields,
    expecting = "{ of_requests = NUMBER, a_second = NUMBER }"
)]
pub(crate) struct Budget {
    pub(crate) of_requests: Figure,
    pub(crate) a_second: Figure,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Forbidden {
    Suppress,
    Fail,
}

/// A kind of failure, `openresponses_tower::ErrorKind`.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Failing {
    InvalidRequest,
    Authentication,
    Permission,
    NotFound,
    RateLimited,
    Model,
    Server,
    Upstream,
    Overloaded,
    Timeout,
}

/// Resolution of names without a creator.
pub(crate) enum Bare {
    Refuse,
    Unique,
    CreatedBy(String),
}

impl<'de> Deserialize<'de> for Bare {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(BareVisitor)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreatedBy {
    creator: String,
}

struct BareVisitor;

impl<'de> Visitor<'de> for BareVisitor {
    type Value = Bare;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"unique\", \"refuse\" or { creator = \"NAME\" }")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Bare, E> {
        match text {
            "unique" => Ok(Bare::Unique),
            "refuse" => Ok(Bare::Refuse),
            other => Err(E::invalid_value(Unexpected::Str(other), &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Bare, A::Error> {
        let by = CreatedBy::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Bare::CreatedBy(by.creator))
    }
}
