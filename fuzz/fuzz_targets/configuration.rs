#![no_main]

use std::path::PathBuf;

use libfuzzer_sys::fuzz_target;

// The server is a program, so its modules are compiled here again.
#[allow(dead_code, unused_imports)]
#[path = "../../crates/openresponses-server/src/file/mod.rs"]
mod file;
#[allow(dead_code)]
#[path = "../../crates/openresponses-server/src/log.rs"]
mod log;
#[allow(dead_code)]
#[path = "../../crates/openresponses-server/src/telemetry/settings.rs"]
mod settings;
mod telemetry {
    pub(crate) use crate::settings::TraceContextMode;
}

use file::File;

/// A value that the seeds have in many places, as an operator's secret.
const SECRET: &str = "s3cr3t";

/// Whether the secret is only the value of fields: names may be shown.
fn is_value(text: &str) -> bool {
    let mut places = text.match_indices(SECRET).map(|(at, _)| &text[..at]);
    places.all(|before| before.ends_with("= \"") && !before.ends_with('\\'))
}

// Any file is read, and each fault is reported in a bounded message without the value.
fuzz_target!(|bytes: &[u8]| {
    let path = PathBuf::from(format!("/dev/shm/openresponses-fuzz-{}", std::process::id()));
    std::fs::write(&path, bytes).expect("memory for a file");
    let Ok((file, source, faults)) = File::read(&path) else { return };
    for named in file.files(&source) {
        assert!(named.is_absolute() || named.starts_with("/dev/shm"));
    }
    let is_value = std::str::from_utf8(bytes).is_ok_and(is_value);
    for fault in faults.iter() {
        let shown = fault.to_string();
        assert!(shown.len() < 4096 + bytes.len(), "{shown}");
        assert!(!is_value || !shown.contains(SECRET), "{shown}");
    }
});
