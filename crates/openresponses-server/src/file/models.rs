//! `[models.NAME]` and `[aliases]`.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::capabilities::Lacks;
use super::units::{Figure, Wait};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Model {
    pub(crate) providers: Spanned<Vec<Spanned<Served>>>,
    pub(crate) fallbacks: Option<Spanned<Names>>,
    #[serde(default)]
    pub(crate) created: i64,
}

/// A route: the name of a provider, or a table.
pub(crate) struct Served(pub(crate) Route);

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Route {
    pub(crate) provider: String,
    pub(crate) model: Option<String>,
    pub(crate) cost: Option<Figure>,
    pub(crate) ttft: Option<Wait>,
    pub(crate) tps: Option<Figure>,
    pub(crate) lacks: Option<Lacks>,
}

impl<'de> Deserialize<'de> for Served {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ServedVisitor)
    }
}

struct ServedVisitor;

impl<'de> Visitor<'de> for ServedVisitor {
    type Value = Served;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a provider or { provider = \"NAME\" }")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Served, E> {
        Ok(Served(Route {
            provider: name.to_owned(),
            ..Route::default()
        }))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Served, A::Error> {
        Route::deserialize(MapAccessDeserializer::new(map)).map(Served)
    }
}

/// A name, or a list of them.
pub(crate) struct Names(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NamesVisitor)
    }
}

struct NamesVisitor;

impl<'de> Visitor<'de> for NamesVisitor {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name or a list of names")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Names, E> {
        Ok(Names(vec![name.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Names, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Names)
    }
}
