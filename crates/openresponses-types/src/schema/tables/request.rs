//! Requests for a response.

use super::super::table::{
    Array, Enum, Habit, Map, Member, NUMBER, Object, Open, STRING, Text, Value, at_most, optional,
    required,
};
use super::TEXT_MAX;
use super::input_item::{INPUT_ITEMS, NAME_MAX};
use super::reasoning::REASONING_PARAM;
use super::text::TEXT_PARAM;
use super::tool::TOOLS_PARAM;
use super::tool_choice::TOOL_CHOICE_PARAM;
use crate::diagnostics::Leniency;

pub(in super::super) static INCLUDE: Enum = Enum::open(
    "IncludeEnum",
    &[
        "reasoning.encrypted_content",
        "message.output_text.logprobs",
    ],
    Open::Any(Leniency::VendorInclude),
);
static INCLUDES: Array = Array::of(Value::Enum(&INCLUDE));

pub(in super::super) static TRUNCATION: Enum =
    Enum::closed("TruncationEnum", &["auto", "disabled"]);

pub(in super::super) static SERVICE_TIER: Enum = Enum::open(
    "ServiceTierEnum",
    &["auto", "default", "flex", "priority"],
    Open::Any(Leniency::OpenServiceTier),
);

/// The limit of names stands in the text only: "a maximum length of 64 characters".
pub(in super::super) static METADATA: Map = Map {
    name: "MetadataParam",
    max_members: Some(16),
    max_name: Some(64),
    value: at_most(512),
};

pub(in super::super) static STREAM_OPTIONS: Object = Object::new(
    "StreamOptionsParam",
    &[optional("include_obfuscation", Value::Boolean)],
);

/// The input of a request: a text, or items.
pub(super) const fn input() -> Member {
    optional(
        "input",
        Value::TextOr(
            Text {
                min: 0,
                max: Some(TEXT_MAX),
                pattern: false,
            },
            &INPUT_ITEMS,
        ),
    )
    .or_null()
}

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

pub(in super::super) static CREATE: Object = Object::new(
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
    ],
);

/// Not the protocol's; reported when it has the known shape.
const fn habit(name: &'static str, of: Habit, leniency: Leniency) -> Member {
    let mut member = optional(name, Value::Habit { of, leniency });
    member.beyond = true;
    member.nullable = true;
    member
}

/// Must not be sent on a WebSocket, whatever its value.
const fn not_on_web_socket(name: &'static str, otherwise: &'static Value) -> Member {
    optional(
        name,
        Value::Relaxed {
            strict: &Value::Forbidden,
            compatible: otherwise,
            leniency: Leniency::TransportMemberOnWebSocket,
        },
    )
}

pub(in super::super) static WS_CREATE: Object = Object {
    name: "WebSocketResponseCreateEvent",
    members: &[
        required("type", Value::Constant("response.create")),
        not_on_web_socket("stream", &Value::Boolean),
        not_on_web_socket("stream_options", &Value::Object(&STREAM_OPTIONS)),
        not_on_web_socket("background", &Value::Boolean),
    ],
    base: Some(&CREATE),
};
