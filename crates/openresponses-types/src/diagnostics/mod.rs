//! Violations and warnings: what is wrong with a document, where, and how strictly it is read.
//!
//! ```
//! use openresponses_types::diagnostics::{
//!     Leniency, Path, Segment, ValidationReport, ViolationCode, Warning,
//! };
//! use openresponses_types::json::Document;
//! use openresponses_types::schema::{DocumentKind, validate};
//! use openresponses_types::Profile;
//!
//! let body = br#"{"input":[{"role":"user","content":"Hi"},{"type":"message","role":"user"}]}"#;
//! let document = Document::parse(body)?;
//! let report: ValidationReport =
//!     validate(&document, DocumentKind::CreateRequest, Profile::default());
//! let warning: &Warning = &report.warnings[0];
//! assert_eq!(warning.leniency, Leniency::MessageWithoutType);
//! assert_eq!(warning.path, Path::default().member("input").index(0).member("type"));
//!
//! let violation = &report.violations[0];
//! assert_eq!(violation.code, ViolationCode::MissingParameter);
//! assert_eq!(violation.path.segments().last(), Some(&Segment::Member("content".into())));
//! assert_eq!(violation.code.to_string(), "missing_parameter");
//! # Ok::<(), openresponses_types::json::SyntaxError>(())
//! ```

mod excerpt;
mod leniency;
mod named;
mod path;
mod report;
mod violation;

pub use excerpt::Excerpt;
pub use leniency::{Leniency, Profile};
pub use named::UnknownName;
pub use path::{Path, Segment};
pub use report::{ValidationReport, Warning};
pub use violation::{Violation, ViolationCode};

pub(crate) use named::named;
