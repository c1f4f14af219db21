//! Requests that real clients sent are answered.

use std::fs;
use std::path::Path;

use openresponses_types::Profile;
use serde_json::Value;

use crate::client::{answer, embedded, events, post, terminal};

/// The folder of recorded requests beside the project, where there is one.
fn recorded(kind: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real-requests");
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let ending = format!(".{kind}.json");
    entries
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path))
        .filter(|(name, _)| name.ends_with(&ending))
        .map(|(name, path)| {
            (
                name,
                serde_json::from_slice(&fs::read(path).unwrap()).unwrap(),
            )
        })
        .filter(|(_, body): &(String, Value)| body["previous_response_id"].is_null())
        .collect()
}

#[tokio::test]
async fn are_answered() {
    let service = embedded(Profile::Compatible);
    for (name, body) in recorded("create") {
        let status = match body["model"].as_str() {
            Some("missing-model") => 404,
            Some("rate-limited") => 429,
            Some("fail-midstream") => 500,
            _ => 200,
        };
        if body["stream"] == true && matches!(status, 200 | 500) {
            let events = events(&service, &body).await;
            let failed = terminal(&events)["status"] == "failed";
            assert_eq!(failed, status == 500, "{name}");
        } else {
            let answer = answer(&service, post(body.to_string())).await;
            assert_eq!(answer.status, status, "{name}: {}", answer.body);
        }
    }
}

#[tokio::test]
async fn compactions_are_answered() {
    let service = embedded(Profile::Compatible);
    for (name, body) in recorded("compact") {
        let mut request = post(body.to_string());
        *request.uri_mut() = "/v1/responses/compact".parse().unwrap();
        let answer = answer(&service, request).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    }
}
