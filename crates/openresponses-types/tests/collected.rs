//! Documents that were not written for this crate: those printed in the specification, bodies of real
//! clients, and a test suite for JSON. They are not part of the repository: a test for each, ignored
//! where they are not beside the project.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Trial};
use openresponses_types::compact::{CompactRequest, CompactResponse};
use openresponses_types::json::{Document, RawJson, SyntaxKind};
use openresponses_types::response::{ErrorBody, WebSocketError};
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Profile, Response, StreamEvent};
use serde_json::Value;

fn folder(name: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared")
        .join(name);
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    files
}

fn kind_of(file: &Path) -> DocumentKind {
    let name = file
        .file_name()
        .unwrap()
        .to_string_lossy()
        .replace('-', "_");
    let by_start = DocumentKind::ALL
        .iter()
        .find(|kind| name.starts_with(kind.name()));
    match by_start {
        Some(kind) => *kind,
        None if name.ends_with(".ws.json") => DocumentKind::WebSocketCreate,
        None if name.ends_with(".compact.json") => DocumentKind::CompactRequest,
        None => DocumentKind::CreateRequest,
    }
}

fn echo(kind: DocumentKind, document: &Document<'_>) -> String {
    match kind {
        DocumentKind::CompactRequest => CompactRequest::from_document(document).unwrap().to_json(),
        DocumentKind::CompactResponse => {
            CompactResponse::from_document(document).unwrap().to_json()
        }
        DocumentKind::Response => Response::from_document(document).unwrap().to_json(),
        DocumentKind::StreamEvent => StreamEvent::from_document(document).unwrap().to_json(),
        DocumentKind::ErrorBody => ErrorBody::from_document(document).unwrap().to_json(),
        DocumentKind::WebSocketError => WebSocketError::from_document(document).unwrap().to_json(),
        _ => CreateRequest::from_document(document).unwrap().to_json(),
    }
}

/// Whether the profiles accept a file; what is accepted is printed again without loss.
fn accepted(file: &Path) -> (bool, bool) {
    let bytes = fs::read(file).unwrap();
    let document = Document::parse(&bytes).unwrap();
    let kind = kind_of(file);
    let ok = |profile| validate(&document, kind, profile).is_ok();
    let accepted = (ok(Profile::Strict), ok(Profile::Compatible));
    if accepted.1 {
        let printed: Value = serde_json::from_str(&echo(kind, &document)).unwrap();
        let original: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(printed, original, "{}", file.display());
    }
    accepted
}

/// A test for each file of a folder; one that is ignored when there are none.
fn of(name: &'static str, test: fn(&Path)) -> Vec<Trial> {
    let mut trials = Vec::new();
    for file in folder(name) {
        let title = format!("{name}/{}", file.file_name().unwrap().to_string_lossy());
        trials.push(Trial::test(title, move || {
            test(&file);
            Ok(())
        }));
    }
    if trials.is_empty() {
        trials.push(Trial::test(name, || Ok(())).with_ignored_flag(true));
    }
    trials
}

fn main() {
    let trials = [
        of("real-requests", |file| assert!(accepted(file).1)),
        of("spec-examples/valid", |file| {
            assert_eq!(accepted(file), (true, true));
        }),
        of("spec-examples/prose_valid", |file| {
            assert_eq!(accepted(file), (true, true));
        }),
        of("spec-examples/invalid", |file| {
            assert_eq!(accepted(file), (false, false));
        }),
        of("spec-examples/spec_defects", defect),
        of("assets/jsontestsuite/test_parsing", json),
        of("assets/jsontestsuite/test_transform", transform),
    ];
    let trials = trials.into_iter().flatten().collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

/// Where the specification contradicts itself.
fn defect(file: &Path) {
    // Two printed responses lack members that may not be null.
    let lacking = [
        "response-example-response-resource-json.json",
        "response-reasoning-item-example-as-output.json",
    ];
    let lacks = lacking.iter().any(|name| file.ends_with(name));
    assert_eq!(accepted(file), (false, !lacks));
}

/// What is JSON is accepted, what is not is refused, and the rest does no harm. The first letter of
/// the file's name tells.
fn json(file: &Path) {
    let bytes = fs::read(file).unwrap();
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    let found = Document::parse(&bytes);
    match (name.as_bytes()[0], &found) {
        // Optional in the grammar, required here.
        (b'y', Err(refused)) => assert_eq!(refused.kind, SyntaxKind::DuplicateMember, "{name}"),
        (b'n', Ok(_)) => panic!("{name} is accepted"),
        _ => {}
    }
    let Ok(document) = found else { return };
    let kept = RawJson::parse(document.text()).unwrap();
    let request = format!(r#"{{"metadata":{},"x":1}}"#, document.text());
    let printed = CreateRequest::from_json(request.as_bytes())
        .unwrap()
        .to_json();
    // Accepted documents can be read by other parsers and this one, without loss. Serde_json reads 127 levels.
    let Ok(others) = serde_json::from_slice::<Value>(&bytes) else {
        let bare = document.text().trim_ascii();
        assert!(bare.starts_with(&"[".repeat(128)), "{name}");
        assert_eq!(kept.get(), bare, "{name}");
        assert_eq!(printed, format!(r#"{{"metadata":{bare},"x":1}}"#), "{name}");
        return;
    };
    assert_eq!(serde_json::from_str::<Value>(kept.get()).unwrap(), others);
    let printed: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(printed["metadata"], others);
}

/// Values that other parsers change are preserved or refused.
fn transform(file: &Path) {
    let bytes = fs::read(file).unwrap();
    let Ok(document) = Document::parse(&bytes) else {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let refused = ["object_same_key", "_codepoint"];
        assert!(refused.iter().any(|part| name.contains(part)), "{name}");
        return;
    };
    let request = format!(r#"{{"x":{}}}"#, document.text().trim());
    let read = CreateRequest::from_json(request.as_bytes()).unwrap();
    assert_eq!(read.to_json(), request);
}
