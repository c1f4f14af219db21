//! Settings of a request that have a type of their own.

use crate::diagnostics::Leniency;
use crate::rules::{Array, Enum, Map, Object, Open, Value, at_most, optional};
use crate::wire::{object, open_enum};

open_enum! {
    /// Data to include in the response that is left out by default.
    ///
    /// ```
    /// use openresponses_types::request::Include;
    ///
    /// assert_eq!(Include::ReasoningEncryptedContent.as_str(), "reasoning.encrypted_content");
    /// assert_eq!(Include::from_json(br#""reasoning.encrypted_content""#), Ok(Include::ReasoningEncryptedContent));
    /// ```
    pub enum Include {
        /// Encrypted reasoning, which a client can send back.
        ReasoningEncryptedContent = "reasoning.encrypted_content",
        /// Log probabilities of sampled tokens.
        MessageOutputTextLogprobs = "message.output_text.logprobs",
    }
}

open_enum! {
    /// Whether the server may shorten a context that is too long. Spec: "truncation".
    ///
    /// ```
    /// use openresponses_types::request::Truncation;
    ///
    /// assert_eq!(Truncation::Disabled.as_str(), "disabled");
    /// assert_eq!(Truncation::from_json(br#""disabled""#), Ok(Truncation::Disabled));
    /// ```
    pub enum Truncation {
        /// The server may drop items from the front of the context.
        Auto = "auto",
        /// A request whose context is too long fails.
        Disabled = "disabled",
    }
}

open_enum! {
    /// The processing tier of a request. Spec: "service_tier".
    ///
    /// ```
    /// use openresponses_types::request::ServiceTier;
    ///
    /// assert_eq!(ServiceTier::Flex.as_str(), "flex");
    /// assert_eq!(ServiceTier::from_json(br#""flex""#), Ok(ServiceTier::Flex));
    /// ```
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
    ///
    /// ```
    /// use openresponses_types::request::StreamOptions;
    ///
    /// let value = StreamOptions::new().include_obfuscation(false);
    /// assert_eq!(value.to_json(), r#"{"include_obfuscation":false}"#);
    /// ```
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
