//! A request for a response.

use alloc::string::String;
use alloc::vec::Vec;

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

object! {
    /// The body of `POST /v1/responses`. The schema requires nothing.
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
            /// The model.
            model: String,
            /// What it is asked to process.
            input: Input,
            /// The response to continue from. Spec: "previous_response_id".
            previous_response_id: String,
            /// What to include in the response.
            include: Vec<Include>,
            /// The tools that the model can see.
            tools: Vec<Tool>,
            /// Which of them it may or must call.
            tool_choice: ToolChoice,
            /// Up to 16 pairs of strings, names of up to 64 and values of up to 512 code points.
            metadata: RawJson,
            /// How the answer's text should look.
            text: TextConfig,
            /// Randomness, 0 to 2.
            temperature: f64,
            /// Nucleus sampling, 0 to 1.
            top_p: f64,
            /// Penalty for tokens that appeared.
            presence_penalty: f64,
            /// Penalty for tokens by how often they appeared.
            frequency_penalty: f64,
            /// Whether the model may call several tools at once.
            parallel_tool_calls: bool,
            /// Whether the response is streamed.
            stream: bool,
            /// How it is streamed.
            stream_options: StreamOptions,
            /// Whether the response is made in the background.
            background: bool,
            /// The most tokens to generate, 16 at least.
            max_output_tokens: i64,
            /// The most tool calls to make, 1 at least.
            max_tool_calls: i64,
            /// How much the model should reason.
            reasoning: ReasoningConfig,
            /// A stable name of the end user, up to 64 code points.
            safety_identifier: String,
            /// A key for prompt caches, up to 64 code points.
            prompt_cache_key: String,
            /// Whether the context may be shortened.
            truncation: Truncation,
            /// Instructions for the model.
            instructions: String,
            /// Whether the response can be retrieved and continued later.
            store: bool,
            /// How urgently the request is processed.
            service_tier: ServiceTier,
            /// How many likely tokens to report in each place, 0 to 20.
            top_logprobs: i64,
        }
    }
}

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
