//! JSON as this protocol needs it: checked once, read in one pass, printed without loss.
//!
//! Three facts about JSON in Rust shape this module. Opaque parts kept as text are checked by
//! nobody unless somebody does it beforehand; a tree of values costs up to a hundred times its
//! text in memory; and a number read as a double is not the number that was sent. So a body is
//! checked once over its bytes ([`Document::parse`]), typed parts are read straight from the text
//! ([`Reader`]), and opaque parts stay text ([`RawJson`]).
//!
//! ```
//! use openresponses_types::json::{Document, SyntaxKind};
//!
//! let document = Document::parse(br#"{"n": 123456789012345678901234567890}"#)?;
//! assert_eq!(document.text(), r#"{"n": 123456789012345678901234567890}"#);
//!
//! let twice = Document::parse(br#"{"a": [{"b": 1, "\u0062": 2}]}"#).unwrap_err();
//! assert_eq!(twice.kind, SyntaxKind::DuplicateMember);
//! assert_eq!(twice.path.param().as_deref(), Some("a[0].b"));
//! # Ok::<(), openresponses_types::json::SyntaxError>(())
//! ```

mod document;
mod duplicates;
mod limits;
mod outline;
mod raw;
mod reader;
mod scan;
mod string;
mod swar;
mod syntax;
mod write;

pub use document::Document;
pub use limits::JsonLimits;
pub use raw::{InvalidJson, RawJson};
pub use reader::{Cursor, Reader, ValueKind};
pub use syntax::{SyntaxError, SyntaxKind};
pub use write::{write_f64, write_string};

pub(crate) use string::{code_points, plain_string};
pub(crate) use write::write_i64;
