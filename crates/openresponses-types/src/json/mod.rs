//! JSON that is checked once, read in one pass and printed without loss.
//!
//! Raw JSON values of serde_json are not checked for duplicates or depth, a tree of values takes up
//! to a hundred times the memory of its text, and a number read as a double loses digits. So a body
//! is checked once over its bytes ([`Document::parse`]), typed parts are read straight from the text
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
//!
//! A [`Reader`] walks a document; a [`Cursor`] is its position in an array or object.
//!
//! ```
//! use openresponses_types::json::{Cursor, Document, InvalidJson, JsonLimits, RawJson, ValueKind};
//!
//! let limits = JsonLimits::default().depth(2);
//! let document = Document::parse_with(b"[1, 2.50]", limits)?;
//! let mut reader = document.reader();
//! assert_eq!(reader.kind(), ValueKind::Array);
//! let mut numbers = Vec::new();
//! let mut elements: Cursor = reader.enter_array();
//! while reader.next_element(&mut elements) {
//!     numbers.extend(reader.number());
//! }
//! assert_eq!(numbers, ["1", "2.50"]);
//!
//! // A map whose keys are no strings is not JSON.
//! let keys = std::collections::BTreeMap::from([((1, 2), 3)]);
//! let invalid: InvalidJson = RawJson::from_serialize(&keys).unwrap_err();
//! assert!(!invalid.to_string().is_empty());
//! # Ok::<(), openresponses_types::json::SyntaxError>(())
//! ```

mod blocks;
mod document;
mod duplicates;
mod length;
mod limits;
mod mended;
mod outline;
mod part;
mod printer;
mod raw;
mod reader;
mod scan;
mod short_list;
mod source;
mod string;
mod swar;
mod syntax;
mod texts;
mod tokens;
mod unchecked;
mod write;

pub use document::Document;
pub use length::Length;
pub use limits::JsonLimits;
pub use mended::mended;
pub use printer::{ArrayPrinter, ObjectPrinter};
pub use raw::{InvalidJson, RawJson};
pub use reader::{Cursor, Reader, ValueKind};
pub use syntax::{SyntaxError, SyntaxKind};
pub use write::{write_escaped, write_f64, write_string};

pub(crate) use document::typed_bytes;
pub(crate) use part::part;
pub(crate) use source::Source;
pub(crate) use string::{code_points, plain_string, plain_string_in};
pub(crate) use unchecked::UncheckedReader;
pub(crate) use write::write_i64;
