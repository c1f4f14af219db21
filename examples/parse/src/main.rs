//! Reads requests from files and prints their violations. Needs the types alone: no async,
//! no network.

use std::env::args_os;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use openresponses_types::json::{Document, JsonLimits};
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{Profile, Violation};

fn main() -> ExitCode {
    let mut all_well = true;
    for file in args_os().skip(1) {
        let file = Path::new(&file);
        let body = match fs::read(file) {
            Ok(body) => body,
            Err(error) => {
                all_well = false;
                eprintln!("{}: {error}", file.display());
                continue;
            }
        };
        for violation in violations(&body) {
            all_well = false;
            println!("{}: {violation}", file.display());
        }
    }
    if all_well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The faults of a request: not JSON, or the violated rules.
fn violations(body: &[u8]) -> Vec<Violation> {
    match Document::parse_with(body, JsonLimits::default()) {
        Ok(document) => {
            validate(&document, DocumentKind::CreateRequest, Profile::Compatible).violations
        }
        Err(error) => vec![error.into()],
    }
}
