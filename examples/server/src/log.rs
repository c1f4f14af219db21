//! The log file.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Mutex;

/// Writes what the crates report to the end of a file, from now on.
pub(crate) fn to_file(path: &Path) -> io::Result<()> {
    let file = OpenOptions::new().create(true).append(true).open(path)?;
    tracing_subscriber::fmt()
        .with_ansi(false)
        .with_max_level(tracing_subscriber::filter::LevelFilter::DEBUG)
        .with_writer(Mutex::new(file))
        .init();
    Ok(())
}
