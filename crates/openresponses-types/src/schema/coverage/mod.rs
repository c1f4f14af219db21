//! What share of an OpenAPI file the tables know.

mod known;
pub(in crate::schema) mod registry;
mod stated;

use alloc::string::String;
use alloc::vec::Vec;

/// How much of an OpenAPI file the crate knows, counted in facts: that a schema or a member is
/// there, that it is required or may be null, its type, each value of its enumeration, each limit.
///
/// ```no_run
/// let coverage = openresponses_types::schema::schema_coverage(&std::fs::read_to_string("openapi.json")?)?;
/// println!("{} of {} facts", coverage.known, coverage.total);
/// for fact in &coverage.unknown {
///     println!("not known: {fact}");
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Coverage {
    /// How many of the file's facts are known.
    pub known: usize,
    /// How many facts the file states.
    pub total: usize,
    /// Those that are not known, in words such as `Message.status required`.
    pub unknown: Vec<String>,
}

/// Holds the tables against an OpenAPI file of the specification.
///
/// # Errors
/// When `openapi` is not JSON.
pub fn schema_coverage(openapi: &str) -> Result<Coverage, serde_json::Error> {
    let stated = stated::facts(&serde_json::from_str(openapi)?);
    let known = known::facts();
    let unknown: Vec<String> = stated.difference(&known).cloned().collect();
    Ok(Coverage {
        known: stated.len() - unknown.len(),
        total: stated.len(),
        unknown,
    })
}

#[cfg(test)]
mod tests;
