//! What the protocol's types are made of: members that may be absent, members that the protocol does
//! not name, and objects of types that it does not define.
//!
//! The three shapes of the types are macros, each written once: objects, unions by `type`, and open
//! enumerations. Derived reading is not used: `untagged`, `tag` and `flatten` lose numbers, unknown
//! members and the path of an error.

mod extension;
mod extra;
mod fault;
mod field;
mod object;
mod object_writer;
mod open_enum;
mod serde;
mod union;
mod value;

pub use extension::{Extension, ExtensionType, Unknown};
pub use extra::Extra;
pub use field::Field;

pub(crate) use self::serde::{deserialize, json_and_serde, serialize};
pub(crate) use object::{is_tag, key, object, object_with_constructor, read_member, wire_name};
pub(crate) use object_writer::ObjectWriter;
pub(crate) use open_enum::{constant, open_enum};
pub(crate) use union::{from_variant, peek_type, union};
pub(crate) use value::{ReadResult, WireValue, integer};
