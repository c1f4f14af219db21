//! A request for a response.

use alloc::string::String;
use alloc::vec::Vec;

use super::input::{Input, input};
use super::options::{
    INCLUDES, Include, METADATA, SERVICE_TIER, STREAM_OPTIONS, ServiceTier, StreamOptions,
    TRUNCATION, Truncation,
};
use super::reasoning_config::{REASONING_PARAM, ReasoningConfig};
use super::settings::settings;
use super::text_config::{TEXT_PARAM, TextConfig};
use crate::diagnostics::Leniency;
use crate::json::RawJson;
use crate::rules::{
    Habit, Member, NAME_MAX, NUMBER, Object, STRING, Value, at_most, instead, instead_unless,
    optional,
};
use crate::tool::{TOOL_CHOICE_PARAM, TOOLS_PARAM, Tool, ToolChoice};
use crate::wire::object;

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
                    /// Options of a streamed response.
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

/// Stands in the text only: "a number between 0 and 2".
const TEMPERATURE: Value = Value::Number {
    min: Some(0.0),
    max: Some(2.0),
};

/// Stands in the text only: "a number between 0 and 1".
const TOP_P: Value = Value::Number {
    min: Some(0.0),
    max: Some(1.0),
};

const fn integer(min: i64, max: Option<i64>) -> Value {
    Value::Integer {
        min: Some(min),
        max,
    }
}

pub(crate) static CREATE: Object = Object::new(
    "CreateResponseBody",
    &[
        optional("model", STRING).or_null(),
        input(),
        optional("previous_response_id", STRING).or_null(),
        optional("include", Value::Array(&INCLUDES)),
        optional("tools", Value::Array(&TOOLS_PARAM)).or_null(),
        optional("tool_choice", TOOL_CHOICE_PARAM).or_null(),
        optional("metadata", Value::Map(&METADATA)).or_null(),
        optional("text", Value::Object(&TEXT_PARAM)).or_null(),
        optional("temperature", TEMPERATURE).or_null(),
        optional("top_p", TOP_P).or_null(),
        optional("presence_penalty", NUMBER).or_null(),
        optional("frequency_penalty", NUMBER).or_null(),
        optional("parallel_tool_calls", Value::Boolean).or_null(),
        optional("stream", Value::Boolean),
        optional("stream_options", Value::Object(&STREAM_OPTIONS)).or_null(),
        optional("background", Value::Boolean),
        optional("max_output_tokens", integer(16, None)).or_null(),
        optional("max_tool_calls", integer(1, None)).or_null(),
        optional("reasoning", Value::Object(&REASONING_PARAM)).or_null(),
        optional("safety_identifier", at_most(NAME_MAX)).or_null(),
        optional("prompt_cache_key", at_most(NAME_MAX)).or_null(),
        optional("truncation", Value::Enum(&TRUNCATION)),
        optional("instructions", STRING).or_null(),
        optional("store", Value::Boolean),
        optional("service_tier", Value::Enum(&SERVICE_TIER)),
        optional("top_logprobs", integer(0, Some(20))).or_null(),
        habit(
            "allowed_tools",
            Habit::Array,
            Leniency::TopLevelAllowedTools,
        ),
        habit("generate", Habit::False, Leniency::GenerateFalse),
        instead("max_tokens", "send 'max_output_tokens' instead"),
        instead("max_completion_tokens", "send 'max_output_tokens' instead"),
        instead("response_format", "send 'text.format' instead"),
        instead("reasoning_effort", "send 'reasoning.effort' instead"),
        instead("functions", "send 'tools' instead"),
        instead("function_call", "send 'tool_choice' instead"),
        instead("verbosity", "send 'text.verbosity' instead"),
        instead_unless(
            "logprobs",
            "false",
            "send 'top_logprobs', and 'message.output_text.logprobs' in 'include' instead",
        ),
        instead_unless("n", "1", "send one request for each response"),
    ],
);

/// Not the protocol's; reported when it has the known shape.
const fn habit(name: &'static str, of: Habit, leniency: Leniency) -> Member {
    let mut member = optional(name, Value::Habit { of, leniency });
    member.beyond = true;
    member.nullable = true;
    member
}
