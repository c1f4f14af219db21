//! Every schema by name, for the coverage report.

use crate::rules::{Branch, Enum, Map, Object, Union, Value};
use crate::{compact, content, event, item, request, response, tool};

/// What stands under a name in the OpenAPI file.
pub(in crate::schema) enum Named {
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
pub(in crate::schema) static SCHEMAS: &[&[Named]] =
    &[OBJECTS, EVENTS, ENUMS, UNIONS, OTHERS, ROOTS];

static OBJECTS: &[Named] = named![Object:
    item::ITEM_REFERENCE,
    content::SUMMARY_PARAM,
    item::REASONING_PARAM,
    item::COMPACTION_PARAM,
    content::INPUT_TEXT_PARAM,
    content::INPUT_IMAGE_PARAM,
    content::INPUT_FILE_PARAM,
    item::USER_MESSAGE,
    item::SYSTEM_MESSAGE,
    item::DEVELOPER_MESSAGE,
    content::URL_CITATION_PARAM,
    content::OUTPUT_TEXT_PARAM,
    content::REFUSAL_PARAM,
    item::ASSISTANT_MESSAGE,
    item::FUNCTION_CALL_PARAM,
    item::FUNCTION_CALL_OUTPUT_PARAM,
    tool::EMPTY_MODEL,
    tool::FUNCTION_TOOL_PARAM,
    tool::SPECIFIC_FUNCTION,
    tool::ALLOWED_TOOLS,
    request::TEXT_PARAM,
    request::STREAM_OPTIONS,
    request::REASONING_PARAM,
    request::CREATE,
    request::WS_CREATE,
    response::WS_ERROR,
    response::INCOMPLETE_DETAILS,
    content::INPUT_TEXT,
    content::URL_CITATION_BODY,
    content::TOP_LOG_PROB,
    content::LOG_PROB,
    content::OUTPUT_TEXT,
    content::TEXT,
    content::SUMMARY_TEXT,
    content::REASONING_TEXT,
    content::REFUSAL,
    content::INPUT_IMAGE,
    content::INPUT_FILE,
    item::MESSAGE,
    item::FUNCTION_CALL,
    item::FUNCTION_CALL_OUTPUT,
    item::REASONING_BODY,
    item::COMPACTION_BODY,
    response::ERROR,
    tool::FUNCTION_TOOL,
    tool::FUNCTION_CHOICE,
    tool::ALLOWED_TOOL_CHOICE,
    request::TEXT_FORMAT,
    request::JSON_OBJECT_FORMAT,
    request::JSON_SCHEMA_FORMAT,
    request::TEXT_FIELD,
    request::REASONING,
    response::INPUT_TOKENS_DETAILS,
    response::OUTPUT_TOKENS_DETAILS,
    response::USAGE,
    response::RESPONSE,
    response::ERROR_PAYLOAD,
    compact::COMPACT,
    compact::COMPACT_RESOURCE,
    content::INPUT_VIDEO,
    request::JSON_SCHEMA_FORMAT_PARAM,
];

static EVENTS: &[Named] = &[Named::Branches(event::BRANCHES)];

static ENUMS: &[Named] = named![Enum:
    content::DETAIL_ENUM,
    content::IMAGE_DETAIL,
    item::FUNCTION_CALL_STATUS,
    item::FUNCTION_CALL_ITEM_STATUS,
    item::FUNCTION_CALL_OUTPUT_STATUS,
    item::MESSAGE_STATUS,
    item::MESSAGE_ROLE,
    request::INCLUDE,
    request::TRUNCATION,
    request::SERVICE_TIER,
    request::VERBOSITY,
    tool::TOOL_CHOICE_VALUE,
    request::EFFORT,
    request::SUMMARY,
];

static UNIONS: &[Named] = named![Union:
    item::ITEM_PARAM,
    item::ITEM_FIELD,
    content::ANNOTATION,
    tool::TOOL_PARAM,
    tool::TOOL,
    tool::SPECIFIC_TOOL_CHOICE,
    request::FORMAT_PARAM,
];

static OTHERS: &[Named] = &[
    Named::Map(&request::METADATA),
    Named::Value("ToolChoiceParam", tool::TOOL_CHOICE_PARAM),
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
    Named::Value(
        "/responses errorMessage",
        Value::Object(&response::WS_ERROR),
    ),
    Named::Value(
        "POST /responses/compact request",
        Value::Object(&compact::COMPACT),
    ),
    Named::Value(
        "POST /responses/compact response",
        Value::Object(&compact::COMPACT_RESOURCE),
    ),
];
