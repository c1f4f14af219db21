//! State that a server keeps between requests.

use openresponses_types::schema::DocumentKind;
use serde_json::{Value, json};

use super::look::{answered, completed, mentions};
use crate::probe::Probe;
use crate::probe::rows::Rows;
use crate::probe::verdict::{Over, Stop, Verdict, broken, expect};

const SECTION: &str = "previous_response_id";
/// The id of a response that there is not.
pub(super) const UNKNOWN_ID: &str = "resp_openresponses_probe_unknown";

pub(super) async fn run(probe: &Probe, rows: &mut Rows) {
    for over in [Over::Json, Over::Stream] {
        rows.run("continuation", SECTION, over, continuation(probe, over))
            .await;
        let case = "unknown-previous-response";
        rows.run(case, SECTION, over, unknown(probe, UNKNOWN_ID, over))
            .await;
        let section = "WebSocket Continuation";
        rows.run("store-false", section, over, unstored(probe, over))
            .await;
    }
    let section = "openapi.json, /responses/compact";
    rows.run("compact", section, Over::Json, compact(probe))
        .await;
}

async fn continuation(probe: &Probe, over: Over) -> Verdict {
    let first = json!({"input": "The word is green. What is the word?", "store": true});
    let first = offered(probe, &first, over).await?;
    completed(&first)?;
    if first["store"] == false {
        return Err(Stop::Skip("The server stores no responses.".into()));
    }
    let request = json!({
        "input": "What is the word?", "previous_response_id": first["id"],
    });
    let second = offered(probe, &request, over).await?;
    let previous = "the previous response";
    mentions(&second, &["green"], "context-kept", previous)?;
    expect(
        second["previous_response_id"] == first["id"],
        "request-echoed",
        || {
            format!(
                "Expected 'previous_response_id' to be {}, got {}.",
                first["id"], second["previous_response_id"]
            )
        },
    )
}

/// Like [`Probe::response`], where the server offers it.
async fn offered(probe: &Probe, members: &Value, over: Over) -> Verdict<Value> {
    let answer = probe.send(probe.create(members, over)).await?;
    probe.offers(&answer)?;
    probe.accepted(&answer, over)
}

/// Refused before the start, so a stream also has an error status.
async fn unknown(probe: &Probe, id: &str, over: Over) -> Verdict {
    let request = json!({"input": "Say hello.", "previous_response_id": id});
    let answer = probe.send(probe.create(&request, over)).await?;
    probe.offers(&answer)?;
    not_found(&probe.refused(&answer, &[400, 404])?)
}

/// The error names a previous response that is not known.
pub(super) fn not_found(error: &Value) -> Verdict {
    expect(
        error["code"] == "previous_response_not_found",
        "error-code",
        || {
            format!(
                "Expected the code previous_response_not_found, got {}.",
                error["code"]
            )
        },
    )
}

async fn unstored(probe: &Probe, over: Over) -> Verdict {
    let request = json!({"input": "Say hello.", "store": false});
    let response: Value = probe.response(&request, over).await?;
    completed(&response)?;
    expect(response["store"] == false, "request-echoed", || {
        format!("Expected 'store' to be false, got {}.", response["store"])
    })?;
    match response["id"].as_str() {
        Some(id) => unknown(probe, id, over).await,
        None => broken("response-id", "The response has no id."),
    }
}

async fn compact(probe: &Probe) -> Verdict {
    let body = json!({"model": probe.model, "input": [
        {"type": "message", "role": "user", "content": "My favorite color is green."},
        {"type": "message", "role": "assistant", "content": "Noted."},
    ]});
    let mut send = probe.post(body.to_string());
    send.path.push_str("/compact");
    let answer = probe.send(send).await?;
    if matches!(answer.status, 404 | 405 | 501) {
        return Err(Stop::Skip(format!("Not offered: {}.", answer.status)));
    }
    probe.offers(&answer)?;
    if answer.status != 200 {
        return broken(
            "request-accepted",
            format!("Expected 200, got {}.", answer.status),
        );
    }
    let compacted = probe.document(&answer, DocumentKind::CompactResponse)?;
    // The compaction is the input of the next request.
    let mut input = compacted["output"].as_array().cloned().unwrap_or_default();
    input.push(json!({
        "type": "message", "role": "user", "content": "What is my favorite color?",
    }));
    answered(&probe.response(&json!({"input": input}), Over::Json).await?)
}
