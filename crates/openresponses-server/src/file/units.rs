//! Durations, sizes and numbers with their limits.

use std::fmt;
use std::time::Duration;

use openresponses_types::json::JsonLimits;
use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};

/// The longest duration: a year.
const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 3600);

/// A duration such as `15s` or `1m 30s`, possibly zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub(crate) Duration);

/// A duration above zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(pub(crate) Duration);

/// A size in bytes such as `33MiB`, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size(pub(crate) u64);

/// How deep JSON may nest: 1 to [`JsonLimits::MAX_DEPTH`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Levels(pub(crate) usize);

/// A number that is neither negative nor infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure(pub(crate) f64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(TimeVisitor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = deserializer.deserialize_str(TimeVisitor)?;
        if time.is_zero() {
            return Err(D::Error::custom("it must be greater than zero"));
        }
        Ok(Self(time))
    }
}

struct TimeVisitor;

impl Visitor<'_> for TimeVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time such as \"15s\" or \"1m 30s\"")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Duration, E> {
        let time = humantime::parse_duration(text)
            .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))?;
        if time > MAX_DURATION {
            return Err(E::custom("it must be at most one year"));
        }
        Ok(time)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SizeVisitor)
    }
}

struct SizeVisitor;

impl Visitor<'_> for SizeVisitor {
    type Value = Size;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size such as \"64KiB\" or \"33MiB\", or a number of bytes")
    }

    fn visit_i64<E: Error>(self, bytes: i64) -> Result<Size, E> {
        match u64::try_from(bytes) {
            Ok(bytes) if bytes > 0 => Ok(Size(bytes)),
            _ => Err(E::custom("it must be at least one byte")),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Size, E> {
        let size: bytesize::ByteSize = text
            .parse()
            .map_err(|_| E::invalid_value(Unexpected::Str(text), &self))?;
        match i64::try_from(size.as_u64()) {
            Ok(bytes) => self.visit_i64(bytes),
            Err(_) => Err(E::invalid_value(Unexpected::Str(text), &self)),
        }
    }
}

impl Size {
    /// Returns the size as `usize`.
    pub(crate) fn in_memory(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let levels = i64::deserialize(deserializer)?;
        match usize::try_from(levels) {
            Ok(levels @ 1..=JsonLimits::MAX_DEPTH) => Ok(Self(levels)),
            _ => Err(D::Error::custom(format_args!(
                "it must be 1 to {} levels",
                JsonLimits::MAX_DEPTH
            ))),
        }
    }
}

impl<'de> Deserialize<'de> for Figure {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let figure = f64::deserialize(deserializer)?;
        if figure.is_finite() && figure >= 0.0 {
            Ok(Self(figure))
        } else {
            Err(D::Error::custom("it must be neither negative nor infinite"))
        }
    }
}
