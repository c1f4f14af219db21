//! Items of a request's input.

use super::super::table::{
    Array, Branch, Enum, Member, Object, Open, STRING, Shape, Text, Union, Value, at_most, beyond,
    optional, required, string, tag,
};
use super::TEXT_MAX;
use super::input_part::{
    ANY_CONTENT, ASSISTANT_CONTENT, REASONING_CONTENT, SUMMARY_CONTENT, SYSTEM_CONTENT,
    TOOL_OUTPUT, USER_CONTENT,
};
use crate::diagnostics::Leniency;

/// The names of functions and what ties a call to its output, in code points.
pub(super) const NAME_MAX: usize = 64;

/// The name of a function.
pub(super) const FUNCTION_NAME: Value = Value::String(Text {
    min: 1,
    max: Some(NAME_MAX),
    pattern: true,
});

const CALL_ID: Value = string(1, Some(NAME_MAX));
const LONG_TEXT: Value = at_most(TEXT_MAX);

/// The states that the text gives every item; it also mentions `failed` and leaves room for more.
pub(super) const STATUSES: &[&str] = &["in_progress", "completed", "incomplete"];

/// A set of item states.
pub(super) const fn statuses(name: &'static str) -> Enum {
    Enum {
        name,
        values: STATUSES,
        by_text: &["failed"],
        open: Open::Any(Leniency::OpenItemStatus),
    }
}

pub(in super::super) static FUNCTION_CALL_STATUS: Enum = statuses("FunctionCallStatus");
/// Named by the OpenAPI file and used by none of its schemas.
pub(in super::super) static FUNCTION_CALL_ITEM_STATUS: Enum = statuses("FunctionCallItemStatus");

pub(super) const PHASES: &[&str] = &["commentary", "final_answer"];
pub(super) static PHASE: Enum = Enum::closed("", PHASES);

pub(in super::super) static ITEM_REFERENCE: Object = Object::new(
    "ItemReferenceParam",
    &[
        optional("type", Value::Constant("item_reference")).or_null(),
        required("id", STRING),
    ],
);

pub(in super::super) static REASONING_PARAM: Object = Object::new(
    "ReasoningItemParam",
    &[
        optional("id", STRING).or_null(),
        tag("reasoning"),
        required("summary", Value::Array(&SUMMARY_CONTENT)),
        optional(
            "content",
            Value::Relaxed {
                strict: &Value::Null,
                compatible: &Value::Array(&REASONING_CONTENT),
                leniency: Leniency::ReasoningContent,
            },
        )
        .or_null(),
        optional("encrypted_content", STRING).or_null(),
        beyond("status", STRING),
    ],
);

pub(in super::super) static COMPACTION_PARAM: Object = Object::new(
    "CompactionSummaryItemParam",
    &[
        optional("id", STRING).or_null(),
        tag("compaction"),
        required("encrypted_content", LONG_TEXT),
        beyond("created_by", STRING),
    ],
);

const fn message_type() -> Member {
    tag("message").excused(Leniency::MessageWithoutType)
}

const fn role(role: &'static str) -> Member {
    required("role", Value::Constant(role))
}

const fn content(parts: &'static Array) -> Member {
    required("content", text_or(parts))
}

const fn text_or(parts: &'static Array) -> Value {
    Value::TextOr(
        Text {
            min: 0,
            max: Some(TEXT_MAX),
            pattern: false,
        },
        parts,
    )
}

pub(in super::super) static USER_MESSAGE: Object = Object::new(
    "UserMessageItemParam",
    &[
        optional("id", STRING).or_null(),
        message_type(),
        role("user"),
        content(&USER_CONTENT),
        optional("status", STRING).or_null(),
        beyond("phase", STRING),
    ],
);

pub(in super::super) static SYSTEM_MESSAGE: Object = Object::new(
    "SystemMessageItemParam",
    &[
        optional("id", STRING).or_null(),
        message_type(),
        role("system"),
        content(&SYSTEM_CONTENT),
        optional("status", STRING).or_null(),
        beyond("phase", STRING),
    ],
);

pub(in super::super) static DEVELOPER_MESSAGE: Object = Object::new(
    "DeveloperMessageItemParam",
    &[
        optional("id", STRING).or_null(),
        message_type(),
        role("developer"),
        content(&SYSTEM_CONTENT),
        optional("status", STRING).or_null(),
        beyond("phase", STRING),
    ],
);

pub(in super::super) static ASSISTANT_MESSAGE: Object = Object::new(
    "AssistantMessageItemParam",
    &[
        optional("id", STRING).or_null(),
        message_type(),
        role("assistant"),
        content(&ASSISTANT_CONTENT),
        optional("phase", Value::Enum(&PHASE)),
        optional("status", STRING).or_null(),
    ],
);

static ROLES: Enum = Enum::closed("", &["user", "assistant", "system", "developer"]);

/// A message whose role is missing or wrong: everything else is still looked at.
static ANY_MESSAGE: Object = Object::new(
    "ItemParam",
    &[
        message_type(),
        required("role", Value::Enum(&ROLES)),
        content(&ANY_CONTENT),
        optional("id", STRING).or_null(),
        optional("status", STRING).or_null(),
    ],
);

pub(in super::super) static FUNCTION_CALL_PARAM: Object = Object::new(
    "FunctionCallItemParam",
    &[
        optional("id", STRING).or_null(),
        required("call_id", CALL_ID),
        tag("function_call"),
        required("name", FUNCTION_NAME),
        required("arguments", STRING),
        optional("status", Value::Enum(&FUNCTION_CALL_STATUS)).or_null(),
    ],
);

pub(in super::super) static FUNCTION_CALL_OUTPUT_PARAM: Object = Object::new(
    "FunctionCallOutputItemParam",
    &[
        optional("id", STRING).or_null(),
        required("call_id", CALL_ID),
        tag("function_call_output"),
        required("output", text_or(&TOOL_OUTPUT)),
        optional("status", Value::Enum(&FUNCTION_CALL_STATUS)).or_null(),
    ],
);

pub(in super::super) static ITEM_PARAM: Union = Union {
    name: "ItemParam",
    what: "an item",
    branches: &[
        Branch::new("item_reference", &ITEM_REFERENCE),
        Branch::new("reasoning", &REASONING_PARAM),
        Branch::new("compaction", &COMPACTION_PARAM),
        Branch::message("user", &USER_MESSAGE),
        Branch::message("system", &SYSTEM_MESSAGE),
        Branch::message("developer", &DEVELOPER_MESSAGE),
        Branch::message("assistant", &ASSISTANT_MESSAGE),
        Branch::new("function_call", &FUNCTION_CALL_PARAM),
        Branch::new("function_call_output", &FUNCTION_CALL_OUTPUT_PARAM),
    ],
    relaxed: &[],
    elsewhere: &[],
    extension: None,
    unknown: Leniency::UnknownItem,
    shape: Shape::InputItem {
        any_message: &ANY_MESSAGE,
        reference: &ITEM_REFERENCE,
    },
};

pub(super) static INPUT_ITEMS: Array = Array::of(Value::Union(&ITEM_PARAM));
