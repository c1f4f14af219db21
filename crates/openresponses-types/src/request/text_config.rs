//! Format and verbosity of the text output.

use alloc::boxed::Box;
use alloc::string::String;

use crate::diagnostics::Leniency;
use crate::json::{RawJson, Reader};
use crate::rules::{
    Branch, Enum, NAME_MAX, Object, STRING, Shape, StringLimits, Union, Value, beyond, optional,
    required, tag,
};
use crate::wire::{constant, object, open_enum, union};

object! {
    /// Plain text.
    ///
    /// ```
    /// use openresponses_types::request::TextFormatText;
    ///
    /// let value = TextFormatText::new();
    /// assert_eq!(value.to_json(), r#"{"type":"text"}"#);
    /// ```
    pub struct TextFormatText("text") {}
}

object! {
    /// Any JSON object. A response format; requests have it in the `Compatible` profile only.
    ///
    /// ```
    /// use openresponses_types::request::TextFormatJsonObject;
    ///
    /// let value = TextFormatJsonObject::new();
    /// assert_eq!(value.to_json(), r#"{"type":"json_object"}"#);
    /// ```
    pub struct TextFormatJsonObject("json_object") {}
}

constant! {
    /// The `type` of the `json_schema` format, optional in a request.
    ///
    /// ```
    /// use openresponses_types::request::TextFormatJsonSchemaType;
    ///
    /// assert_eq!(TextFormatJsonSchemaType::JsonSchema.as_str(), "json_schema");
    /// assert_eq!(TextFormatJsonSchemaType::from_json(br#""json_schema""#), Ok(TextFormatJsonSchemaType::JsonSchema));
    /// ```
    pub enum TextFormatJsonSchemaType { JsonSchema = "json_schema" }
}

object! {
    /// JSON that matches a schema. Merges `JsonSchemaResponseFormatParam` and
    /// `JsonSchemaResponseFormat`.
    ///
    /// ```
    /// use openresponses_types::request::TextFormatJsonSchema;
    ///
    /// let value = TextFormatJsonSchema::new().name("answer").strict(true);
    /// assert_eq!(value.to_json(), r#"{"type":"json_schema","name":"answer","strict":true}"#);
    /// ```
    pub struct TextFormatJsonSchema {
        constant {
            /// `json_schema`, or absent.
            kind = "type": TextFormatJsonSchemaType,
        }
        optional {
            /// The schema's name.
            name: String,
            /// The purpose of the format, for the model.
            description: String,
            /// The JSON Schema. Not interpreted by this crate.
            schema: RawJson,
            /// Whether the output must match the schema.
            strict: bool,
        }
    }
}

union! {
    /// Format of the text output.
    ///
    /// | `type` | variant | since |
    /// |---|---|---|
    /// | `text` | [`Text`](Self::Text) | 2026-01-15 |
    /// | `json_object` | [`JsonObject`](Self::JsonObject) | 2026-01-15 |
    /// | `json_schema` | [`JsonSchema`](Self::JsonSchema) | 2026-01-15 |
    /// | `slug:name` | [`Extension`](Self::Extension) | |
    /// | any other | [`Unknown`](Self::Unknown) | |
    ///
    /// An object without `type` is a `json_schema`, the one whose schema does not require it.
    ///
    /// ```
    /// use openresponses_types::request::{TextFormat, TextFormatText};
    ///
    /// assert!(matches!(TextFormat::from(TextFormatText::new()), TextFormat::Text(_)));
    /// ```
    pub enum TextFormat {
        /// Plain text.
        Text(TextFormatText) = "text",
        /// Any JSON object.
        JsonObject(TextFormatJsonObject) = "json_object",
        /// JSON that matches a schema.
        JsonSchema(Box<TextFormatJsonSchema>) = "json_schema",
    }
    bare |_: &Reader<'_>| Some("json_schema");
}

open_enum! {
    /// Verbosity of the text output.
    ///
    /// ```
    /// use openresponses_types::request::Verbosity;
    ///
    /// assert_eq!(Verbosity::High.as_str(), "high");
    /// assert_eq!(Verbosity::from_json(br#""high""#), Ok(Verbosity::High));
    /// ```
    pub enum Verbosity {
        /// Short.
        Low = "low",
        /// The default length.
        Medium = "medium",
        /// Long.
        High = "high",
    }
}

object! {
    /// Format and verbosity of the text output. Merges `TextParam` and `TextField`.
    ///
    /// ```
    /// use openresponses_types::request::TextConfig;
    /// use openresponses_types::request::Verbosity;
    ///
    /// let value = TextConfig::new().verbosity(Verbosity::Low);
    /// assert_eq!(value.to_json(), r#"{"verbosity":"low"}"#);
    /// ```
    pub struct TextConfig {
        optional {
            /// The format.
            format: TextFormat,
            /// The verbosity.
            verbosity: Verbosity,
        }
    }
}

impl TextConfig {
    /// Plain text, the default of the specification.
    pub(crate) fn plain() -> Self {
        Self::new().format(TextFormat::Text(TextFormatText::new()))
    }
}

pub(crate) static VERBOSITY: Enum = Enum::closed("VerbosityEnum", Verbosity::VALUES);

pub(crate) static TEXT_FORMAT: Object = Object::new("TextResponseFormat", &[tag("text")]);

pub(crate) static JSON_OBJECT_FORMAT: Object =
    Object::new("JsonObjectResponseFormat", &[tag("json_object")]);

/// Stands in the text only: "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a
/// maximum length of 64".
const FORMAT_NAME: Value = Value::String(StringLimits {
    min: 0,
    max: Some(NAME_MAX),
    pattern: true,
    excess: None,
});

/// The inside of a format in the shape of Chat Completions.
static NESTED_JSON_SCHEMA: Object = Object::new(
    "JsonSchemaResponseFormatParam",
    &[
        optional("description", STRING).or_null(),
        optional("name", FORMAT_NAME),
        optional("schema", Value::Opaque).or_null(),
        optional("strict", Value::Boolean).or_null(),
    ],
);

pub(crate) static JSON_SCHEMA_FORMAT_PARAM: Object = Object::new(
    "JsonSchemaResponseFormatParam",
    &[
        beyond(
            "json_schema",
            Value::Relaxed {
                strict: &Value::Instead {
                    fix: "send its members in 'text.format' instead",
                    harmless: None,
                },
                compatible: &Value::Object(&NESTED_JSON_SCHEMA),
                leniency: Leniency::NestedJsonSchemaFormat,
            },
        ),
        optional("type", Value::Constant("json_schema")),
        optional("description", STRING),
        optional("name", FORMAT_NAME),
        optional("schema", Value::Opaque),
        optional("strict", Value::Boolean).or_null(),
    ],
);

pub(crate) static JSON_SCHEMA_FORMAT: Object = Object::new(
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

pub(crate) static FORMAT_PARAM: Union = Union {
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

pub(crate) static TEXT_PARAM: Object = Object::new(
    "TextParam",
    &[
        optional("format", Value::Union(&FORMAT_PARAM)).or_null(),
        optional("verbosity", Value::Enum(&VERBOSITY)),
    ],
);

pub(crate) static TEXT_FIELD: Object = Object::new(
    "TextField",
    &[
        required("format", Value::Union(&FORMAT)),
        optional("verbosity", Value::Enum(&VERBOSITY)),
    ],
);
