//! Values that cannot be read into their type.

use alloc::boxed::Box;
use alloc::string::String;

use crate::diagnostics::{Excerpt, Path, Segment, Violation, ViolationCode};
use crate::json::{Reader, Source, ValueKind};

impl Violation {
    /// A required member is missing from the object being read.
    pub(crate) fn missing(name: &str) -> Box<Self> {
        Box::new(Self::new(
            Path::default().member(name),
            ViolationCode::MissingParameter,
            "required",
            alloc::format!("Missing required parameter: '{name}'."),
        ))
    }

    /// The next value of `reader` is not of the kind that was `expected`.
    pub(crate) fn wrong_type<'a>(expected: &str, reader: &impl Source<'a>) -> Box<Self> {
        let reader = reader.look();
        Box::new(
            Self::new(
                Path::default(),
                ViolationCode::InvalidType,
                "type",
                alloc::format!(
                    "Invalid type: expected {expected}, got {}.",
                    reader.kind().words()
                ),
            )
            .at(reader.offset()),
        )
    }

    /// The next value of `reader` is of the right kind but cannot be represented.
    pub(crate) fn unrepresentable(expected: &str, reader: &Reader<'_>) -> Box<Self> {
        let got = match reader.kind() {
            ValueKind::Number => {
                let mut copy = *reader;
                let number = copy.number().unwrap_or_default();
                alloc::format!("{}", Excerpt::new(number).limit(40))
            }
            kind => String::from(kind.words()),
        };
        Box::new(
            Self::new(
                Path::default(),
                ViolationCode::InvalidValue,
                "type",
                alloc::format!("Invalid value: expected {expected}, got {got}."),
            )
            .at(reader.offset()),
        )
    }

    /// The next value of `reader` is the type of another object than the one that is `tag`.
    pub(crate) fn wrong_tag(tag: &str, reader: &Reader<'_>) -> Box<Self> {
        let mut copy = *reader;
        let Some(got) = copy.string() else {
            return Self::wrong_type("a string", reader);
        };
        Box::new(
            Self::new(
                Path::default(),
                ViolationCode::InvalidValue,
                "type",
                alloc::format!(
                    "Invalid value: expected '{tag}', got '{}'.",
                    Excerpt::new(&got).limit(40)
                ),
            )
            .at(reader.offset()),
        )
    }

    pub(crate) fn under(mut self: Box<Self>, segment: Segment) -> Box<Self> {
        self.path.prefix(segment);
        self
    }
}
