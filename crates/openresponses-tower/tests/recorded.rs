//! Requests that real clients sent are answered: a test for each, ignored where there are none beside
//! the project.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

#[path = "conformance/client.rs"]
mod client;
#[path = "conformance/order.rs"]
mod order;

use std::fs;
use std::path::{Path, PathBuf};

use client::{answer, embedded, events, post, terminal};
use libtest_mimic::{Arguments, Failed, Trial};
use openresponses_types::Profile;
use serde_json::Value;

fn main() {
    let arguments = Arguments::from_args();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/real-requests");
    let mut trials = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".create.json") || name.ends_with(".compact.json") {
            trials.push(Trial::test(name, move || run(&path)));
        }
    }
    if trials.is_empty() {
        trials.push(Trial::test("recorded_requests", || Ok(())).with_ignored_flag(true));
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn run(path: &PathBuf) -> Result<(), Failed> {
    let body: Value = serde_json::from_slice(&fs::read(path)?)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    if path.to_string_lossy().ends_with(".compact.json") {
        runtime.block_on(compaction(&body));
    } else {
        runtime.block_on(response(&body));
    }
    Ok(())
}

/// A body that continues a response depends on that response, which is unknown here.
fn continues(body: &Value) -> bool {
    !body["previous_response_id"].is_null()
}

async fn response(body: &Value) {
    let service = embedded(Profile::Compatible);
    let status = match body["model"].as_str() {
        _ if continues(body) => 400,
        Some("missing-model") => 404,
        Some("rate-limited") => 429,
        Some("fail-midstream") => 500,
        _ => 200,
    };
    if body["stream"] == true && matches!(status, 200 | 500) {
        let events = events(&service, body).await;
        let failed = terminal(&events)["status"] == "failed";
        assert_eq!(failed, status == 500);
    } else {
        let answer = answer(&service, post(body.to_string())).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        if continues(body) {
            assert_eq!(answer.body["error"]["code"], "previous_response_not_found");
        }
    }
}

async fn compaction(body: &Value) {
    let service = embedded(Profile::Compatible);
    let mut request = post(body.to_string());
    *request.uri_mut() = "/v1/responses/compact".parse().unwrap();
    let answer = answer(&service, request).await;
    let status = if continues(body) { 400 } else { 200 };
    assert_eq!(answer.status, status, "{}", answer.body);
}
