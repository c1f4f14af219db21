//! Settings of a request that have a type of their own.

use crate::diagnostics::Leniency;
use crate::rules::{Array, Enum, Map, Object, Open, Value, at_most, optional};
use crate::wire::{object, open_enum};

open_enum! {
    /// Something to include in the response that is left out by default.
    pub enum Include {
        /// Encrypted reasoning, so that it can be sent back.
        ReasoningEncryptedContent = "reasoning.encrypted_content",
        /// Log probabilities of sampled tokens.
        MessageOutputTextLogprobs = "message.output_text.logprobs",
    }
}

open_enum! {
    /// Whether the server may shorten a context that is too long. Spec: "truncation".
    pub enum Truncation {
        /// It may.
        Auto = "auto",
        /// It must not; the request fails.
        Disabled = "disabled",
    }
}

open_enum! {
    /// How urgently the request is processed. Spec: "service_tier".
    pub enum ServiceTier {
        /// The service decides.
        Auto = "auto",
        /// The default tier.
        Default = "default",
        /// The flexible tier.
        Flex = "flex",
        /// The priority tier.
        Priority = "priority",
    }
}

object! {
    /// How the response is streamed.
    pub struct StreamOptions {
        optional {
            /// Whether delta events are padded against guessing from their size.
            include_obfuscation: bool,
        }
    }
}

pub(crate) static INCLUDE: Enum = Enum::open(
    "IncludeEnum",
    Include::VALUES,
    Open::Any(Leniency::VendorInclude),
);

pub(crate) static INCLUDES: Array = Array::of(Value::Enum(&INCLUDE));

pub(crate) static TRUNCATION: Enum = Enum::closed("TruncationEnum", Truncation::VALUES);

pub(crate) static SERVICE_TIER: Enum = Enum::open(
    "ServiceTierEnum",
    ServiceTier::VALUES,
    Open::Any(Leniency::OpenServiceTier),
);

/// The limit of names stands in the text only: "a maximum length of 64 characters".
pub(crate) static METADATA: Map = Map {
    name: "MetadataParam",
    max_members: Some(16),
    max_name: Some(64),
    value: at_most(512),
};

pub(crate) static STREAM_OPTIONS: Object = Object::new(
    "StreamOptionsParam",
    &[optional("include_obfuscation", Value::Boolean)],
);
