//! Errors.

use super::super::table::{INTEGER, Map, Object, STRING, Value, optional, required};

pub(in super::super) static ERROR: Object = Object::new(
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

pub(in super::super) static WS_ERROR: Object = Object::new(
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

pub(in super::super) static ERROR_BODY: Object = Object::new(
    "ErrorBody",
    &[required("error", Value::Object(&HTTP_ERROR))],
);
