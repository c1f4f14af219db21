use alloc::string::String;

use serde::de::DeserializeOwned;

use super::status::ItemStatus;
use super::status::statuses;
use crate::content::Content;
use crate::content::request_rules::TOOL_OUTPUT_PARAM;
use crate::content::response_rules::TOOL_OUTPUT;
use crate::diagnostics::Leniency;
use crate::rules::{
    Enum, NAME_MAX, Object, STRING, StringLimits, TEXT_MAX, Value, optional, required, tag, text_or,
};
use crate::wire::object;

object! {
    /// A call of a client's function. Merges `FunctionCallItemParam` and `FunctionCall`.
    pub struct FunctionCall("function_call") {
        required {
            /// Identifies the call in its output; 1 to 64 code points in a request.
            call_id: String,
            /// The function's name; 1 to 64 of `a-z A-Z 0-9 _ -` in a request.
            name: String,
            /// The arguments as a JSON text.
            arguments: String,
        }
        optional {
            /// The item's id.
            id: String,
            /// Lifecycle status of the item.
            status: ItemStatus,
        }
    }
}

impl FunctionCall {
    /// Creates a completed call, as in a response.
    #[must_use]
    pub fn output(
        id: impl Into<String>,
        call_id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        Self::new(call_id, name, arguments)
            .id(id.into())
            .status(ItemStatus::Completed)
    }
}

impl FunctionCall {
    /// Reads the arguments as a `T` of the caller's. Models write arguments that do not match their
    /// schema, and no arguments at all where a function has no parameters: an empty text is read as
    /// `{}`.
    ///
    /// ```
    /// use openresponses_types::item::FunctionCall;
    ///
    /// let call = FunctionCall::new("call_1", "add", r#"{"a":1,"b":2}"#);
    /// let arguments: std::collections::BTreeMap<String, i64> = call.arguments_as().unwrap();
    /// assert_eq!(arguments["a"] + arguments["b"], 3);
    /// ```
    ///
    /// # Errors
    /// Those of `T`, and when the arguments are not JSON.
    pub fn arguments_as<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        let text = self.arguments.trim();
        serde_json::from_str(if text.is_empty() { "{}" } else { text })
    }
}

object! {
    /// The result of a client's function. Merges `FunctionCallOutputItemParam` and
    /// `FunctionCallOutput`.
    ///
    /// ```
    /// use openresponses_types::item::FunctionCallOutput;
    ///
    /// let value = FunctionCallOutput::new("call_1", "22 degrees");
    /// assert_eq!(value.to_json(), r#"{"type":"function_call_output","call_id":"call_1","output":"22 degrees"}"#);
    /// ```
    pub struct FunctionCallOutput("function_call_output") {
        required {
            /// The call that this answers; 1 to 64 code points in a request.
            call_id: String,
            /// A text of at most 10,485,760 code points, or parts.
            output: Content,
        }
        optional {
            /// The item's id.
            id: String,
            /// Lifecycle status of the item.
            status: ItemStatus,
        }
    }
}

/// What ties a call to its output. A response may have carried a longer one of an upstream's.
const CALL_ID: Value = Value::String(StringLimits {
    min: 1,
    max: Some(NAME_MAX),
    pattern: false,
    excess: Some(Leniency::ForeignCallName),
});

/// The name of a function that was called. A response may have carried any name of an upstream's.
const CALLED_NAME: Value = Value::String(StringLimits {
    min: 1,
    max: Some(NAME_MAX),
    pattern: true,
    excess: Some(Leniency::ForeignCallName),
});

pub(crate) static FUNCTION_CALL_STATUS: Enum = statuses("FunctionCallStatus");

pub(crate) static FUNCTION_CALL_PARAM: Object = Object::new(
    "FunctionCallItemParam",
    &[
        optional("id", STRING).or_null(),
        required("call_id", CALL_ID),
        tag("function_call"),
        required("name", CALLED_NAME),
        required("arguments", STRING),
        optional("status", Value::Enum(&FUNCTION_CALL_STATUS)).or_null(),
    ],
);

pub(crate) static FUNCTION_CALL_OUTPUT_PARAM: Object = Object::new(
    "FunctionCallOutputItemParam",
    &[
        optional("id", STRING).or_null(),
        required("call_id", CALL_ID),
        tag("function_call_output"),
        required("output", text_or(Some(TEXT_MAX), &TOOL_OUTPUT_PARAM)),
        optional("status", Value::Enum(&FUNCTION_CALL_STATUS)).or_null(),
    ],
);

pub(crate) static FUNCTION_CALL_OUTPUT_STATUS: Enum = statuses("FunctionCallOutputStatusEnum");

pub(crate) static FUNCTION_CALL: Object = Object::new(
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

pub(crate) static FUNCTION_CALL_OUTPUT: Object = Object::new(
    "FunctionCallOutput",
    &[
        tag("function_call_output"),
        required("id", STRING),
        required("call_id", STRING),
        required("output", text_or(None, &TOOL_OUTPUT)),
        required("status", Value::Enum(&FUNCTION_CALL_OUTPUT_STATUS)),
    ],
);
