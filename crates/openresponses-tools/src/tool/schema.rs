//! The JSON Schema of a tool's arguments, and the check against it.

use std::fmt;

use jsonschema::Validator;
use openresponses_types::json::RawJson;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::error::ToolError;

/// What the arguments of a tool must be.
#[derive(Clone)]
pub(crate) struct Arguments {
    /// The schema as the model sees it.
    pub(crate) schema: RawJson,
    /// The description at the schema's root.
    pub(crate) description: Option<String>,
    /// `None` where the schema is not one that can be checked.
    validator: Option<std::sync::Arc<Validator>>,
    /// Whether the Rust type is one without a value, as `()`: what the model sends for it is `{}`.
    is_unit: bool,
}

impl Arguments {
    /// The schema of a Rust type.
    pub(crate) fn of<A: JsonSchema>() -> Self {
        let settings = SchemaSettings::draft2020_12().with(|settings| {
            settings.inline_subschemas = true;
            settings.meta_schema = None;
        });
        let mut schema = settings.into_generator().into_root_schema_for::<A>();
        schema.remove("title");
        let description = match schema.remove("description") {
            Some(Value::String(text)) => Some(text),
            _ => None,
        };
        let is_unit = schema.get("type") == Some(&Value::from("null"));
        if is_unit {
            schema.insert("type".into(), "object".into());
        }
        let mut arguments = Self::new(schema.to_value());
        arguments.is_unit = is_unit;
        arguments.description = description;
        arguments
    }

    /// A schema that is known as a value. One that is no schema, or that refers to others elsewhere,
    /// is shown to the model and not checked: nothing is fetched.
    pub(crate) fn new(mut schema: Value) -> Self {
        // Models and clients expect an object, and a function without parameters has one as well.
        if let Value::Object(members) = &mut schema {
            members.entry("type").or_insert_with(|| "object".into());
            if members.get("type") == Some(&Value::from("object")) {
                members
                    .entry("properties")
                    .or_insert_with(|| Value::Object(serde_json::Map::new()));
            }
        }
        let validator = match jsonschema::validator_for(&schema) {
            Ok(validator) => Some(std::sync::Arc::new(validator)),
            Err(error) => {
                tracing::warn!(%error, "the schema of a tool's arguments cannot be checked");
                None
            }
        };
        let text = RawJson::parse(&schema.to_string());
        Self {
            schema: text.unwrap_or_else(|_| RawJson::empty_object()),
            description: None,
            validator,
            is_unit: false,
        }
    }

    /// The arguments of a call, checked.
    ///
    /// # Errors
    /// What is wrong, in words that let the model repair its call.
    pub(crate) fn check(&self, text: &str) -> Result<Value, ToolError> {
        let text = if text.trim().is_empty() { "{}" } else { text };
        // The document rules bound depth and refuse duplicates, before a tree is built.
        let value = RawJson::parse(text)
            .map_err(|error| error.to_string())
            .and_then(|json| json.read_as::<Value>().map_err(|error| error.to_string()))
            .map_err(|error| ToolError::new(format!("The arguments are not JSON: {error}")))?;
        let Some(validator) = &self.validator else {
            return Ok(self.value(value));
        };
        let mut errors = validator.iter_errors(&value).take(5).map(|error| {
            let place = error.instance_path().to_string();
            match place.is_empty() {
                true => error.to_string(),
                false => format!("{place}: {error}"),
            }
        });
        let Some(first) = errors.next() else {
            drop(errors);
            return Ok(self.value(value));
        };
        let all = errors.fold(first, |all, error| all + "; " + &error);
        Err(ToolError::new(format!(
            "The arguments do not match the schema: {all}"
        )))
    }
}

impl Arguments {
    /// What the function is called with.
    fn value(&self, value: Value) -> Value {
        match self.is_unit {
            true => Value::Null,
            false => value,
        }
    }
}

impl fmt::Debug for Arguments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.schema, f)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    /// Returns the weather in a city.
    #[derive(Deserialize, JsonSchema)]
    #[allow(dead_code)]
    struct Weather {
        /// The city's name.
        city: String,
        #[schemars(range(min = 1, max = 7))]
        days: Option<u8>,
    }

    #[test]
    fn arguments_are_checked_against_the_schema_of_their_type() {
        let arguments = Arguments::of::<Weather>();
        assert_eq!(
            arguments.description.as_deref(),
            Some("Returns the weather in a city.")
        );
        assert!(arguments.check(r#"{"city":"Paris"}"#).is_ok());
        assert!(arguments.check(r#"{"city":"Paris","days":7}"#).is_ok());
        for (text, part) in [
            ("{}", "\"city\" is a required property"),
            (r#"{"city":1}"#, "/city"),
            (r#"{"city":"Paris","days":8}"#, "/days"),
            (r#"{"city":"#, "not JSON"),
            (r#"{"city":"a","city":"b"}"#, "not JSON"),
        ] {
            let error = arguments.check(text).unwrap_err();
            assert!(error.message().contains(part), "{text}: {error}");
        }
    }

    /// Returns the time.
    #[derive(Deserialize, JsonSchema)]
    struct Nothing;

    #[test]
    fn a_type_without_a_value_is_an_object_without_members() {
        for arguments in [Arguments::of::<()>(), Arguments::of::<Nothing>()] {
            let schema: Value = arguments.schema.read_as().unwrap();
            assert_eq!(
                schema,
                serde_json::json!({"type": "object", "properties": {}})
            );
            for text in ["", "{}", " {} "] {
                assert_eq!(arguments.check(text).unwrap(), Value::Null, "{text}");
            }
            assert!(arguments.check("[]").is_err());
        }
        assert!(serde_json::from_value::<Nothing>(Value::Null).is_ok());
    }

    #[test]
    fn a_schema_that_refers_elsewhere_is_shown_and_not_fetched() {
        let schema = serde_json::json!({"$ref": "http://127.0.0.1:9/schema.json"});
        assert!(Arguments::new(schema).check("{}").is_ok());
    }
}
