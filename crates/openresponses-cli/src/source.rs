//! Reads documents.

use std::io::{self, Read};
use std::path::{Path, PathBuf};

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

/// Endings of the files that are read in directories.
const ENDINGS: [&str; 3] = ["json", "sse", "txt"];

/// Returns the files: a directory is replaced by the documents in it, at any depth, in order.
pub(crate) fn files(named: &[PathBuf]) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for path in named {
        if path.is_dir() {
            walk(path, &mut files);
        } else {
            files.push(path.clone());
        }
    }
    files
}

fn walk(directory: &Path, files: &mut Vec<PathBuf>) {
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        // Reading it reports the fault.
        Err(_) => return files.push(directory.to_owned()),
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        let ending = path.extension().and_then(|ending| ending.to_str());
        // A link may lead back to where it is.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, files);
        } else if ending.is_some_and(|ending| ENDINGS.contains(&ending)) {
            files.push(path);
        }
    }
}

/// Reports an unreadable file on standard error.
pub(crate) fn complain(file: &Path, problem: impl std::fmt::Display) {
    eprintln!("openresponses: {}: {problem}", file.display());
}
