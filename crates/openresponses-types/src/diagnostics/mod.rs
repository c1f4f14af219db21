//! What is wrong with a document, where, and how strictly it is read.

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
