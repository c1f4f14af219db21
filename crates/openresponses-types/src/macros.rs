//! The three shapes of the protocol's types, each written once: objects, unions by `type`, and
//! open enumerations. No derived reading: `untagged`, `tag` and `flatten` lose numbers, unknown
//! members and the path of an error.

/// The member's name on the wire: the field's, unless another is given.
macro_rules! wire_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $wire:literal) => {
        $wire
    };
}

/// An object. `con` members are constants that some documents leave out, `req` members must be
/// there, `opt` members are [`Field`](crate::Field)s; unknown members are kept in `extra`.
/// `= "wire"` after a member's name is its name on the wire; a string after the type's name is its
/// `type` on the wire, printed first and checked by the union that reads it.
///
/// Generates `new` (required members), a setter for each optional one, reading and printing.
macro_rules! object {
    (
        $(#[$meta:meta])*
        pub struct $name:ident $(($tag:literal))? {
            $($body:tt)*
        }
    ) => {
        $crate::macros::object_with_constructor! {
            (pub) new
            $(#[$meta])*
            pub struct $name $(($tag))? { $($body)* }
        }
    };
}

/// [`object!`] whose constructor has another name or visibility, for types that write a better one
/// by hand.
macro_rules! object_with_constructor {
    (
        ($constructor_visibility:vis) $constructor:ident
        $(#[$meta:meta])*
        pub struct $name:ident $(($tag:literal))? {
            $( constant {
                $( $(#[$con_meta:meta])* $con:ident $(= $con_wire:literal)? : $con_ty:ty, )*
            } )?
            $( required {
                $( $(#[$req_meta:meta])* $req:ident $(= $req_wire:literal)? : $req_ty:ty, )*
            } )?
            $( optional {
                $( $(#[$opt_meta:meta])* $opt:ident $(= $opt_wire:literal)? : $opt_ty:ty, )*
            } )?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name {
            $($( $(#[$con_meta])* pub $con: $crate::Field<$con_ty>, )*)?
            $($( $(#[$req_meta])* pub $req: $req_ty, )*)?
            $($( $(#[$opt_meta])* pub $opt: $crate::Field<$opt_ty>, )*)?
            /// Members that the protocol does not name.
            pub extra: $crate::Extra,
        }

        impl $name {
            /// An object of the required members; the others are absent.
            #[must_use]
            #[allow(clippy::too_many_arguments, clippy::new_without_default)]
            $constructor_visibility fn $constructor($($($req: impl Into<$req_ty>),*)?) -> Self {
                Self {
                    $($($con: $crate::Field::Value(<$con_ty>::default()),)*)?
                    $($($req: $req.into(),)*)?
                    $($($opt: $crate::Field::Absent,)*)?
                    extra: $crate::Extra::default(),
                }
            }

            /// True for the name of a member that the protocol gives this object.
            #[allow(dead_code)]
            pub(crate) fn is_member(name: &str) -> bool {
                #[allow(unused_imports)]
                use $crate::macros::wire_name;
                let names: &[&str] = &[
                    $($( wire_name!($con $($con_wire)?), )*)?
                    $($( wire_name!($req $($req_wire)?), )*)?
                    $($( wire_name!($opt $($opt_wire)?), )*)?
                ];
                names.contains(&name)
            }

            $($(
                #[doc = concat!("Sets `", $crate::macros::wire_name!($opt $($opt_wire)?), "`.")]
                #[must_use]
                pub fn $opt(mut self, $opt: impl Into<$crate::Field<$opt_ty>>) -> Self {
                    self.$opt = $opt.into();
                    self
                }
            )*)?
        }

        impl $crate::member::Payload for $name {
            type Inner = Self;

            fn wrap(inner: Self) -> Self {
                inner
            }
        }

        impl $crate::member::WireValue for $name {
            fn read(reader: &mut $crate::json::Reader<'_>) -> $crate::member::ReadResult<Self> {
                #[allow(unused_imports)]
                use $crate::macros::wire_name;
                if reader.kind() != $crate::json::ValueKind::Object {
                    return Err($crate::Violation::wrong_type("an object", reader));
                }
                $($( let mut $con: $crate::Field<$con_ty> = $crate::Field::Absent; )*)?
                $($( let mut $req: Option<$req_ty> = None; )*)?
                $($( let mut $opt: $crate::Field<$opt_ty> = $crate::Field::Absent; )*)?
                let mut extra = $crate::Extra::default();
                let mut members = reader.enter_object();
                while let Some(name) = reader.next_member(&mut members) {
                    match &*name {
                        $( "type" if $crate::macros::is_tag($tag, reader) => {} )?
                        $($( name if name == wire_name!($con $($con_wire)?) => {
                            $con = $crate::macros::read_member(
                                reader, wire_name!($con $($con_wire)?))?;
                        } )*)?
                        $($( name if name == wire_name!($req $($req_wire)?) => {
                            $req = Some($crate::macros::read_member(
                                reader, wire_name!($req $($req_wire)?))?);
                        } )*)?
                        $($( name if name == wire_name!($opt $($opt_wire)?) => {
                            $opt = $crate::macros::read_member(
                                reader, wire_name!($opt $($opt_wire)?))?;
                        } )*)?
                        name => extra.push(name, $crate::json::RawJson::checked(reader.raw())),
                    }
                }
                Ok(Self {
                    $($( $con, )*)?
                    $($( $req: match $req {
                        Some(value) => value,
                        None => <$req_ty as $crate::member::WireValue>::absent(
                            wire_name!($req $($req_wire)?))?,
                    }, )*)?
                    $($( $opt, )*)?
                    extra,
                })
            }

            fn write<W: core::fmt::Write + ?Sized>(&self, out: &mut W) -> core::fmt::Result {
                #[allow(unused_mut)]
                let mut object = $crate::json::ObjectWriter::begin(out)?;
                $( object.tag(",\"type\":", concat!("\"", $tag, "\""))?; )?
                $($( object.member(
                    $crate::macros::key!($con $($con_wire)?), &self.$con)?; )*)?
                $($( object.member(
                    $crate::macros::key!($req $($req_wire)?), &self.$req)?; )*)?
                $($( object.member(
                    $crate::macros::key!($opt $($opt_wire)?), &self.$opt)?; )*)?
                object.members(&self.extra)?;
                object.end()
            }
        }

        $crate::macros::json_and_serde!($name);
    };
}

/// A member's printed name, with a comma before and a colon behind.
macro_rules! key {
    ($field:ident) => {
        concat!(",\"", stringify!($field), "\":")
    };
    ($field:ident $wire:literal) => {
        concat!(",\"", $wire, "\":")
    };
}

/// A union of objects told apart by `type`. Extension types (`slug:name`) and types that nobody
/// knows are kept as they came. `bare` tells the type of an object that names none, `foreign` which
/// objects carry a known type in a shape that is not the protocol's.
macro_rules! union {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident($ty:ty) = $tag:literal, )*
        }
        $(bare $bare:expr;)?
        $(foreign $foreign:expr;)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant($ty), )*
            /// An extension of an implementer's: `slug:name`. Kept as it came.
            Extension($crate::Extension),
            /// A type that neither this protocol nor an extension names. Kept as it came.
            Unknown($crate::Unknown),
        }

        impl $name {
            /// The `type` strings of the protocol's own variants.
            pub const TYPES: &'static [&'static str] = &[$($tag),*];

            /// The `type` string.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $tag, )*
                    Self::Extension(raw) => raw.type_name(),
                    Self::Unknown(raw) => raw.type_name(),
                }
            }
        }

        $(
            impl From<<$ty as $crate::member::Payload>::Inner> for $name {
                fn from(value: <$ty as $crate::member::Payload>::Inner) -> Self {
                    Self::$variant(<$ty as $crate::member::Payload>::wrap(value))
                }
            }

            impl From<<$ty as $crate::member::Payload>::Inner> for $crate::Field<$name> {
                fn from(value: <$ty as $crate::member::Payload>::Inner) -> Self {
                    Self::Value(value.into())
                }
            }
        )*

        impl $crate::member::WireValue for $name {
            fn read(reader: &mut $crate::json::Reader<'_>) -> $crate::member::ReadResult<Self> {
                if reader.kind() != $crate::json::ValueKind::Object {
                    return Err($crate::Violation::wrong_type("an object", reader));
                }
                let found = $crate::macros::peek_type(reader)?;
                #[allow(unused_mut)]
                let mut named = found.as_deref();
                // Looks through the whole object, so only where it must.
                $( if named.is_none() { named = ($bare)(reader); } )?
                match named {
                    $( Some(other) if ($foreign)(other, reader) => {
                        Ok(Self::Unknown($crate::Unknown::read_raw(other, reader)))
                    } )?
                    $( Some($tag) => $crate::member::WireValue::read(reader).map(Self::$variant), )*
                    Some(other) if $crate::ExtensionType::is(other) => {
                        $crate::Extension::read_raw(other, reader).map(Self::Extension)
                    }
                    Some(other) => {
                        Ok(Self::Unknown($crate::Unknown::read_raw(other, reader)))
                    }
                    None => Err($crate::Violation::missing("type")),
                }
            }

            fn write<W: core::fmt::Write + ?Sized>(&self, out: &mut W) -> core::fmt::Result {
                match self {
                    $( Self::$variant(value) => $crate::member::WireValue::write(value, out), )*
                    Self::Extension(raw) => out.write_str(raw.json().get()),
                    Self::Unknown(raw) => out.write_str(raw.json().get()),
                }
            }
        }

        $crate::macros::json_and_serde!($name);
    };
}

/// A string that has a known set of values today and keeps any other.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $wire:literal, )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )*
            /// A value that the protocol does not name.
            Other(alloc::boxed::Box<str>),
        }

        impl $name {
            /// The values that the protocol names.
            pub const VALUES: &'static [&'static str] = &[$($wire),*];

            /// The value as it is written.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $wire, )*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $( $wire => Self::$variant, )*
                    other => Self::Other(other.into()),
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::member::WireValue for $name {
            fn read(reader: &mut $crate::json::Reader<'_>) -> $crate::member::ReadResult<Self> {
                match reader.string() {
                    Some(text) => Ok(Self::from(&*text)),
                    None => Err($crate::Violation::wrong_type("a string", reader)),
                }
            }

            fn write<W: core::fmt::Write + ?Sized>(&self, out: &mut W) -> core::fmt::Result {
                $crate::json::write_string(out, self.as_str())
            }
        }

        $crate::macros::json_and_serde!($name);
    };
}

/// A member that has one value.
macro_rules! constant {
    ($(#[$meta:meta])* pub enum $name:ident { $variant:ident = $wire:literal }) => {
        $crate::macros::open_enum! {
            $(#[$meta])*
            pub enum $name {
                #[doc = concat!("`", $wire, "`")]
                $variant = $wire,
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::$variant
            }
        }
    };
}

/// The public face of [`WireValue`](crate::member::WireValue), and serde on top of it.
macro_rules! json_and_serde {
    ($name:ident) => {
        impl $name {
            /// Checks a JSON text and reads it. Everything is kept; only what cannot be
            /// represented is refused (see [`validate`](crate::validate()) for the rest).
            ///
            /// # Errors
            /// The first fault, with its path.
            pub fn from_json(json: &[u8]) -> Result<Self, $crate::Violation> {
                Self::from_document(&$crate::json::Document::parse(json)?)
            }

            /// Reads a document that was checked before.
            ///
            /// # Errors
            /// The first value that cannot be represented, with its path.
            pub fn from_document(
                document: &$crate::json::Document<'_>,
            ) -> Result<Self, $crate::Violation> {
                $crate::member::WireValue::read(&mut document.reader()).map_err(|error| *error)
            }

            /// Prints the value: compact, on one line.
            #[must_use]
            pub fn to_json(&self) -> alloc::string::String {
                let mut out = alloc::string::String::new();
                // Printing into a string cannot fail.
                let _ = $crate::member::WireValue::write(self, &mut out);
                out
            }

            /// Prints the value into `out`: compact, on one line.
            ///
            /// # Errors
            /// Only those of `out`.
            pub fn write_json<W: core::fmt::Write + ?Sized>(
                &self,
                out: &mut W,
            ) -> core::fmt::Result {
                $crate::member::WireValue::write(self, out)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::macros::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::macros::deserialize(deserializer)
            }
        }
    };
}

pub(crate) use {
    constant, json_and_serde, key, object, object_with_constructor, open_enum, union, wire_name,
};

use alloc::borrow::Cow;
use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::json::{RawJson, Reader};
use crate::member::{ReadResult, WireValue};
use crate::path::Segment;
use crate::violation::Violation;

/// Reads the value of the member `name`, or says where the fault is.
pub(crate) fn read_member<T: WireValue>(reader: &mut Reader<'_>, name: &str) -> ReadResult<T> {
    T::read(reader).map_err(|error| error.under(Segment::Member(name.into())))
}

/// Consumes the value of a member `type` that is just the tag. Any other value is left to be kept.
pub(crate) fn is_tag(tag: &str, reader: &mut Reader<'_>) -> bool {
    let mut copy = *reader;
    let is = copy.string().as_deref() == Some(tag);
    if is {
        *reader = copy;
    }
    is
}

/// The `type` of the object that comes next. Null counts as none.
pub(crate) fn peek_type<'a>(reader: &Reader<'a>) -> ReadResult<Option<Cow<'a, str>>> {
    let Some(mut value) = reader.member("type") else {
        return Ok(None);
    };
    if value.null() {
        return Ok(None);
    }
    match value.string() {
        Some(text) => Ok(Some(text)),
        None => {
            Err(Violation::wrong_type("a string", &value).under(Segment::Member("type".into())))
        }
    }
}

pub(crate) fn serialize<T: WireValue, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    let mut out = String::new();
    value.write(&mut out).map_err(serde::ser::Error::custom)?;
    let raw: &serde_json::value::RawValue =
        serde_json::from_str(&out).map_err(serde::ser::Error::custom)?;
    raw.serialize(to)
}

pub(crate) fn deserialize<'de, T: WireValue, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    let raw = RawJson::deserialize(from)?;
    T::read(&mut raw.reader()).map_err(serde::de::Error::custom)
}
