//! Documents that were not written for this crate: those printed in the specification and bodies of
//! real clients. They are not part of the repository; without them there is nothing to test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::path::{Path, PathBuf};

use openresponses_types::json::Document;
use openresponses_types::{
    CompactRequest, CompactResponse, CreateRequest, DocumentKind, ErrorBody, Profile, Response,
    StreamEvent, WebSocketError, validate,
};
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
        None if name.ends_with(".ws.json") => DocumentKind::WsCreate,
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
        DocumentKind::WsError => WebSocketError::from_document(document).unwrap().to_json(),
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

#[test]
fn bodies_of_real_clients_pass() {
    for file in folder("real-requests") {
        assert!(accepted(&file).1, "{}", file.display());
    }
}

#[test]
fn documents_of_the_specification_come_out_as_it_says() {
    for file in [
        folder("spec-examples/valid"),
        folder("spec-examples/prose_valid"),
    ]
    .concat()
    {
        assert_eq!(accepted(&file), (true, true), "{}", file.display());
    }
    for file in folder("spec-examples/invalid") {
        assert_eq!(accepted(&file), (false, false), "{}", file.display());
    }
    for file in folder("spec-examples/spec_defects") {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        // Two printed responses lack members that may not be null.
        let lacking = [
            "response-example-response-resource-json.json",
            "response-reasoning-item-example-as-output.json",
        ];
        assert_eq!(
            accepted(&file),
            (false, !lacking.contains(&&*name)),
            "{name}"
        );
    }
}
