//! Validation of documents against the rules of the specification.
//!
//! The rules stand as static tables beside the types that they are about. [`validate`] holds a
//! document against them; [`schema_coverage`] compares them with the OpenAPI file.
//!
//! ```
//! use openresponses_types::Profile;
//! use openresponses_types::json::Document;
//! use openresponses_types::schema::{DocumentKind, validate};
//!
//! let kind: DocumentKind = "error_body".parse()?;
//! let document = Document::parse(br#"{"error":{"message":"Busy."}}"#)?;
//! let report = validate(&document, kind, Profile::Strict);
//! assert_eq!(report.violations[0].param().as_deref(), Some("error.type"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod branch;
mod chosen;
mod coverage;
mod kind;
mod mend;
mod misspelled;
mod place;
mod read;
mod scalar;
mod walk;
mod words;

pub use coverage::{Coverage, schema_coverage};
pub use kind::DocumentKind;
pub use read::{read_request, read_request_with};

pub(crate) use chosen::undeclared_choices;
pub(crate) use mend::{Mended, mend};

use crate::diagnostics::{Profile, ValidationReport};
use crate::event::STREAM_EVENT;
use crate::json::Document;
use crate::rules::{Object, Value};
use crate::{compact, request, response};
use place::Place;
use walk::Walk;

/// Validates a document against every rule of the specification that needs no other context.
///
/// Makes one pass over the text, independent of the typed reading: a wrong type in one member does
/// not hide other violations. Allocates nothing but the report. Rules that need context (a tool
/// output needs its call, an item reference must resolve) are checked by
/// [`Normalizer`](crate::normalize::Normalizer).
///
/// ```
/// use openresponses_types::json::Document;
/// use openresponses_types::schema::{DocumentKind, validate};
/// use openresponses_types::Profile;
///
/// let body = br#"{"model": "m", "input": [{"type": "message", "role": "user"}], "top_p": 7}"#;
/// let report = validate(&Document::parse(body)?, DocumentKind::CreateRequest, Profile::Strict);
/// let params: Vec<_> = report.violations.iter().filter_map(|found| found.param()).collect();
/// assert_eq!(params, ["input[0].content", "top_p"]);
/// assert_eq!(report.violations[1].rule, "CreateResponseBody.top_p:maximum");
/// assert_eq!(
///     report.violations[1].message,
///     "Invalid 'top_p': expected at most 1, got 7.",
/// );
/// # Ok::<(), openresponses_types::json::SyntaxError>(())
/// ```
#[must_use]
pub fn validate(document: &Document<'_>, kind: DocumentKind, profile: Profile) -> ValidationReport {
    let mut walk = Walk::new(profile);
    let mut reader = document.reader();
    let (name, value) = root(kind);
    let creates = matches!(
        kind,
        DocumentKind::CreateRequest | DocumentKind::WebSocketCreate
    );
    walk.suggests = creates || kind == DocumentKind::CompactRequest;
    walk.value(&mut reader, value, &Place::root(name));
    if creates {
        walk.chosen_tools(&document.reader());
    }
    walk.report()
}

/// The schema of a kind of document.
fn root(kind: DocumentKind) -> (&'static str, &'static Value) {
    static EVENT: Value = Value::Union(&STREAM_EVENT);
    macro_rules! object {
        ($table:expr) => {{
            static TABLE: &Object = &$table;
            static VALUE: Value = Value::Object(&$table);
            (TABLE.name, &VALUE)
        }};
    }
    match kind {
        DocumentKind::CreateRequest => object!(request::CREATE),
        DocumentKind::WebSocketCreate => object!(request::WS_CREATE),
        DocumentKind::WebSocketError => object!(response::WS_ERROR),
        DocumentKind::CompactRequest => object!(compact::COMPACT),
        DocumentKind::CompactResponse => object!(compact::COMPACT_RESOURCE),
        DocumentKind::Response => object!(response::RESPONSE),
        DocumentKind::StreamEvent => (STREAM_EVENT.name, &EVENT),
        DocumentKind::ErrorBody => object!(response::ERROR_BODY),
    }
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod settings_tests;
