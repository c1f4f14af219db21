//! Errors on the wire. Spec: "Errors".

use alloc::boxed::Box;
use alloc::string::String;

use crate::json::RawJson;
use crate::rules::{INTEGER, Map, Object, STRING, Value, optional, required};
use crate::wire::{Field, constant, object, object_with_constructor};

object_with_constructor! {
    (pub(crate)) from_members
    /// An error: the content of an error body, of an `error` event and of a WebSocket error.
    ///
    /// ```
    /// use openresponses_types::response::ErrorPayload;
    ///
    /// let error = ErrorPayload::new("not_found", "The model 'x' does not exist.")
    ///     .param("model")
    ///     .code("model_not_found");
    /// assert_eq!(
    ///     error.to_json(),
    ///     r#"{"message":"The model 'x' does not exist.","type":"not_found","param":"model","code":"model_not_found"}"#,
    /// );
    /// ```
    pub struct ErrorPayload {
        required {
            /// A human-readable message.
            message: String,
        }
        optional {
            /// The category, such as `invalid_request_error`.
            kind = "type": String,
            /// The member of the request that caused the error.
            param: String,
            /// A machine-readable code.
            code: String,
            /// Headers that belong to the error.
            headers: RawJson,
        }
    }
}

impl ErrorPayload {
    /// Creates an error with `param` and `code` null.
    #[must_use]
    pub fn new(kind: impl Into<String>, message: impl Into<String>) -> Self {
        Self::from_members(message.into())
            .kind(kind.into())
            .param(Field::Null)
            .code(Field::Null)
    }
}

object! {
    /// The body of an HTTP error.
    pub struct ErrorBody {
        required {
            /// The error.
            error: ErrorPayload,
        }
    }
}

object! {
    /// The error of a failed response.
    ///
    /// ```
    /// use openresponses_types::response::ResponseError;
    ///
    /// let value = ResponseError::new("server_error", "The model failed.");
    /// assert_eq!(value.to_json(), r#"{"code":"server_error","message":"The model failed."}"#);
    /// ```
    pub struct ResponseError {
        required {
            /// A machine-readable code.
            code: String,
            /// A human-readable message.
            message: String,
        }
    }
}

constant! {
    /// The `type` of a WebSocket error.
    ///
    /// ```
    /// use openresponses_types::response::WebSocketErrorType;
    ///
    /// assert_eq!(WebSocketErrorType::Error.as_str(), "error");
    /// assert_eq!(WebSocketErrorType::from_json(br#""error""#), Ok(WebSocketErrorType::Error));
    /// ```
    pub enum WebSocketErrorType { Error = "error" }
}

object! {
    /// A refused WebSocket turn. Spec: "WebSocket Errors". Since 2026-04-24.
    ///
    /// ```
    /// use openresponses_types::response::WebSocketError;
    ///
    /// let text = br#"{"type":"error","status":400,"error":{"message":"No.","type":"invalid_request_error"}}"#;
    /// let error = WebSocketError::from_json(text)?;
    /// assert_eq!(error.to_json().as_bytes(), text);
    /// # Ok::<(), openresponses_types::Violation>(())
    /// ```
    pub struct WebSocketError {
        constant {
            /// `error`.
            kind = "type": WebSocketErrorType,
        }
        required {
            /// The HTTP status of the same error on HTTP.
            status: i64,
            /// The error.
            error: Box<ErrorPayload>,
        }
    }
}

pub(crate) static ERROR: Object = Object::new(
    "Error",
    &[required("code", STRING), required("message", STRING)],
);

static HEADERS: Map = Map {
    name: "",
    max_members: None,
    max_name: None,
    value: STRING,
};

pub(crate) static ERROR_PAYLOAD: Object = Object::new(
    "ErrorPayload",
    &[
        required("type", STRING),
        required("code", STRING).or_null(),
        required("message", STRING),
        required("param", STRING).or_null(),
        optional("headers", Value::Map(&HEADERS)),
    ],
);

static WS_ERROR_INSIDE: Object = Object::new(
    "WebSocketErrorEvent.error",
    &[
        optional("type", STRING),
        required("code", STRING),
        required("message", STRING),
        optional("param", STRING).or_null(),
    ],
);

pub(crate) static WS_ERROR: Object = Object::new(
    "WebSocketErrorEvent",
    &[
        required("type", Value::Constant("error")),
        required("status", INTEGER),
        required("error", Value::Object(&WS_ERROR_INSIDE)),
    ],
);

/// Of the text, not of the OpenAPI file: "an optional error code", a param "if applicable".
static HTTP_ERROR: Object = Object::new(
    "Error",
    &[
        required("message", STRING),
        required("type", STRING),
        optional("param", STRING).or_null(),
        optional("code", STRING).or_null(),
    ],
);

pub(crate) static ERROR_BODY: Object = Object::new(
    "ErrorBody",
    &[required("error", Value::Object(&HTTP_ERROR))],
);
