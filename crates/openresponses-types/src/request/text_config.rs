//! The shape of the answer's text.

use alloc::boxed::Box;
use alloc::string::String;

use crate::json::{RawJson, Reader};
use crate::wire::{constant, object, open_enum, union};

object! {
    /// Plain text.
    pub struct TextFormatText("text") {}
}

object! {
    /// Any JSON object. In responses; requests may ask for it in the `Compatible` profile.
    pub struct TextFormatJsonObject("json_object") {}
}

constant! {
    /// The `type` of the `json_schema` format, which a request may leave out.
    pub enum TextFormatJsonSchemaType { JsonSchema = "json_schema" }
}

object! {
    /// JSON that matches a schema. Merges `JsonSchemaResponseFormatParam` and
    /// `JsonSchemaResponseFormat`.
    pub struct TextFormatJsonSchema {
        constant {
            /// `json_schema`, or nothing.
            kind = "type": TextFormatJsonSchemaType,
        }
        optional {
            /// The schema's name.
            name: String,
            /// What it is for, for the model.
            description: String,
            /// The JSON Schema, never interpreted here.
            schema: RawJson,
            /// Whether the answer must match the schema.
            strict: bool,
        }
    }
}

union! {
    /// The format of the answer's text.
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
    /// How long the answer should be.
    pub enum Verbosity {
        /// Short.
        Low = "low",
        /// As the model does by default.
        Medium = "medium",
        /// Long.
        High = "high",
    }
}

object! {
    /// How the answer's text should look. Merges `TextParam` and `TextField`.
    pub struct TextConfig {
        optional {
            /// Its format.
            format: TextFormat,
            /// Its length.
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
