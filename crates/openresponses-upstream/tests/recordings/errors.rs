//! Error bodies: the status that the client gets follows from the upstream's.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use http::{HeaderMap, StatusCode};
use openresponses_upstream::{MessagePolicy, Origins, UpstreamError};

/// The recorded status of each file.
fn status_of(file: &Path) -> u16 {
    static ALL: OnceLock<BTreeMap<String, u16>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let sources = file.parent().unwrap().with_file_name("SOURCES.tsv");
        let text = fs::read_to_string(sources).unwrap();
        let rows = text
            .lines()
            .map(|line| line.split('\t').collect::<Vec<_>>());
        rows.filter_map(|row| Some((row.first()?.to_string(), row.get(1)?.parse().ok()?)))
            .collect()
    });
    let name = format!("error-json/{}", file.file_name().unwrap().to_string_lossy());
    all[&name]
}

pub(crate) fn run(file: &Path) {
    let body = fs::read(file).unwrap();
    let recorded = status_of(file);
    let status = StatusCode::from_u16(recorded).unwrap();
    let read = UpstreamError::read(status, &HeaderMap::new(), &body);
    assert!(read.message.is_some(), "{read:?}");
    let error = read.to_error(&Origins::default(), MessagePolicy::Pass);
    let text = String::from_utf8_lossy(&body);
    // Google answers 400 to a wrong key.
    let is_key = text.contains("API_KEY_INVALID") || text.contains("api_key");
    let expected: &[u16] = match recorded {
        400 if is_key => &[502],
        400 => &[400],
        401 | 403 => &[502],
        404 => &[404],
        429 => &[429],
        500 => &[502],
        // Kept without the status, or sent with a wrong one: what it says decides.
        _ => &[400, 404, 502],
    };
    let found = error.kind().status().as_u16();
    assert!(
        expected.contains(&found),
        "{recorded} became {found}: {text}"
    );
    assert!(!error.to_string().contains("sk-"), "{error}");
    assert!(!error.code().is_empty());
    let failure = read.to_failure(MessagePolicy::Hide);
    assert!(!failure.message.contains(read.message.as_deref().unwrap()));
}
