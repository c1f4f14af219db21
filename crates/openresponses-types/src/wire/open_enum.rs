//! Strings with a set of known values.

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
            // Boxed twice, so that the common case costs two words in each object.
            Other(alloc::boxed::Box<alloc::boxed::Box<str>>),
        }

        impl $name {
            /// The values that the protocol names.
            pub const VALUES: &'static [&'static str] = &[$($wire),*];

            /// Returns the value as written.
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
                    other => Self::Other(alloc::boxed::Box::new(other.into())),
                }
            }
        }

        impl From<alloc::string::String> for $name {
            fn from(text: alloc::string::String) -> Self {
                Self::from(text.as_str())
            }
        }

        /// Never fails: a value that the protocol does not name is kept.
        impl core::str::FromStr for $name {
            type Err = core::convert::Infallible;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Ok(Self::from(text))
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, text: &str) -> bool {
                self.as_str() == text
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, text: &&str) -> bool {
                self.as_str() == *text
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::wire::WireValue for $name {
            fn read<'a, S: $crate::json::Source<'a>>(
                reader: &mut S,
            ) -> $crate::wire::ReadResult<Self> {
                match reader.string() {
                    Some(text) => Ok(Self::from(&*text)),
                    None => Err($crate::diagnostics::Violation::wrong_type("a string", reader)),
                }
            }

            fn surely_keeps(&self, rule: &$crate::rules::Value) -> bool {
                $crate::wire::surely_keeps_text(self.as_str(), rule)
            }

            fn write<W: $crate::wire::Print + ?Sized>(&self, out: &mut W) -> core::fmt::Result {
                $crate::json::write_string(out, self.as_str())
            }
        }

        $crate::wire::json_and_serde!($name);
    };
}

/// A member that has one value.
macro_rules! constant {
    ($(#[$meta:meta])* pub enum $name:ident { $variant:ident = $wire:literal }) => {
        $crate::wire::open_enum! {
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

pub(crate) use {constant, open_enum};
