//! Objects with named members.

use super::value::{ReadResult, WireValue};
use crate::diagnostics::{Segment, Violation};
use crate::json::Source;

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
/// there, `opt` members are [`Field`](crate::wire::Field)s; unknown members are kept in `extra`.
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
        $crate::wire::object_with_constructor! {
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
            $($( $(#[$con_meta])* pub $con: $crate::wire::Field<$con_ty>, )*)?
            $($( $(#[$req_meta])* pub $req: $req_ty, )*)?
            $($( $(#[$opt_meta])* pub $opt: $crate::wire::Field<$opt_ty>, )*)?
            /// Members that the protocol does not name.
            pub extra: $crate::wire::Extra,
        }

        impl $name {
            /// Creates the object from its required members; the others are absent.
            #[must_use]
            #[allow(clippy::too_many_arguments, clippy::new_without_default)]
            $constructor_visibility fn $constructor($($($req: impl Into<$req_ty>),*)?) -> Self {
                Self {
                    $($($con: $crate::wire::Field::Value(<$con_ty>::default()),)*)?
                    $($($req: $req.into(),)*)?
                    $($($opt: $crate::wire::Field::Absent,)*)?
                    extra: $crate::wire::Extra::default(),
                }
            }

            /// Returns true for the name of a member that the protocol defines for this object.
            #[allow(dead_code)]
            pub(crate) fn is_member(name: &str) -> bool {
                #[allow(unused_imports)]
                use $crate::wire::wire_name;
                let names: &[&str] = &[
                    $( $crate::wire::tag_member!($tag), )?
                    $($( wire_name!($con $($con_wire)?), )*)?
                    $($( wire_name!($req $($req_wire)?), )*)?
                    $($( wire_name!($opt $($opt_wire)?), )*)?
                ];
                names.contains(&name)
            }

            $($(
                #[doc = concat!("Sets `", $crate::wire::wire_name!($opt $($opt_wire)?), "`.")]
                #[must_use]
                pub fn $opt<M>(mut self, $opt: impl $crate::wire::IntoField<$opt_ty, M>) -> Self {
                    self.$opt = $opt.into_field();
                    self
                }
            )*)?
        }

        impl $crate::wire::WireValue for $name {
            fn read<'a, S: $crate::json::Source<'a>>(
                reader: &mut S,
            ) -> $crate::wire::ReadResult<Self> {
                #[allow(unused_imports)]
                use $crate::wire::wire_name;
                if reader.kind() != $crate::json::ValueKind::Object {
                    return Err($crate::diagnostics::Violation::wrong_type("an object", reader));
                }
                $($( let mut $con: $crate::wire::Field<$con_ty> = $crate::wire::Field::Absent; )*)?
                $($( let mut $req: Option<$req_ty> = None; )*)?
                $($( let mut $opt: $crate::wire::Field<$opt_ty> = $crate::wire::Field::Absent; )*)?
                #[allow(unused_mut, unused_variables)]
                let mut has_tag = false;
                let mut extra = $crate::wire::Extra::default();
                let mut members = reader.enter_object();
                while let Some(name) = reader.next_member(&mut members) {
                    match &*name {
                        $( "type" => $crate::wire::read_tag($tag, &mut has_tag, reader)?, )?
                        $($( name if name == wire_name!($con $($con_wire)?) => {
                            reader.once(|| $con.is_absent());
                            $con = $crate::wire::read_member(
                                reader, wire_name!($con $($con_wire)?))?;
                        } )*)?
                        $($( name if name == wire_name!($req $($req_wire)?) => {
                            reader.once(|| $req.is_none());
                            $req = Some($crate::wire::read_member(
                                reader, wire_name!($req $($req_wire)?))?);
                        } )*)?
                        $($( name if name == wire_name!($opt $($opt_wire)?) => {
                            reader.once(|| $opt.is_absent());
                            $opt = $crate::wire::read_member(
                                reader, wire_name!($opt $($opt_wire)?))?;
                        } )*)?
                        name => {
                            reader.once(|| extra.surely_lacks(name));
                            extra.push(name, $crate::json::RawJson::checked(reader.raw()));
                        }
                    }
                }
                extra.shrink();
                Ok(Self {
                    $($( $con, )*)?
                    $($( $req: match $req {
                        Some(value) => value,
                        None => <$req_ty as $crate::wire::WireValue>::absent(
                            wire_name!($req $($req_wire)?))?,
                    }, )*)?
                    $($( $opt, )*)?
                    extra,
                })
            }

            fn surely_keeps(&self, rule: &$crate::rules::Value) -> bool {
                #[allow(unused_imports)]
                use $crate::wire::wire_name;
                let Some(mut members) = $crate::wire::KeptMembers::new(rule) else {
                    return false;
                };
                self.extra.is_empty()
                    $( && members.tag($tag) )?
                    $($( && members.member(wire_name!($con $($con_wire)?), &self.$con) )*)?
                    $($( && members.member(wire_name!($req $($req_wire)?), &self.$req) )*)?
                    $($( && members.member(wire_name!($opt $($opt_wire)?), &self.$opt) )*)?
                    && members.are_complete()
            }

            fn write<W: $crate::wire::Print + ?Sized>(&self, out: &mut W) -> core::fmt::Result {
                #[allow(unused_mut)]
                let mut object = $crate::wire::ObjectWriter::begin(out)?;
                $( object.tag(",\"type\":", concat!("\"", $tag, "\""))?; )?
                $($( object.member(
                    $crate::wire::key!($con $($con_wire)?), &self.$con)?; )*)?
                $($( object.member(
                    $crate::wire::key!($req $($req_wire)?), &self.$req)?; )*)?
                $($( object.member(
                    $crate::wire::key!($opt $($opt_wire)?), &self.$opt)?; )*)?
                object.members(&self.extra, Self::is_member)?;
                object.end()
            }
        }

        $crate::wire::json_and_serde!($name);
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

/// The name of the member that holds the tag.
macro_rules! tag_member {
    ($tag:literal) => {
        "type"
    };
}

pub(crate) use {key, object, object_with_constructor, tag_member, wire_name};

/// Reads the value of the member `name`, and adds the name to the path of an error.
pub(crate) fn read_member<'a, T: WireValue>(
    reader: &mut impl Source<'a>,
    name: &str,
) -> ReadResult<T> {
    T::read(reader).map_err(|error| error.under(Segment::Member(name.into())))
}

/// Consumes the value of a member `type`, which is `tag`: an object of another type is not this one.
/// `has_tag` is false at the first such member.
pub(crate) fn read_tag<'a>(
    tag: &str,
    has_tag: &mut bool,
    reader: &mut impl Source<'a>,
) -> ReadResult<()> {
    let had_tag = core::mem::replace(has_tag, true);
    reader.once(|| !had_tag);
    match reader.pass_string(tag) {
        true => Ok(()),
        false => {
            Err(Violation::wrong_tag(tag, &reader.look()).under(Segment::Member("type".into())))
        }
    }
}
