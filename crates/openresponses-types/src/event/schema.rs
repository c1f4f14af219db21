//! The schemas of events: how the type of a member says what its value may be.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::table::BRANCHES;
use crate::content::{
    ANNOTATION, Annotation, ContentPart, LOG_PROBS, LogProb, response_rules::ITEM_PART,
};
use crate::diagnostics::Leniency;
use crate::item::{ITEM_FIELD, Item};
use crate::response::{ERROR_PAYLOAD, ErrorPayload, RESPONSE, Response};
use crate::rules::{COUNT, Member, Object, STRING, Shape, Union, Value, optional, required, tag};
use crate::wire::Field;

/// What the schema says of a member whose type is known.
pub(super) trait MemberType {
    const VALUE: Value;
    const NULLABLE: bool = false;
}

macro_rules! member_types {
    ($( $ty:ty => $value:expr $(, $nullable:ident)?; )*) => {
        $( impl MemberType for $ty {
            const VALUE: Value = $value;
            $( const NULLABLE: bool = { stringify!($nullable); true }; )?
        } )*
    };
}

member_types! {
    u64 => COUNT;
    String => STRING;
    Arc<str> => STRING;
    Arc<Response> => Value::Object(&RESPONSE);
    Field<Item> => Value::Union(&ITEM_FIELD), nullable;
    Box<ContentPart> => Value::Union(&ITEM_PART);
    Field<Annotation> => Value::Union(&ANNOTATION), nullable;
    Field<Box<ErrorPayload>> => Value::Object(&ERROR_PAYLOAD);
    Vec<LogProb> => Value::Array(&LOG_PROBS);
}

pub(super) const fn required_member<T: MemberType>(name: &'static str) -> Member {
    let member = required(name, T::VALUE);
    if T::NULLABLE {
        member.there_or_null()
    } else {
        member
    }
}

pub(super) const fn optional_member<T: MemberType>(name: &'static str) -> Member {
    optional(name, T::VALUE)
}

/// Any event.
pub(crate) static STREAM_EVENT: Union = Union {
    name: "StreamEvent",
    what: "an event",
    branches: BRANCHES,
    relaxed: &[],
    elsewhere: &[],
    extension: Some(&EXTENSION_EVENT),
    unknown: Leniency::UnknownEvent,
    shape: Shape::Event {
        flat_error: &FLAT_ERROR,
    },
};

/// "At minimum, each event MUST include" it.
static EXTENSION_EVENT: Object =
    Object::new("ExtensionEvent", &[required("sequence_number", COUNT)]);

/// An error event as the original service writes it.
static FLAT_ERROR: Object = Object::new(
    "ErrorStreamingEvent",
    &[
        tag("error"),
        required("sequence_number", COUNT),
        required("message", STRING),
        optional("code", STRING).or_null(),
        optional("param", STRING).or_null(),
    ],
);
