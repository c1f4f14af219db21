//! What is wrong with a document, and where.

use alloc::borrow::Cow;
use alloc::string::String;
use core::fmt;

use super::named::named;
use super::path::Path;

named! {
    what "code";
    /// The kind of a violation, in the words of `error.code`.
    ///
    /// ```
    /// use openresponses_types::CreateRequest;
    /// use openresponses_types::diagnostics::ViolationCode;
    ///
    /// let violation = CreateRequest::from_json(br#"{"model":5,"input":"Hello"}"#).unwrap_err();
    /// assert_eq!(violation.code, ViolationCode::InvalidType);
    /// ```
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    #[non_exhaustive]
    pub enum ViolationCode {
        /// A required member is not there.
        MissingParameter = "missing_parameter",
        /// A member that must not be there.
        UnknownParameter = "unknown_parameter",
        /// A value of the wrong JSON type.
        InvalidType = "invalid_type",
        /// A value of the right type that is not allowed.
        InvalidValue = "invalid_value",
        /// Not JSON, too deep, too many values, or a duplicate member.
        InvalidJson = "invalid_json",
        /// A string of too many code points.
        StringAboveMaxLength = "string_above_max_length",
        /// A string of too few code points.
        StringBelowMinLength = "string_below_min_length",
        /// An integer beyond its limit.
        IntegerAboveMaxValue = "integer_above_max_value",
        /// An integer below its limit.
        IntegerBelowMinValue = "integer_below_min_value",
        /// A number beyond its limit.
        DecimalAboveMaxValue = "decimal_above_max_value",
        /// A number below its limit.
        DecimalBelowMinValue = "decimal_below_min_value",
        /// An array of too many elements.
        ArrayAboveMaxLength = "array_above_max_length",
        /// An array of too few elements.
        ArrayBelowMinLength = "array_below_min_length",
        /// An object of too many members.
        ObjectAboveMaxProperties = "object_above_max_properties",
        /// A member whose name has too many code points.
        PropertyNameAboveMaxLength = "property_name_above_max_length",
        /// A member that this server does not offer.
        UnsupportedParameter = "unsupported_parameter",
        /// The response to continue from is not there for this caller.
        PreviousResponseNotFound = "previous_response_not_found",
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
    /// Creates a violation at `path`.
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

    /// Returns the place as `error.param` writes it.
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
