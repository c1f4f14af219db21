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

/// Endings of the files that are read in directories, in any case.
const ENDINGS: [&str; 3] = ["json", "sse", "txt"];

/// A path that cannot be used, and why.
pub(crate) type Fault = (PathBuf, io::Error);

/// Returns the files: a directory is replaced by the documents in it, at any depth, in order.
pub(crate) fn files(named: &[PathBuf]) -> Vec<Result<PathBuf, Fault>> {
    let mut files = Vec::new();
    for path in named {
        if !path.is_dir() {
            files.push(Ok(path.clone()));
            continue;
        }
        let before = files.len();
        walk(path, &mut files);
        if files.len() == before {
            let why = io::Error::other("no .json, .sse or .txt file is in this directory");
            files.push(Err((path.clone(), why)));
        }
    }
    files
}

fn walk(directory: &Path, files: &mut Vec<Result<PathBuf, Fault>>) {
    let fault = |error| Err((directory.to_owned(), error));
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) => return files.push(fault(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        match entry {
            Ok(entry) => paths.push(entry.path()),
            Err(error) => files.push(fault(error)),
        }
    }
    paths.sort();
    for path in paths {
        // A link may lead back to where it is.
        if path.is_dir() && !path.is_symlink() {
            walk(&path, files);
        } else if is_document(&path) {
            files.push(Ok(path));
        }
    }
}

fn is_document(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    let known = |ending: &str| {
        ENDINGS
            .iter()
            .any(|known| ending.eq_ignore_ascii_case(known))
    };
    ending.is_some_and(known)
}

/// Returns the bytes without the byte order mark that some editors put before a document.
pub(crate) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes)
}

/// Reports an unreadable file on standard error.
pub(crate) fn complain(file: &Path, problem: impl std::fmt::Display) {
    eprintln!("openresponses: {}: {problem}", file.display());
}
