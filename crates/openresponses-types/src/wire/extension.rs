//! Objects of types that the protocol does not define.

use alloc::boxed::Box;
use core::fmt;

use crate::diagnostics::{Path, Violation, ViolationCode};
use crate::json::{RawJson, Source, ValueKind};
use crate::wire::{ReadResult, peek_type};

/// The type of an extension: `slug:name`, where the slug names the implementer.
///
/// Only printable ASCII without spaces, 256 bytes at most: it becomes the name of an SSE event, where
/// a line break would be an injected line. Spec: "Items are extensible", "Extending tools",
/// "Extending streaming events".
///
/// ```
/// use openresponses_types::wire::ExtensionType;
///
/// assert!(ExtensionType::new("acme:trace_event").is_ok());
/// assert!(ExtensionType::new("trace_event").is_err());
/// assert!(ExtensionType::new("acme:a\ndata: {}").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ExtensionType(Box<str>);

impl ExtensionType {
    /// Creates the type from its name.
    ///
    /// # Errors
    /// A name that does not have the form `slug:name`.
    pub fn new(name: &str) -> Result<Self, Violation> {
        if Self::is(name) {
            return Ok(Self(name.into()));
        }
        Err(Violation::new(
            Path::default().member("type"),
            ViolationCode::InvalidValue,
            "ExtensionType",
            "Invalid value: an extension type is written 'slug:name'.".into(),
        ))
    }

    /// Returns true if `name` has the form `slug:name`.
    #[must_use]
    pub fn is(name: &str) -> bool {
        let Some((slug, rest)) = name.split_once(':') else {
            return false;
        };
        name.len() <= 256
            && !slug.is_empty()
            && !rest.is_empty()
            && slug
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte))
            && rest.bytes().all(|byte| byte.is_ascii_graphic())
    }

    /// Returns the whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the slug of the implementer.
    #[must_use]
    pub fn slug(&self) -> &str {
        let slug = self.0.split_once(':').map(|(slug, _)| slug);
        debug_assert!(slug.is_some(), "checked when the type was created");
        slug.unwrap_or_default()
    }
}

impl core::str::FromStr for ExtensionType {
    type Err = Violation;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::new(name)
    }
}

impl TryFrom<&str> for ExtensionType {
    type Error = Violation;

    fn try_from(name: &str) -> Result<Self, Self::Error> {
        Self::new(name)
    }
}

impl AsRef<str> for ExtensionType {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for ExtensionType {
    fn eq(&self, name: &str) -> bool {
        self.as_str() == name
    }
}

impl PartialEq<&str> for ExtensionType {
    fn eq(&self, name: &&str) -> bool {
        self.as_str() == *name
    }
}

impl fmt::Debug for ExtensionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for ExtensionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An extension item, tool, content part, annotation or event, kept as received.
///
/// ```
/// use openresponses_types::json::RawJson;
/// use openresponses_types::wire::Extension;
/// use openresponses_types::Item;
///
/// let telemetry = RawJson::parse(r#"{"type":"acme:telemetry_chunk","id":"tc_123","status":"completed"}"#)?;
/// let item = Item::Extension(Extension::new(telemetry)?);
/// assert_eq!(item.type_name(), "acme:telemetry_chunk");
/// assert_eq!(item.id().as_deref(), Some("tc_123"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Extension {
    type_name: ExtensionType,
    json: RawJson,
}

impl Extension {
    /// Creates an extension from an object whose `type` has the form `slug:name`.
    ///
    /// # Errors
    /// JSON that is not an object with such a type.
    pub fn new(json: RawJson) -> Result<Self, Violation> {
        let reader = json.reader();
        if reader.kind() != ValueKind::Object {
            return Err(*Violation::wrong_type("an object", &reader));
        }
        let found = peek_type(&reader).map_err(|error| *error)?;
        let type_name = match &found {
            Some(name) => ExtensionType::new(name)?,
            None => return Err(*Violation::missing("type")),
        };
        drop(found);
        Ok(Self { type_name, json })
    }

    pub(crate) fn read_raw<'a>(type_name: &str, reader: &mut impl Source<'a>) -> ReadResult<Self> {
        let type_name = ExtensionType::new(type_name).map_err(Box::new)?;
        Ok(Self {
            type_name,
            json: RawJson::checked(reader.raw()),
        })
    }

    /// Returns the `type` string.
    #[must_use]
    pub fn type_name(&self) -> &str {
        self.type_name.as_str()
    }

    /// Returns the whole object.
    #[must_use]
    pub fn json(&self) -> &RawJson {
        &self.json
    }

    /// Returns the member `name` if it is a string.
    #[must_use]
    pub fn string_member(&self, name: &str) -> Option<alloc::string::String> {
        string_member(&self.json, name)
    }

    /// Sets the member `name` to `value`.
    #[must_use]
    pub fn with_member(self, name: &str, value: &RawJson) -> Self {
        Self {
            json: with_member(&self.json, name, value),
            type_name: self.type_name,
        }
    }
}

impl TryFrom<RawJson> for Extension {
    type Error = Violation;

    fn try_from(json: RawJson) -> Result<Self, Self::Error> {
        Self::new(json)
    }
}

impl fmt::Debug for Extension {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.json, f)
    }
}

/// An item, tool, content part, annotation or event of an unknown type without a slug, or of a known
/// type in a shape that the protocol does not have. Kept as received.
///
/// ```
/// use openresponses_types::json::RawJson;
/// use openresponses_types::wire::Unknown;
///
/// let json = RawJson::parse(r#"{"type":"later_item","id":"x_1"}"#).unwrap();
/// let unknown = Unknown::new(json)?;
/// assert_eq!(unknown.type_name(), "later_item");
/// assert_eq!(unknown.string_member("id").as_deref(), Some("x_1"));
/// # Ok::<(), openresponses_types::Violation>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Unknown {
    type_name: Box<str>,
    json: RawJson,
}

impl Unknown {
    /// Creates an object of any type.
    ///
    /// # Errors
    /// JSON that is not an object with a `type` string.
    pub fn new(json: RawJson) -> Result<Self, Violation> {
        let reader = json.reader();
        if reader.kind() != ValueKind::Object {
            return Err(*Violation::wrong_type("an object", &reader));
        }
        let type_name = match peek_type(&reader).map_err(|error| *error)? {
            Some(name) => Box::from(&*name),
            None => return Err(*Violation::missing("type")),
        };
        Ok(Self { type_name, json })
    }

    pub(crate) fn read_raw<'a>(type_name: &str, reader: &mut impl Source<'a>) -> Self {
        Self {
            type_name: type_name.into(),
            json: RawJson::checked(reader.raw()),
        }
    }

    /// Returns the `type` string.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// Returns the whole object.
    #[must_use]
    pub fn json(&self) -> &RawJson {
        &self.json
    }

    /// Returns the member `name` if it is a string.
    #[must_use]
    pub fn string_member(&self, name: &str) -> Option<alloc::string::String> {
        string_member(&self.json, name)
    }

    /// Sets the member `name` to `value`.
    #[must_use]
    pub fn with_member(self, name: &str, value: &RawJson) -> Self {
        Self {
            json: with_member(&self.json, name, value),
            type_name: self.type_name,
        }
    }
}

impl TryFrom<RawJson> for Unknown {
    type Error = Violation;

    fn try_from(json: RawJson) -> Result<Self, Self::Error> {
        Self::new(json)
    }
}

impl fmt::Debug for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.json, f)
    }
}

fn string_member(json: &RawJson, name: &str) -> Option<alloc::string::String> {
    Some(json.reader().member(name)?.string()?.into_owned())
}

pub(crate) fn with_member(json: &RawJson, name: &str, value: &RawJson) -> RawJson {
    use crate::json::write_string;
    use alloc::string::String;

    let mut out = String::with_capacity(json.get().len() + value.get().len() + name.len() + 4);
    let mut reader = json.reader();
    let mut members = reader.enter_object();
    let mut found = false;
    out.push('{');
    while let Some(member) = reader.next_member(&mut members) {
        if out.len() > 1 {
            out.push(',');
        }
        // Printing into a string cannot fail.
        let _ = write_string(&mut out, &member);
        out.push(':');
        let old = reader.raw();
        let is = member == name;
        found |= is;
        out.push_str(if is { value.get() } else { old });
    }
    if !found {
        if out.len() > 1 {
            out.push(',');
        }
        let _ = write_string(&mut out, name);
        out.push(':');
        out.push_str(value.get());
    }
    out.push('}');
    RawJson::checked(&out)
}
