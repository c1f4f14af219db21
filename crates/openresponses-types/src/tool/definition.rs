//! Tools that the model may call. Spec: "Tools", "Extending tools".

use alloc::string::String;
use alloc::sync::Arc;

use super::nested::is_nested;
use crate::diagnostics::Leniency;
use crate::json::{RawJson, Reader};
use crate::rules::{
    Array, Branch, FUNCTION_NAME, Object, STRING, Shape, Union, Value, optional, required, tag,
};
use crate::wire::{object, union};

object! {
    /// A function of the client. Merges `FunctionToolParam` and `FunctionTool`.
    ///
    /// ```
    /// use openresponses_types::tool::FunctionTool;
    ///
    /// let value = FunctionTool::new("weather").description("Looks outside.");
    /// assert_eq!(value.to_json(), r#"{"type":"function","name":"weather","description":"Looks outside."}"#);
    /// ```
    pub struct FunctionTool("function") {
        required {
            /// The name; 1 to 64 of `a-z A-Z 0-9 _ -`.
            name: String,
        }
        optional {
            /// The purpose of the function, for the model.
            description: String,
            /// The JSON Schema of the arguments. Not interpreted by this crate.
            parameters: RawJson,
            /// Whether the arguments must match the schema.
            strict: bool,
        }
    }
}

union! {
    /// A tool.
    ///
    /// | `type` | variant | since |
    /// |---|---|---|
    /// | `function` | [`Function`](Self::Function) | 2026-01-15 |
    /// | `slug:name` | [`Extension`](Self::Extension) | |
    /// | any other | [`Unknown`](Self::Unknown) | |
    ///
    /// A function in the nested shape of Chat Completions (`{"type":"function","function":{..}}`) is
    /// kept as [`Unknown`](Self::Unknown); normalizing a request unfolds it.
    ///
    /// ```
    /// use openresponses_types::tool::{FunctionTool, Tool};
    ///
    /// assert!(matches!(Tool::from(FunctionTool::new("weather")), Tool::Function(_)));
    /// ```
    pub enum Tool {
        /// A function of the client. Shared, since a response echoes the tools of its request.
        Function(Arc<FunctionTool>) = "function",
    }
    foreign |_: &str, reader: &Reader<'_>| is_nested(reader);
}

pub(crate) static EMPTY_MODEL: Object = Object::new("EmptyModelParam", &[]);

pub(crate) static FUNCTION_TOOL_PARAM: Object = Object::new(
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

/// What may stand beside it.
static BESIDE_NESTED: Object = Object::new(
    "FunctionToolParam",
    &[
        optional("description", STRING).or_null(),
        optional("parameters", Value::Object(&EMPTY_MODEL)).or_null(),
        optional("strict", Value::Boolean).or_null(),
        tag("function"),
    ],
);

pub(crate) static FUNCTION_TOOL: Object = Object::new(
    "FunctionTool",
    &[
        tag("function"),
        required("name", STRING),
        required("description", STRING).or_null(),
        required("parameters", Value::Opaque).or_null(),
        required("strict", Value::Boolean).or_null(),
    ],
);

pub(crate) static TOOL_PARAM: Union = Union {
    name: "ResponsesToolParam",
    what: "a tool",
    branches: &[Branch::new("function", &FUNCTION_TOOL_PARAM)],
    relaxed: &[],
    elsewhere: &[],
    extension: None,
    unknown: Leniency::UnknownTool,
    shape: Shape::Function {
        nested: &NESTED_FUNCTION,
        beside: &BESIDE_NESTED,
        leniency: Leniency::NestedFunctionTool,
    },
};

pub(crate) static TOOL: Union = Union {
    name: "Tool",
    what: "a tool",
    branches: &[Branch::new("function", &FUNCTION_TOOL)],
    relaxed: &[],
    elsewhere: &[],
    extension: None,
    unknown: Leniency::UnknownTool,
    shape: Shape::Plain,
};

pub(crate) static TOOLS_PARAM: Array = Array::of(Value::Union(&TOOL_PARAM));

pub(crate) static TOOLS: Array = Array::of(Value::Union(&TOOL));
