//! Which items are legal in the input of a request and in the output of a response.

use super::compaction::{COMPACTION_BODY, COMPACTION_PARAM};
use super::function_call::{
    FUNCTION_CALL, FUNCTION_CALL_OUTPUT, FUNCTION_CALL_OUTPUT_PARAM, FUNCTION_CALL_PARAM,
};
use super::message::{
    ANY_MESSAGE, ASSISTANT_MESSAGE, DEVELOPER_MESSAGE, MESSAGE, SYSTEM_MESSAGE, USER_MESSAGE,
};
use super::reasoning::{REASONING_BODY, REASONING_PARAM};
use super::reference::ITEM_REFERENCE;
use crate::diagnostics::Leniency;
use crate::rules::{Array, Branch, Object, STRING, Shape, Union, Value, required};

pub(crate) static ITEM_PARAM: Union = Union {
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

pub(crate) static INPUT_ITEMS: Array = Array::of(Value::Union(&ITEM_PARAM));

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

pub(crate) static OUTPUT_ITEMS: Array = Array::of(Value::Union(&ITEM_FIELD));
