//! Which tools may or must be called.

use super::super::table::{
    Array, Branch, Enum, Object, STRING, Shape, Union, Value, optional, required, tag,
};
use crate::diagnostics::Leniency;

pub(in super::super) static TOOL_CHOICE_VALUE: Enum =
    Enum::closed("ToolChoiceValueEnum", &["none", "auto", "required"]);

pub(in super::super) static SPECIFIC_FUNCTION: Object = Object::new(
    "SpecificFunctionParam",
    &[tag("function"), required("name", STRING)],
);

/// The inside of a function choice in the shape of Chat Completions.
static NESTED_FUNCTION: Object = Object::new("SpecificFunctionParam", &[required("name", STRING)]);

const NESTED: Shape = Shape::Function {
    nested: &NESTED_FUNCTION,
    leniency: Leniency::NestedFunctionChoice,
};

pub(in super::super) static ALLOWED_TOOLS: Object = Object::new(
    "AllowedToolsParam",
    &[
        tag("allowed_tools"),
        required("tools", Value::Array(&ALLOWED)),
        optional("mode", Value::Enum(&TOOL_CHOICE_VALUE)),
    ],
);

static ALLOWED: Array = Array {
    items: Value::Union(&SPECIFIC_TOOL_CHOICE),
    min: 1,
    max: Some(128),
};

pub(in super::super) static SPECIFIC_TOOL_CHOICE: Union = choices(
    "SpecificToolChoiceParam",
    &[Branch::new("function", &SPECIFIC_FUNCTION)],
    NESTED,
);

static CHOICE_PARAM: Union = choices(
    "ToolChoiceParam",
    &[
        Branch::new("function", &SPECIFIC_FUNCTION),
        Branch::new("allowed_tools", &ALLOWED_TOOLS),
    ],
    NESTED,
);

/// The choice of a request.
pub(in super::super) const TOOL_CHOICE_PARAM: Value =
    Value::EnumOr(&TOOL_CHOICE_VALUE, &CHOICE_PARAM);

pub(in super::super) static FUNCTION_CHOICE: Object = Object::new(
    "FunctionToolChoice",
    &[tag("function"), optional("name", STRING)],
);

static RESPONSE_ALLOWED: Array = Array::of(Value::Union(&RESPONSE_ALLOWED_TOOL));

static RESPONSE_ALLOWED_TOOL: Union = choices(
    "",
    &[Branch::new("function", &FUNCTION_CHOICE)],
    Shape::Plain,
);

pub(in super::super) static ALLOWED_TOOL_CHOICE: Object = Object::new(
    "AllowedToolChoice",
    &[
        tag("allowed_tools"),
        required("tools", Value::Array(&RESPONSE_ALLOWED)),
        required("mode", Value::Enum(&TOOL_CHOICE_VALUE)),
    ],
);

static CHOICE: Union = choices(
    "",
    &[
        Branch::new("function", &FUNCTION_CHOICE),
        Branch::new("allowed_tools", &ALLOWED_TOOL_CHOICE),
    ],
    Shape::Plain,
);

/// The choice of a response.
pub(super) const TOOL_CHOICE: Value = Value::EnumOr(&TOOL_CHOICE_VALUE, &CHOICE);

const fn choices(name: &'static str, branches: &'static [Branch], shape: Shape) -> Union {
    Union {
        name,
        what: "a tool choice",
        branches,
        relaxed: &[],
        elsewhere: &[],
        extension: None,
        unknown: Leniency::UnknownToolChoice,
        shape,
    }
}
