//! The files that a reload watches.

use std::path::PathBuf;
use std::time::SystemTime;

/// A file as it was before it was read.
///
/// Files are asked for their time rather than watched, which also works where they are replaced by
/// links.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Seen {
    path: PathBuf,
    /// `None` for one that cannot be read.
    written: Option<(SystemTime, u64)>,
}

impl Seen {
    pub(crate) fn now(path: PathBuf) -> Self {
        let written = std::fs::metadata(&path)
            .ok()
            .and_then(|found| Some((found.modified().ok()?, found.len())));
        Self { path, written }
    }
}

/// The files as they are now.
pub(crate) fn look(files: &[Seen]) -> Vec<Seen> {
    let paths = files.iter().map(|seen| seen.path.clone());
    paths.map(Seen::now).collect()
}
