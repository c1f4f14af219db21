//! What is wrong with a document, and where.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use super::path::Path;

/// The kind of a violation, in the words of `error.code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ViolationCode {
    /// `missing_parameter`: a required member is not there.
    MissingParameter,
    /// `unknown_parameter`: a member that must not be there.
    UnknownParameter,
    /// `invalid_type`: a value of the wrong JSON type.
    InvalidType,
    /// `invalid_value`: a value of the right type that is not allowed.
    InvalidValue,
    /// `invalid_json`: not JSON, too deep, too many values, or a duplicate member.
    InvalidJson,
    /// `string_above_max_length`: a string of too many code points.
    StringAboveMaxLength,
    /// `string_below_min_length`: a string of too few code points.
    StringBelowMinLength,
    /// `integer_above_max_value`: an integer beyond its limit.
    IntegerAboveMaxValue,
    /// `integer_below_min_value`: an integer below its limit.
    IntegerBelowMinValue,
    /// `decimal_above_max_value`: a number beyond its limit.
    DecimalAboveMaxValue,
    /// `decimal_below_min_value`: a number below its limit.
    DecimalBelowMinValue,
    /// `array_above_max_length`: an array of too many elements.
    ArrayAboveMaxLength,
    /// `array_below_min_length`: an array of too few elements.
    ArrayBelowMinLength,
    /// `object_above_max_properties`: an object of too many members.
    ObjectAboveMaxProperties,
    /// `property_name_above_max_length`: a member whose name has too many code points.
    PropertyNameAboveMaxLength,
    /// `unsupported_parameter`: a member that this server does not offer.
    UnsupportedParameter,
    /// `previous_response_not_found`: the response to continue from is not there for this caller.
    PreviousResponseNotFound,
}

impl ViolationCode {
    /// The code as it stands in `error.code`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MissingParameter => "missing_parameter",
            Self::UnknownParameter => "unknown_parameter",
            Self::InvalidType => "invalid_type",
            Self::InvalidValue => "invalid_value",
            Self::InvalidJson => "invalid_json",
            Self::StringAboveMaxLength => "string_above_max_length",
            Self::StringBelowMinLength => "string_below_min_length",
            Self::IntegerAboveMaxValue => "integer_above_max_value",
            Self::IntegerBelowMinValue => "integer_below_min_value",
            Self::DecimalAboveMaxValue => "decimal_above_max_value",
            Self::DecimalBelowMinValue => "decimal_below_min_value",
            Self::ArrayAboveMaxLength => "array_above_max_length",
            Self::ArrayBelowMinLength => "array_below_min_length",
            Self::ObjectAboveMaxProperties => "object_above_max_properties",
            Self::PropertyNameAboveMaxLength => "property_name_above_max_length",
            Self::UnsupportedParameter => "unsupported_parameter",
            Self::PreviousResponseNotFound => "previous_response_not_found",
        }
    }
}

impl fmt::Display for ViolationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One rule that a document breaks, and the place where it breaks it.
///
/// ```
/// use openresponses_types::diagnostics::ViolationCode;
/// use openresponses_types::CreateRequest;
///
/// let refused = CreateRequest::from_json(br#"{"input": [{"type": "message"}]}"#).unwrap_err();
/// assert_eq!(refused.param().as_deref(), Some("input[0].role"));
/// assert_eq!(refused.code, ViolationCode::MissingParameter);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Violation {
    /// The place: the faulty value, or where the missing one should be.
    pub path: Path,
    /// The kind.
    pub code: ViolationCode,
    /// The rule's name, such as `InputTextContentParam.text:maxLength`. Empty when a type could
    /// not be read at all.
    pub rule: Cow<'static, str>,
    /// One sentence for a human that says what was expected and what came.
    pub message: String,
    /// The byte of the document where the value starts (for a missing member: where its object
    /// starts), when the document's text was at hand.
    pub offset: Option<usize>,
}

impl Violation {
    /// A violation at `path`.
    #[must_use]
    pub fn new(
        path: Path,
        code: ViolationCode,
        rule: impl Into<Cow<'static, str>>,
        message: String,
    ) -> Self {
        Self {
            path,
            code,
            rule: rule.into(),
            message,
            offset: None,
        }
    }

    /// Sets the byte of the document where the value starts.
    #[must_use]
    pub fn at(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }

    /// The place as `error.param` writes it.
    #[must_use]
    pub fn param(&self) -> Option<String> {
        self.path.param()
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.param() {
            Some(param) => write!(f, "{param}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl core::error::Error for Violation {}
