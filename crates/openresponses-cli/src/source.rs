//! Reads documents.

use std::io::{self, Read};
use std::path::Path;

/// The path that stands for standard input.
pub(crate) const STANDARD_INPUT: &str = "-";

/// The bytes of the file, or of standard input.
pub(crate) fn read(file: &Path) -> io::Result<Vec<u8>> {
    if file.as_os_str() == STANDARD_INPUT {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(file)
}

/// Reports an unreadable file on standard error.
pub(crate) fn complain(file: &Path, problem: impl std::fmt::Display) {
    eprintln!("openresponses: {}: {problem}", file.display());
}
