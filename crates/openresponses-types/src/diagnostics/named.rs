//! Closed sets of values that have a name each.

use alloc::boxed::Box;
use core::fmt;

use super::excerpt::Excerpt;

/// An enumeration whose values have names. Generates the list of all values, the names, and the
/// conversions from and to text. `what` stands in the error of a name that is not known.
macro_rules! named {
    (
        what $what:literal;
        $(#[$meta:meta])*
        pub enum $name:ident {
            $( $(#[$variant_meta:meta])* $variant:ident = $wire:literal, )*
        }
    ) => {
        $(#[$meta])*
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )*
        }

        impl $name {
            /// All values.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The names of all values, in the same order.
            pub const NAMES: &'static [&'static str] = &[$($wire),*];

            /// Returns the name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $( Self::$variant => $wire, )*
                }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.name())
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.name()
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::diagnostics::UnknownName;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name {
                    $( $wire => Ok(Self::$variant), )*
                    other => Err($crate::diagnostics::UnknownName::new($what, other, Self::NAMES)),
                }
            }
        }

        impl TryFrom<&str> for $name {
            type Error = $crate::diagnostics::UnknownName;

            fn try_from(name: &str) -> Result<Self, Self::Error> {
                name.parse()
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let name = <alloc::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                name.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

pub(crate) use named;

/// A text that is not the name of any value of a closed set.
///
/// ```
/// use openresponses_types::Profile;
///
/// assert_eq!("strict".parse(), Ok(Profile::Strict));
/// let error = "lenient".parse::<Profile>().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "unknown profile 'lenient': expected one of 'strict', 'compatible'",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    what: &'static str,
    name: Box<str>,
    expected: &'static [&'static str],
}

impl UnknownName {
    pub(crate) fn new(what: &'static str, name: &str, expected: &'static [&'static str]) -> Self {
        let name = alloc::format!("{}", Excerpt::new(name)).into();
        Self {
            what,
            name,
            expected,
        }
    }
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} '{}'", self.what, self.name)?;
        for (at, name) in self.expected.iter().enumerate() {
            let before = if at == 0 { ": expected one of " } else { ", " };
            write!(f, "{before}'{name}'")?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownName {}
