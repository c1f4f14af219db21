//! Unions of objects, distinguished by `type`.

use alloc::borrow::Cow;

use super::value::ReadResult;
use crate::diagnostics::{Segment, Violation};
use crate::json::Source;

/// A union of objects, distinguished by `type`. Extension types (`slug:name`) and unknown types are
/// kept as received. `bare` gives the type of an object without `type`; `foreign` finds objects of a
/// known type in a shape that the protocol does not have.
macro_rules! union {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident($($ty:tt)+) = $tag:literal, )*
        }
        $(bare $bare:expr;)?
        $(foreign $foreign:expr;)?
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant($($ty)+), )*
            /// An extension type, `slug:name`. Kept as received.
            Extension($crate::wire::Extension),
            /// An unknown type without a slug. Kept as received.
            Unknown($crate::wire::Unknown),
        }

        impl $name {
            /// The `type` strings that the protocol defines.
            pub const TYPES: &'static [&'static str] = &[$($tag),*];

            /// Returns the `type` string.
            #[must_use]
            pub fn type_name(&self) -> &str {
                match self {
                    $( Self::$variant(_) => $tag, )*
                    Self::Extension(raw) => raw.type_name(),
                    Self::Unknown(raw) => raw.type_name(),
                }
            }
        }

        $( $crate::wire::from_variant!($name::$variant, $($ty)+); )*

        impl $crate::wire::WireValue for $name {
            fn read<'a, S: $crate::json::Source<'a>>(
                reader: &mut S,
            ) -> $crate::wire::ReadResult<Self> {
                if reader.kind() != $crate::json::ValueKind::Object {
                    return Err($crate::diagnostics::Violation::wrong_type("an object", reader));
                }
                let found = $crate::wire::peek_type(reader)?;
                #[allow(unused_mut)]
                let mut named = found.as_deref();
                // Looks through the whole object, so only where it must.
                $( if named.is_none() { named = ($bare)(&reader.look()); } )?
                match named {
                    $( Some(other) if ($foreign)(other, &reader.look()) => {
                        Ok(Self::Unknown($crate::wire::Unknown::read_raw(other, reader)))
                    } )?
                    $( Some($tag) => $crate::wire::WireValue::read(reader).map(Self::$variant), )*
                    Some(other) if $crate::wire::ExtensionType::is(other) => {
                        $crate::wire::Extension::read_raw(other, reader).map(Self::Extension)
                    }
                    Some(other) => {
                        Ok(Self::Unknown($crate::wire::Unknown::read_raw(other, reader)))
                    }
                    None => Err($crate::diagnostics::Violation::missing("type")),
                }
            }

            fn surely_keeps(&self, rule: &$crate::rules::Value) -> bool {
                match self {
                    $( Self::$variant(value) => rule.surely_has_branch($tag, |object| {
                        $crate::wire::WireValue::surely_keeps(value, object)
                    }), )*
                    Self::Extension(_) | Self::Unknown(_) => false,
                }
            }

            fn write<W: $crate::wire::Print + ?Sized>(&self, out: &mut W) -> core::fmt::Result {
                match self {
                    $( Self::$variant(value) => $crate::wire::WireValue::write(value, out), )*
                    Self::Extension(raw) => out.write_str(raw.json().get()),
                    Self::Unknown(raw) => out.write_str(raw.json().get()),
                }
            }
        }

        $crate::wire::json_and_serde!($name);
    };
}

/// The conversions from what a variant holds; a variant may box it.
macro_rules! from_variant {
    ($name:ident::$variant:ident, Box<$inner:ty>) => {
        $crate::wire::from_variant!($name, $inner, |value| $name::$variant(
            alloc::boxed::Box::new(value)
        ));
    };
    ($name:ident::$variant:ident, Arc<$inner:ty>) => {
        $crate::wire::from_variant!($name, $inner, |value| $name::$variant(
            alloc::sync::Arc::new(value)
        ));
    };
    ($name:ident::$variant:ident, $inner:ty) => {
        $crate::wire::from_variant!($name, $inner, $name::$variant);
    };
    ($name:ident, $inner:ty, $make:expr) => {
        impl From<$inner> for $name {
            fn from(value: $inner) -> Self {
                ($make)(value)
            }
        }

        impl From<$inner> for $crate::wire::Field<$name> {
            fn from(value: $inner) -> Self {
                Self::Value(value.into())
            }
        }
    };
}

pub(crate) use {from_variant, union};

/// The `type` of the object that comes next. Null counts as none.
pub(crate) fn peek_type<'a>(reader: &impl Source<'a>) -> ReadResult<Option<Cow<'a, str>>> {
    if let Some(text) = reader.leading_type() {
        return Ok(Some(Cow::Borrowed(text)));
    }
    let Some(mut value) = reader.look().member("type") else {
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
