//! Responses.

use super::super::table::{INTEGER, NUMBER, Object, STRING, Value, required};
use super::error::ERROR;
use super::output_item::OUTPUT_ITEMS;
use super::reasoning::REASONING;
use super::request::TRUNCATION;
use super::text::TEXT_FIELD;
use super::tool::TOOLS;
use super::tool_choice::TOOL_CHOICE;
use super::usage::USAGE;

pub(in super::super) static INCOMPLETE_DETAILS: Object =
    Object::new("IncompleteDetails", &[required("reason", STRING)]);

pub(crate) static RESPONSE: Object = Object::new(
    "ResponseResource",
    &[
        required("id", STRING),
        required("object", Value::Constant("response")),
        required("created_at", INTEGER),
        required("completed_at", INTEGER).or_null(),
        required("status", STRING),
        required("incomplete_details", Value::Object(&INCOMPLETE_DETAILS)).or_null(),
        required("model", STRING),
        required("previous_response_id", STRING).or_null(),
        required("instructions", STRING).or_null(),
        required("output", Value::Array(&OUTPUT_ITEMS)),
        required("error", Value::Object(&ERROR)).or_null(),
        required("tools", Value::Array(&TOOLS)),
        required("tool_choice", TOOL_CHOICE),
        required("truncation", Value::Enum(&TRUNCATION)),
        required("parallel_tool_calls", Value::Boolean),
        required("text", Value::Object(&TEXT_FIELD)),
        required("top_p", NUMBER),
        required("presence_penalty", NUMBER),
        required("frequency_penalty", NUMBER),
        required("top_logprobs", INTEGER),
        required("temperature", NUMBER),
        required("reasoning", Value::Object(&REASONING)).or_null(),
        required("usage", Value::Object(&USAGE)).or_null(),
        required("max_output_tokens", INTEGER).or_null(),
        required("max_tool_calls", INTEGER).or_null(),
        required("store", Value::Boolean),
        required("background", Value::Boolean),
        required("service_tier", STRING),
        required("metadata", Value::Any).or_null(),
        required("safety_identifier", STRING).or_null(),
        required("prompt_cache_key", STRING).or_null(),
    ],
);
