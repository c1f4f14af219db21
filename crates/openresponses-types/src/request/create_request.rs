//! A request for a response.

use alloc::string::String;
use alloc::vec::Vec;

use super::settings::settings;
use crate::json::RawJson;
use crate::request::{Input, ReasoningConfig, TextConfig};
use crate::tool::{Tool, ToolChoice};
use crate::wire::{Field, object, open_enum};

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

macro_rules! create_request {
    ($(
        response { $($of_response:tt)* }
        settings { $(
            $(#[$doc:meta])*
            $name:ident: $wire:ty => $turn:ty, $way:ident $(($($args:tt)*))?;
        )* }
    )*) => {
        object! {
            /// The body of `POST /v1/responses`. No member is required by the schema.
            ///
            /// ```
            /// use openresponses_types::CreateRequest;
            ///
            /// let request = CreateRequest::new().model("provider/model").input("Hello").stream(true);
            /// assert_eq!(
            ///     request.to_json(),
            ///     r#"{"model":"provider/model","input":"Hello","stream":true}"#,
            /// );
            /// ```
            pub struct CreateRequest {
                optional {
                    /// The model that answers.
                    model: String,
                    /// The input: a text, or items.
                    input: Input,
                    /// Data to include in the response that is left out by default.
                    include: Vec<Include>,
                    /// Whether the response is streamed. Default: false.
                    stream: bool,
                    /// How the response is streamed.
                    stream_options: StreamOptions,
                    $($(
                        $(#[$doc])*
                        $name: $wire,
                    )*)*
                }
            }
        }
    };
}

settings!(create_request);

impl CreateRequest {
    /// Prints the message that asks for the same on a WebSocket: with its `type`, and without
    /// `stream`, `stream_options` and `background`, which must not be sent there. Since 2026-04-24.
    ///
    /// ```
    /// use openresponses_types::CreateRequest;
    ///
    /// let request = CreateRequest::new().model("provider/model").input("Hello").stream(true);
    /// assert_eq!(
    ///     request.to_message_json(),
    ///     r#"{"type":"response.create","model":"provider/model","input":"Hello"}"#,
    /// );
    /// ```
    #[must_use]
    pub fn to_message_json(&self) -> String {
        let mut request = self.clone();
        request.stream = Field::Absent;
        request.stream_options = Field::Absent;
        request.background = Field::Absent;
        request.extra.remove("type");
        let members = request.to_json();
        let comma = if members == "{}" { "" } else { "," };
        let rest = members.strip_prefix('{').unwrap_or_default();
        alloc::format!(r#"{{"type":"response.create"{comma}{rest}"#)
    }
}
