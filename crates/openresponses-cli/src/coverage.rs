//! `openresponses schema-coverage`.

use std::io::{self, Write};

use openresponses_types::schema::schema_coverage;

use crate::Outcome;

/// The version that is implemented, and its OpenAPI file.
const VERSION: &str = "2026-04-24";
const OPENAPI: &str = include_str!("../spec/2026-04-24/openapi.json");

pub(crate) fn run() -> io::Result<Outcome> {
    let coverage = schema_coverage(OPENAPI)?;
    let mut out = io::stdout().lock();
    let share = coverage.known as f64 / coverage.total.max(1) as f64 * 100.0;
    writeln!(
        out,
        "Open Responses {VERSION}: {} of {} facts known ({share:.1} %)",
        coverage.known, coverage.total
    )?;
    for fact in &coverage.unknown {
        writeln!(out, "not known: {fact}")?;
    }
    Ok(if coverage.unknown.is_empty() {
        Outcome::Fine
    } else {
        Outcome::Violation
    })
}
