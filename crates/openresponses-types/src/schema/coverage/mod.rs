//! Coverage of an OpenAPI file by the tables.

mod known;
pub(in crate::schema) mod registry;
mod stated;

use alloc::string::String;
use alloc::vec::Vec;

/// Coverage of an OpenAPI file, counted in facts: that a schema or a member exists, that it is
/// required or nullable, its type, each value of its enumeration, each limit.
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
    /// The number of known facts.
    pub known: usize,
    /// The number of facts in the file.
    pub total: usize,
    /// The unknown facts, such as `Message.status required`.
    pub unknown: Vec<String>,
}

/// Compares the tables with an OpenAPI file of the specification.
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
