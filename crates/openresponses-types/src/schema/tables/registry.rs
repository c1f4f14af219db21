//! Every schema by name, for the coverage report.

use super::super::table::{Branch, Enum, Map, Object, Union, Value};
use super::{
    annotation, compact, content, error, input_item, input_part, logprob, output_item, part,
    reasoning, request, response, text, tool, tool_choice, usage,
};
use crate::event;

/// What stands under a name in the OpenAPI file.
pub(in super::super) enum Named {
    Object(&'static Object),
    Enum(&'static Enum),
    Union(&'static Union),
    /// The objects of a union, each under its own name.
    Branches(&'static [Branch]),
    Map(&'static Map),
    Value(&'static str, Value),
}

macro_rules! named {
    ($kind:ident: $($table:expr),* $(,)?) => { &[$(Named::$kind(&$table)),*] };
}

/// All of them.
pub(in super::super) static SCHEMAS: &[&[Named]] = &[OBJECTS, EVENTS, ENUMS, UNIONS, OTHERS, ROOTS];

static OBJECTS: &[Named] = named![Object:
    input_item::ITEM_REFERENCE,
    input_part::SUMMARY_PARAM,
    input_item::REASONING_PARAM,
    input_item::COMPACTION_PARAM,
    input_part::INPUT_TEXT_PARAM,
    input_part::INPUT_IMAGE_PARAM,
    input_part::INPUT_FILE_PARAM,
    input_item::USER_MESSAGE,
    input_item::SYSTEM_MESSAGE,
    input_item::DEVELOPER_MESSAGE,
    annotation::URL_CITATION_PARAM,
    input_part::OUTPUT_TEXT_PARAM,
    input_part::REFUSAL_PARAM,
    input_item::ASSISTANT_MESSAGE,
    input_item::FUNCTION_CALL_PARAM,
    input_item::FUNCTION_CALL_OUTPUT_PARAM,
    tool::EMPTY_MODEL,
    tool::FUNCTION_TOOL_PARAM,
    tool_choice::SPECIFIC_FUNCTION,
    tool_choice::ALLOWED_TOOLS,
    text::TEXT_PARAM,
    request::STREAM_OPTIONS,
    reasoning::REASONING_PARAM,
    request::CREATE,
    request::WS_CREATE,
    error::WS_ERROR,
    response::INCOMPLETE_DETAILS,
    content::INPUT_TEXT,
    annotation::URL_CITATION_BODY,
    logprob::TOP_LOG_PROB,
    logprob::LOG_PROB,
    content::OUTPUT_TEXT,
    content::TEXT,
    content::SUMMARY_TEXT,
    content::REASONING_TEXT,
    content::REFUSAL,
    content::INPUT_IMAGE,
    content::INPUT_FILE,
    output_item::MESSAGE,
    output_item::FUNCTION_CALL,
    output_item::FUNCTION_CALL_OUTPUT,
    output_item::REASONING_BODY,
    output_item::COMPACTION_BODY,
    error::ERROR,
    tool::FUNCTION_TOOL,
    tool_choice::FUNCTION_CHOICE,
    tool_choice::ALLOWED_TOOL_CHOICE,
    text::TEXT_FORMAT,
    text::JSON_OBJECT_FORMAT,
    text::JSON_SCHEMA_FORMAT,
    text::TEXT_FIELD,
    reasoning::REASONING,
    usage::INPUT_TOKENS_DETAILS,
    usage::OUTPUT_TOKENS_DETAILS,
    usage::USAGE,
    response::RESPONSE,
    error::ERROR_PAYLOAD,
    compact::COMPACT,
    compact::COMPACT_RESOURCE,
    content::INPUT_VIDEO,
    text::JSON_SCHEMA_FORMAT_PARAM,
];

static EVENTS: &[Named] = &[Named::Branches(event::BRANCHES)];

static ENUMS: &[Named] = named![Enum:
    part::DETAIL_ENUM,
    part::IMAGE_DETAIL,
    input_item::FUNCTION_CALL_STATUS,
    input_item::FUNCTION_CALL_ITEM_STATUS,
    output_item::FUNCTION_CALL_OUTPUT_STATUS,
    output_item::MESSAGE_STATUS,
    output_item::MESSAGE_ROLE,
    request::INCLUDE,
    request::TRUNCATION,
    request::SERVICE_TIER,
    text::VERBOSITY,
    tool_choice::TOOL_CHOICE_VALUE,
    reasoning::EFFORT,
    reasoning::SUMMARY,
];

static UNIONS: &[Named] = named![Union:
    input_item::ITEM_PARAM,
    output_item::ITEM_FIELD,
    annotation::ANNOTATION,
    tool::TOOL_PARAM,
    tool::TOOL,
    tool_choice::SPECIFIC_TOOL_CHOICE,
    text::FORMAT_PARAM,
];

static OTHERS: &[Named] = &[
    Named::Map(&request::METADATA),
    Named::Value("ToolChoiceParam", tool_choice::TOOL_CHOICE_PARAM),
];

/// What is sent where.
static ROOTS: &[Named] = &[
    Named::Value("POST /responses request", Value::Object(&request::CREATE)),
    Named::Value(
        "POST /responses response",
        Value::Object(&response::RESPONSE),
    ),
    Named::Value("POST /responses event", Value::Union(&event::STREAM_EVENT)),
    Named::Value(
        "/responses clientMessage",
        Value::Object(&request::WS_CREATE),
    ),
    Named::Value("/responses errorMessage", Value::Object(&error::WS_ERROR)),
    Named::Value(
        "POST /responses/compact request",
        Value::Object(&compact::COMPACT),
    ),
    Named::Value(
        "POST /responses/compact response",
        Value::Object(&compact::COMPACT_RESOURCE),
    ),
];
