//! The public functions that read and print JSON, and serde on top of them.

use alloc::string::String;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::WireValue;
use crate::json::RawJson;

/// The public face of [`WireValue`](crate::wire::WireValue), and serde on top of it. `from_json`
/// is [`from_json`](crate::wire::from_json), unless something faster is given.
macro_rules! json_and_serde {
    ($name:ident) => {
        $crate::wire::json_and_serde! { $name, |json| $crate::wire::from_json(json) }
    };
    ($name:ident, |$json:ident| $from_json:expr) => {
        impl $name {
            /// Checks a JSON text within [`JsonLimits::output`](crate::json::JsonLimits::output) and reads it
            /// without loss. Refuses only what the type cannot represent;
            /// [`validate`](crate::schema::validate()) checks the rest.
            ///
            /// # Errors
            /// The first fault, with its path.
            pub fn from_json($json: &[u8]) -> Result<Self, $crate::diagnostics::Violation> {
                $from_json
            }

            /// Reads a checked document.
            ///
            /// # Errors
            /// The first value that cannot be represented, with its path.
            pub fn from_document(
                document: &$crate::json::Document<'_>,
            ) -> Result<Self, $crate::diagnostics::Violation> {
                $crate::wire::WireValue::read(&mut document.reader()).map_err(|error| *error)
            }

            /// Prints the value as compact JSON on one line.
            #[must_use]
            pub fn to_json(&self) -> alloc::string::String {
                let mut out = alloc::string::String::new();
                // Printing into a string cannot fail.
                let _ = $crate::wire::WireValue::write(self, &mut out);
                out
            }

            /// Prints the value into `out` as compact JSON on one line.
            ///
            /// # Errors
            /// Only those of `out`.
            pub fn write_json<W: core::fmt::Write + ?Sized>(
                &self,
                out: &mut W,
            ) -> core::fmt::Result {
                $crate::wire::WireValue::write(self, &mut $crate::wire::Plain(out))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::wire::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::deserialize(deserializer)
            }
        }
    };
}

pub(crate) use json_and_serde;

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
