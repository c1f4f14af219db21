//! Items of a response's output.

use super::super::table::{
    Array, Branch, Enum, Object, STRING, Shape, Text, Union, Value, beyond, optional, required, tag,
};
use super::content::{MESSAGE_CONTENT, REASONING_CONTENT, TOOL_OUTPUT};
use super::input_item::{FUNCTION_CALL_STATUS, PHASE, statuses};
use crate::diagnostics::Leniency;

pub(in super::super) static MESSAGE_ROLE: Enum =
    Enum::closed("MessageRole", &["user", "assistant", "system", "developer"]);
pub(in super::super) static MESSAGE_STATUS: Enum = statuses("MessageStatus");
pub(in super::super) static FUNCTION_CALL_OUTPUT_STATUS: Enum =
    statuses("FunctionCallOutputStatusEnum");

pub(in super::super) static MESSAGE: Object = Object::new(
    "Message",
    &[
        tag("message"),
        required("id", STRING),
        required("status", Value::Enum(&MESSAGE_STATUS)),
        required("role", Value::Enum(&MESSAGE_ROLE)),
        required("content", Value::Array(&MESSAGE_CONTENT)),
        optional("phase", Value::Enum(&PHASE)),
    ],
);

pub(in super::super) static FUNCTION_CALL: Object = Object::new(
    "FunctionCall",
    &[
        tag("function_call"),
        required("id", STRING),
        required("call_id", STRING),
        required("name", STRING),
        required("arguments", STRING),
        required("status", Value::Enum(&FUNCTION_CALL_STATUS)),
    ],
);

pub(in super::super) static FUNCTION_CALL_OUTPUT: Object = Object::new(
    "FunctionCallOutput",
    &[
        tag("function_call_output"),
        required("id", STRING),
        required("call_id", STRING),
        required(
            "output",
            Value::TextOr(
                Text {
                    min: 0,
                    max: None,
                    pattern: false,
                },
                &TOOL_OUTPUT,
            ),
        ),
        required("status", Value::Enum(&FUNCTION_CALL_OUTPUT_STATUS)),
    ],
);

pub(in super::super) static REASONING_BODY: Object = Object::new(
    "ReasoningBody",
    &[
        tag("reasoning"),
        required("id", STRING),
        optional("content", Value::Array(&REASONING_CONTENT)),
        required("summary", Value::Array(&REASONING_CONTENT)),
        optional("encrypted_content", STRING),
        beyond("status", STRING),
    ],
);

pub(in super::super) static COMPACTION_BODY: Object = Object::new(
    "CompactionBody",
    &[
        tag("compaction"),
        required("id", STRING),
        required("encrypted_content", STRING),
        optional("created_by", STRING),
    ],
);

/// "Every Item in an Open Responses trajectory MUST include" these.
static EXTENSION_ITEM: Object = Object::new(
    "ExtensionItem",
    &[required("id", STRING), required("status", STRING)],
);

pub(crate) static ITEM_FIELD: Union = Union {
    name: "ItemField",
    what: "an item",
    branches: &[
        Branch::new("message", &MESSAGE),
        Branch::new("function_call", &FUNCTION_CALL),
        Branch::new("function_call_output", &FUNCTION_CALL_OUTPUT),
        Branch::new("reasoning", &REASONING_BODY),
        Branch::new("compaction", &COMPACTION_BODY),
    ],
    relaxed: &[],
    elsewhere: &["item_reference"],
    extension: Some(&EXTENSION_ITEM),
    unknown: Leniency::UnknownItem,
    shape: Shape::Plain,
};

pub(super) static OUTPUT_ITEMS: Array = Array::of(Value::Union(&ITEM_FIELD));
