//! A response.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::ERROR;
use super::usage::USAGE;
use crate::content::ContentPart;
use crate::item::{FunctionCall, Item, OUTPUT_ITEMS};
use crate::json::RawJson;
use crate::request::{
    REASONING, ReasoningConfig, ServiceTier, TEXT_FIELD, TRUNCATION, TextConfig, Truncation,
    settings, unset,
};
use crate::response::{ResponseError, Usage};
use crate::rules::{INTEGER, NUMBER, Object, STRING, Value, required};
use crate::tool::{TOOL_CHOICE, TOOLS, Tool, ToolChoice, ToolChoiceMode};
use crate::wire::{Field, constant, object, object_with_constructor, open_enum};

open_enum! {
    /// Lifecycle status of a response.
    ///
    /// ```
    /// use openresponses_types::response::ResponseStatus;
    ///
    /// assert_eq!(ResponseStatus::Completed.as_str(), "completed");
    /// assert_eq!(ResponseStatus::from_json(br#""completed""#), Ok(ResponseStatus::Completed));
    /// ```
    pub enum ResponseStatus {
        /// Waiting to be processed.
        Queued = "queued",
        /// Being generated.
        InProgress = "in_progress",
        /// Finished.
        Completed = "completed",
        /// Ended early, see `incomplete_details`.
        Incomplete = "incomplete",
        /// Failed, see `error`.
        Failed = "failed",
        /// Cancelled.
        Cancelled = "cancelled",
    }
}

object! {
    /// Why a response ended early.
    ///
    /// ```
    /// use openresponses_types::response::IncompleteDetails;
    ///
    /// let value = IncompleteDetails::new("max_output_tokens");
    /// assert_eq!(value.to_json(), r#"{"reason":"max_output_tokens"}"#);
    /// ```
    pub struct IncompleteDetails {
        required {
            /// The reason, such as `max_output_tokens`.
            reason: String,
        }
    }
}

constant! {
    /// The `object` of a response.
    ///
    /// ```
    /// use openresponses_types::response::ResponseObject;
    ///
    /// assert_eq!(ResponseObject::Response.as_str(), "response");
    /// assert_eq!(ResponseObject::from_json(br#""response""#), Ok(ResponseObject::Response));
    /// ```
    pub enum ResponseObject { Response = "response" }
}

macro_rules! response {
    ($(
        response { $(
            $(#[$own_doc:meta])*
            $own:ident: $own_type:ty = $own_value:expr;
        )* }
        settings { $(
            $(#[$doc:meta])*
            $name:ident: $wire:ty => $turn:ty, $way:ident $(($($args:tt)*))?;
        )* }
    )*) => {
        object_with_constructor! {
            (pub(crate)) from_members
            /// A response. The schema requires every member, so [`Response::new`] sets them all;
            /// other servers leave some out, so reading requires few.
            ///
            /// ```
            /// use openresponses_types::response::ResponseStatus;
            /// use openresponses_types::Response;
            ///
            /// let response = Response::new("resp_1", "model", 1_764_967_971)
            ///     .status(ResponseStatus::Completed);
            /// assert_eq!(Response::from_json(response.to_json().as_bytes()), Ok(response));
            /// ```
            pub struct Response {
                constant {
                    /// `response`.
                    object: ResponseObject,
                }
                required {
                    /// The response's id.
                    id: String,
                    /// The requested model.
                    model: String,
                    /// When the response was created, in seconds since 1970.
                    created_at: i64,
                }
                optional { $(
                    $(
                        $(#[$own_doc])*
                        $own: $own_type,
                    )*
                    $(
                        $(#[$doc])*
                        $name: $wire,
                    )*
                )* }
            }
        }

        impl Response {
            /// Creates a response in progress, without output, with the documented default of every
            /// member.
            #[must_use]
            pub fn new(id: impl Into<String>, model: impl Into<String>, created_at: i64) -> Self {
                Self {
                    $(
                        $( $own: $own_value, )*
                        $( $name: unset!($way $(($($args)*))?), )*
                    )*
                    ..Self::from_members(id.into(), model.into(), created_at)
                }
            }
        }
    };
}

settings!(response);

impl Response {
    /// Returns the items that the model produced.
    #[must_use]
    pub fn output_items(&self) -> &[Item] {
        self.output.value().map_or(&[], Vec::as_slice)
    }

    /// Returns the function calls of the output.
    ///
    /// ```
    /// use openresponses_types::item::FunctionCall;
    /// use openresponses_types::{Item, Response};
    ///
    /// let mut response = Response::new("resp_1", "m", 1);
    /// response.output = vec![Item::from(FunctionCall::output("fc_1", "call_1", "now", "{}"))].into();
    /// let names: Vec<_> = response.function_calls().map(|call| &call.name[..]).collect();
    /// assert_eq!(names, ["now"]);
    /// ```
    pub fn function_calls(&self) -> impl Iterator<Item = &FunctionCall> {
        self.output_items().iter().filter_map(|item| match item {
            Item::FunctionCall(call) => Some(&**call),
            _ => None,
        })
    }

    /// Returns the concatenated texts of the output's messages, without refusals.
    #[must_use]
    pub fn output_text(&self) -> String {
        let mut text = String::new();
        for item in self.output_items() {
            if let Item::Message(message) = item {
                for part in message.content.parts() {
                    if let ContentPart::OutputText(part) = part {
                        text.push_str(&part.text);
                    }
                }
            }
        }
        text
    }
}

pub(crate) static INCOMPLETE_DETAILS: Object =
    Object::new("IncompleteDetails", &[required("reason", STRING)]);

pub(crate) static RESPONSE: Object = Object::new(
    "ResponseResource",
    &[
        required("id", STRING),
        required("object", Value::Constant("response")),
        required("created_at", INTEGER),
        required("completed_at", INTEGER).or_null(),
        required("status", STRING),
        required("incomplete_details", Value::Object(&INCOMPLETE_DETAILS)).or_null(),
        required("model", STRING),
        required("previous_response_id", STRING).or_null(),
        required("instructions", STRING).or_null(),
        required("output", Value::Array(&OUTPUT_ITEMS)),
        required("error", Value::Object(&ERROR)).or_null(),
        required("tools", Value::Array(&TOOLS)),
        required("tool_choice", TOOL_CHOICE),
        required("truncation", Value::Enum(&TRUNCATION)),
        required("parallel_tool_calls", Value::Boolean),
        required("text", Value::Object(&TEXT_FIELD)),
        required("top_p", NUMBER),
        required("presence_penalty", NUMBER),
        required("frequency_penalty", NUMBER),
        required("top_logprobs", INTEGER),
        required("temperature", NUMBER),
        required("reasoning", Value::Object(&REASONING)).or_null(),
        required("usage", Value::Object(&USAGE)).or_null(),
        required("max_output_tokens", INTEGER).or_null(),
        required("max_tool_calls", INTEGER).or_null(),
        required("store", Value::Boolean),
        required("background", Value::Boolean),
        required("service_tier", STRING),
        required("metadata", Value::Any).or_null(),
        required("safety_identifier", STRING).or_null(),
        required("prompt_cache_key", STRING).or_null(),
    ],
);
