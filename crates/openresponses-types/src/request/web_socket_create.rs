//! The message that asks for a response on a WebSocket. Spec: "WebSocket".

use alloc::string::String;

use super::create_request::CREATE;
use super::create_request::CreateRequest;
use super::options::STREAM_OPTIONS;
use crate::diagnostics::Leniency;
use crate::rules::{Member, Object, Value, instead, optional, required};
use crate::wire::Field;

impl CreateRequest {
    /// Prints the request as a WebSocket message: with its `type`, and without `stream`,
    /// `stream_options` and `background`, which are illegal there. Since 2026-04-24.
    ///
    /// ```
    /// use openresponses_types::CreateRequest;
    ///
    /// let request = CreateRequest::new().model("provider/model").input("Hello").stream(true);
    /// assert_eq!(
    ///     request.to_message_json(),
    ///     r#"{"type":"response.create","model":"provider/model","input":"Hello"}"#,
    /// );
    /// ```
    #[must_use]
    pub fn to_message_json(&self) -> String {
        let mut request = self.clone();
        request.stream = Field::Absent;
        request.stream_options = Field::Absent;
        request.background = Field::Absent;
        request.extra.remove("type");
        let members = request.to_json();
        let comma = if members == "{}" { "" } else { "," };
        debug_assert!(members.starts_with('{'), "a request prints as an object");
        let rest = members.strip_prefix('{').unwrap_or_default();
        alloc::format!(r#"{{"type":"response.create"{comma}{rest}"#)
    }
}

/// Must not be sent on a WebSocket, whatever its value.
const fn not_on_web_socket(name: &'static str, otherwise: &'static Value) -> Member {
    optional(
        name,
        Value::Relaxed {
            strict: &Value::Forbidden,
            compatible: otherwise,
            leniency: Leniency::TransportMemberOnWebSocket,
        },
    )
}

pub(crate) static WS_CREATE: Object = Object::extending(
    &CREATE,
    "WebSocketResponseCreateEvent",
    &[
        required("type", Value::Constant("response.create")),
        not_on_web_socket("stream", &Value::Boolean),
        not_on_web_socket("stream_options", &Value::Object(&STREAM_OPTIONS)),
        not_on_web_socket("background", &Value::Boolean),
        instead(
            "stream_id",
            "turns of one connection run one after another, so leave it out or open a connection for each stream",
        ),
    ],
);
