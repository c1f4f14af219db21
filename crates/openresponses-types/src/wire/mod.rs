//! Building blocks of the protocol's types: members that may be absent, members that the protocol
//! does not name, and objects of types that it does not define.
//!
//! ```
//! use openresponses_types::json::RawJson;
//! use openresponses_types::wire::{Extension, ExtensionType, Unknown};
//! use openresponses_types::{CreateRequest, Field, Item};
//!
//! let mut request = CreateRequest::new().instructions(Field::Null);
//! request.extra.insert("x_trace", RawJson::string("t1"));
//! assert_eq!(request.to_json(), r#"{"instructions":null,"x_trace":"t1"}"#);
//!
//! let json = RawJson::parse(r#"{"type":"acme:search","id":"s1","status":"completed"}"#)?;
//! let item = Item::Extension(Extension::new(json)?);
//! assert_eq!(item.type_name().parse::<ExtensionType>()?.slug(), "acme");
//!
//! let json = RawJson::parse(r#"{"type":"web_search_call","id":"w1"}"#)?;
//! assert_eq!(Item::Unknown(Unknown::new(json)?).id().as_deref(), Some("w1"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The three shapes of the types are macros: objects, unions by `type`, and open enumerations.
//! Derived serde implementations would lose numbers, unknown members and the paths of errors.

mod extension;
mod extra;
mod fault;
mod field;
mod gathered;
mod into_field;
mod kept;
mod object;
mod object_writer;
mod open_enum;
mod print;
mod serde;
mod text;
mod union;
mod value;

pub(crate) use extension::with_member;
pub use extension::{Extension, ExtensionType, Unknown};
pub use extra::Extra;
pub use field::Field;
pub use into_field::IntoField;

pub(crate) use self::serde::{deserialize, json_and_serde, serialize};
pub(crate) use gathered::gathered;
pub(crate) use kept::{KeptMembers, surely_keeps_text};
pub(crate) use object::{
    key, object, object_with_constructor, read_member, read_tag, tag_member, wire_name,
};
pub(crate) use object_writer::ObjectWriter;
pub(crate) use open_enum::{constant, open_enum};
pub(crate) use print::{Plain, Print};
pub(crate) use text::{from_json, from_text};
pub(crate) use union::{from_variant, peek_type, union};
pub(crate) use value::{ReadResult, WireValue, integer};
