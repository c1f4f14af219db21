//! `[websocket]`.

use std::fmt;

use serde::de::value::SeqAccessDeserializer;
use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::units::{Size, Wait};

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WebSocket {
    pub(crate) enabled: Option<bool>,
    pub(crate) connection_limit: Option<Wait>,
    pub(crate) idle_limit: Option<Wait>,
    pub(crate) ping_interval: Option<Wait>,
    pub(crate) silence_limit: Option<Wait>,
    pub(crate) queue: Option<usize>,
    pub(crate) message_limit: Option<Size>,
    pub(crate) origins: Option<Origins>,
    pub(crate) subprotocols: Option<Vec<Subprotocol>>,
}

/// The name of a subprotocol: a token of HTTP.
pub(crate) struct Subprotocol(pub(crate) String);

impl<'de> Deserialize<'de> for Subprotocol {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if text.is_empty() || !text.bytes().all(is_token) {
            let message = "it must be one word, without spaces, commas or other separators";
            return Err(D::Error::custom(message));
        }
        Ok(Self(text))
    }
}

/// The origins of pages that may connect.
pub(crate) enum Origins {
    Any,
    Listed(Vec<Origin>),
}

/// An origin as browsers send it: scheme, lower-case host, optional port.
pub(crate) struct Origin(pub(crate) String);

impl<'de> Deserialize<'de> for Origin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let is_host = |byte: u8| {
            byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-._:[]".contains(&byte)
        };
        match text.split_once("://") {
            Some((scheme, host))
                if !scheme.is_empty()
                    && scheme.bytes().all(|byte| is_host(byte) || byte == b'+')
                    && !host.is_empty()
                    && host.bytes().all(is_host) =>
            {
                Ok(Self(text))
            }
            _ => Err(D::Error::custom(
                "it must be as browsers send it: \"https://HOST\" or \"https://HOST:PORT\"",
            )),
        }
    }
}

impl<'de> Deserialize<'de> for Origins {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OriginsVisitor)
    }
}

struct OriginsVisitor;

impl<'de> Visitor<'de> for OriginsVisitor {
    type Value = Origins;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of origins such as \"https://chat.example.com\", or \"any\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Origins, E> {
        match text {
            "any" => Ok(Origins::Any),
            other => Err(E::invalid_value(serde::de::Unexpected::Str(other), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Origins, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(seq)).map(Origins::Listed)
    }
}
