//! The shape of the answer's text.

use super::super::table::{
    Branch, Enum, Object, STRING, Shape, Text, Union, Value, optional, required, tag,
};
use super::input_item::NAME_MAX;
use crate::diagnostics::Leniency;

pub(in super::super) static VERBOSITY: Enum =
    Enum::closed("VerbosityEnum", &["low", "medium", "high"]);

pub(in super::super) static TEXT_FORMAT: Object = Object::new("TextResponseFormat", &[tag("text")]);

pub(in super::super) static JSON_OBJECT_FORMAT: Object =
    Object::new("JsonObjectResponseFormat", &[tag("json_object")]);

/// Stands in the text only: "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a
/// maximum length of 64".
const FORMAT_NAME: Value = Value::String(Text {
    min: 0,
    max: Some(NAME_MAX),
    pattern: true,
});

pub(in super::super) static JSON_SCHEMA_FORMAT_PARAM: Object = Object::new(
    "JsonSchemaResponseFormatParam",
    &[
        optional("type", Value::Constant("json_schema")),
        optional("description", STRING),
        optional("name", FORMAT_NAME),
        optional("schema", Value::Opaque),
        optional("strict", Value::Boolean).or_null(),
    ],
);

pub(in super::super) static JSON_SCHEMA_FORMAT: Object = Object::new(
    "JsonSchemaResponseFormat",
    &[
        tag("json_schema"),
        required("name", STRING),
        required("description", STRING).or_null(),
        required(
            "schema",
            Value::Relaxed {
                strict: &Value::Null,
                compatible: &Value::Opaque,
                leniency: Leniency::EchoedFormatSchema,
            },
        )
        .or_null(),
        required("strict", Value::Boolean),
    ],
);

pub(in super::super) static FORMAT_PARAM: Union = Union {
    name: "TextFormatParam",
    what: "a text format",
    branches: &[
        Branch::new("text", &TEXT_FORMAT),
        Branch::new("json_schema", &JSON_SCHEMA_FORMAT_PARAM),
    ],
    relaxed: &[(
        Branch::new("json_object", &JSON_OBJECT_FORMAT),
        Leniency::JsonObjectFormat,
    )],
    elsewhere: &[],
    extension: None,
    unknown: Leniency::UnknownTextFormat,
    shape: Shape::Bare(&JSON_SCHEMA_FORMAT_PARAM),
};

static FORMAT: Union = Union {
    name: "",
    what: "a text format",
    branches: &[
        Branch::new("text", &TEXT_FORMAT),
        Branch::new("json_object", &JSON_OBJECT_FORMAT),
        Branch::new("json_schema", &JSON_SCHEMA_FORMAT),
    ],
    relaxed: &[],
    elsewhere: &[],
    extension: None,
    unknown: Leniency::UnknownTextFormat,
    shape: Shape::Plain,
};

pub(in super::super) static TEXT_PARAM: Object = Object::new(
    "TextParam",
    &[
        optional("format", Value::Union(&FORMAT_PARAM)).or_null(),
        optional("verbosity", Value::Enum(&VERBOSITY)),
    ],
);

pub(in super::super) static TEXT_FIELD: Object = Object::new(
    "TextField",
    &[
        required("format", Value::Union(&FORMAT)),
        optional("verbosity", Value::Enum(&VERBOSITY)),
    ],
);
