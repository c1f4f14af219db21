//! What is wrong with a document, where, and how strictly that is decided.

mod leniency;
mod path;
mod report;
mod violation;

pub use leniency::{Leniency, Profile};
pub use path::{Path, Segment};
pub use report::{ValidationReport, Warning};
pub use violation::{Violation, ViolationCode};
