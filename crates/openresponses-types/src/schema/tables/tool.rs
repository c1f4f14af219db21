//! Tools.

use super::super::table::{
    Array, Branch, Object, STRING, Shape, Union, Value, optional, required, tag,
};
use super::input_item::FUNCTION_NAME;
use crate::diagnostics::Leniency;

pub(in super::super) static EMPTY_MODEL: Object = Object::new("EmptyModelParam", &[]);

pub(in super::super) static FUNCTION_TOOL_PARAM: Object = Object::new(
    "FunctionToolParam",
    &[
        required("name", FUNCTION_NAME),
        optional("description", STRING).or_null(),
        optional("parameters", Value::Object(&EMPTY_MODEL)).or_null(),
        optional("strict", Value::Boolean),
        tag("function"),
    ],
);

/// The inside of a function in the shape of Chat Completions.
static NESTED_FUNCTION: Object = Object::new(
    "FunctionToolParam",
    &[
        required("name", FUNCTION_NAME),
        optional("description", STRING).or_null(),
        optional("parameters", Value::Object(&EMPTY_MODEL)).or_null(),
        optional("strict", Value::Boolean).or_null(),
    ],
);

pub(in super::super) static FUNCTION_TOOL: Object = Object::new(
    "FunctionTool",
    &[
        tag("function"),
        required("name", STRING),
        required("description", STRING).or_null(),
        required("parameters", Value::Opaque).or_null(),
        required("strict", Value::Boolean).or_null(),
    ],
);

pub(in super::super) static TOOL_PARAM: Union = Union {
    name: "ResponsesToolParam",
    what: "a tool",
    branches: &[Branch::new("function", &FUNCTION_TOOL_PARAM)],
    relaxed: &[],
    elsewhere: &[],
    extension: None,
    unknown: Leniency::UnknownTool,
    shape: Shape::Function {
        nested: &NESTED_FUNCTION,
        leniency: Leniency::NestedFunctionTool,
    },
};

pub(in super::super) static TOOL: Union = Union {
    name: "Tool",
    what: "a tool",
    branches: &[Branch::new("function", &FUNCTION_TOOL)],
    relaxed: &[],
    elsewhere: &[],
    extension: None,
    unknown: Leniency::UnknownTool,
    shape: Shape::Plain,
};

pub(super) static TOOLS_PARAM: Array = Array::of(Value::Union(&TOOL_PARAM));
pub(super) static TOOLS: Array = Array::of(Value::Union(&TOOL));
