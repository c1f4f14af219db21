//! Settings of a request that have a type of their own.

use crate::diagnostics::Leniency;
use crate::rules::{Array, Enum, Map, Object, Open, Value, at_most, optional};
use crate::wire::{object, open_enum};

open_enum! {
    /// Data to include in the response that is left out by default.
    pub enum Include {
        /// Encrypted reasoning, which a client can send back.
        ReasoningEncryptedContent = "reasoning.encrypted_content",
        /// Log probabilities of sampled tokens.
        MessageOutputTextLogprobs = "message.output_text.logprobs",
    }
}

open_enum! {
    /// Whether the server may shorten a context that is too long. Spec: "truncation".
    pub enum Truncation {
        /// The server may drop items from the front of the context.
        Auto = "auto",
        /// A request whose context is too long fails.
        Disabled = "disabled",
    }
}

open_enum! {
    /// The processing tier of a request. Spec: "service_tier".
    pub enum ServiceTier {
        /// Decided by the service.
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
    /// Options of a streamed response.
    pub struct StreamOptions {
        optional {
            /// Whether delta events are padded, so that their size reveals less of their text.
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
