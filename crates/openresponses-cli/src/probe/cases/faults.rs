//! Models that do not answer.

use std::time::Duration;

use serde_json::{Value, json};

use super::look::completed;
use crate::probe::Probe;
use crate::probe::rows::Rows;
use crate::probe::verdict::{Over, Stop, Verdict, expect, not_shown};

pub(super) const SECTION: &str = "Errors";

pub(super) async fn run(probe: &Probe, rows: &mut Rows) {
    for over in [Over::Json, Over::Stream] {
        rows.run("failing-model", SECTION, over, failing(probe, over))
            .await;
        rows.run("limited-model", SECTION, over, limited(probe, over))
            .await;
    }
    let section = "Streaming HTTP Responses";
    rows.run("slow-model", section, Over::Stream, slow(probe))
        .await;
}

/// Returns the model, or why its case is skipped.
pub(super) fn named<'m>(model: Option<&'m String>, option: &str) -> Verdict<&'m str> {
    let skip = || Stop::Skip(format!("No such model was named ({option})."));
    model.map(String::as_str).ok_or_else(skip)
}

/// A response that fails after its start ends in `response.failed`; as a document, it is an error or
/// a failed response.
async fn failing(probe: &Probe, over: Over) -> Verdict {
    let model = named(probe.models.failing.as_ref(), "--failing-model")?;
    let request = json!({"model": model, "input": "Say hello."});
    let answer = probe.send(probe.create(&request, over)).await?;
    if answer.status != 200 {
        return probe
            .refused(&answer, &[400, 408, 422, 429, 500, 502, 503, 504])
            .map(drop);
    }
    failed(&probe.read(&answer, over)?)
}

/// The response failed and says why.
pub(super) fn failed(response: &Value) -> Verdict {
    if response["status"] == "completed" || response["status"] == "incomplete" {
        return not_shown("a failure");
    }
    expect(response["status"] == "failed", "response-failed", || {
        format!("Expected the status failed, got {}.", response["status"])
    })?;
    expect(response["error"].is_object(), "response-error", || {
        "The failed response has no 'error'.".into()
    })
}

async fn limited(probe: &Probe, over: Over) -> Verdict {
    let model = named(probe.models.limited.as_ref(), "--limited-model")?;
    let request = json!({"model": model, "input": "Say hello."});
    let answer = probe.send(probe.create(&request, over)).await?;
    if answer.status == 200 {
        return not_shown("a refusal");
    }
    let error = probe.refused(&answer, &[429, 503])?;
    let kind = error["type"].as_str().unwrap_or_default();
    expect(
        answer.status == 503 || kind == "too_many_requests" || kind == "rate_limit_error",
        "error-type",
        || format!("Expected the type too_many_requests, got '{kind}'."),
    )
}

/// The events of a slow model are sent as they happen.
async fn slow(probe: &Probe) -> Verdict {
    const SHORTEST: Duration = Duration::from_millis(100);
    let model = named(probe.models.slow.as_ref(), "--slow-model")?;
    let request = json!({"model": model, "input": "Say hello."});
    let answer = probe.send(probe.create(&request, Over::Stream)).await?;
    completed(&probe.read(&answer, Over::Stream)?)?;
    expect(answer.spread >= SHORTEST, "events-buffered", || {
        "All events arrived together at the end.".into()
    })
}
