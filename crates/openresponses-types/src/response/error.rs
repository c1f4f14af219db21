//! Errors as they stand on the wire. Spec: "Errors".

use alloc::boxed::Box;
use alloc::string::String;

use crate::json::RawJson;
use crate::wire::{Field, constant, object, object_with_constructor};

object_with_constructor! {
    (pub(crate)) from_members
    /// What went wrong: the inside of an error body, of an `error` event and of a WebSocket error.
    ///
    /// ```
    /// use openresponses_types::ErrorPayload;
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
            /// One sentence for a human.
            message: String,
        }
        optional {
            /// The category, such as `invalid_request_error`.
            kind = "type": String,
            /// The member of the request that is to blame.
            param: String,
            /// What happened, for a program.
            code: String,
            /// Headers that belong to the error.
            headers: RawJson,
        }
    }
}

impl ErrorPayload {
    /// An error of a type, with all four members: `param` and `code` are null until they are set.
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
            /// What went wrong.
            error: ErrorPayload,
        }
    }
}

object! {
    /// Why a response failed: `error` of a response.
    pub struct ResponseError {
        required {
            /// What happened, for a program.
            code: String,
            /// One sentence for a human.
            message: String,
        }
    }
}

constant! {
    /// The `type` of a WebSocket error.
    pub enum WebSocketErrorType { Error = "error" }
}

object! {
    /// A WebSocket turn that was refused. Spec: "WebSocket Errors". Since 2026-04-24.
    pub struct WebSocketError {
        constant {
            /// `error`.
            kind = "type": WebSocketErrorType,
        }
        required {
            /// The HTTP status that the same request would have met.
            status: i64,
            /// What went wrong.
            error: Box<ErrorPayload>,
        }
    }
}
