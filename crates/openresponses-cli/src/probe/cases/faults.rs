//! Models that do not answer.

use std::time::Duration;

use openresponses_sse::Decoder;
use serde_json::{Value, json};

use super::look::completed;
use crate::probe::Probe;
use crate::probe::client::Answer;
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
    let answer = probe.send_once(probe.create(&request, over)).await?;
    if answer.status != 200 {
        // The request is not to blame.
        return probe.refused(&answer, &[429, 500, 502, 503, 504]).map(drop);
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
    let answer = probe.send_once(probe.create(&request, over)).await?;
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

/// The deltas of a slow model are sent as they happen. Events before the first delta show nothing: the
/// model may take its time for it.
async fn slow(probe: &Probe) -> Verdict {
    const SHORTEST: Duration = Duration::from_millis(100);
    let model = named(probe.models.slow.as_ref(), "--slow-model")?;
    let request = json!({"model": model, "input": "Say hello."});
    let answer = probe.send(probe.create(&request, Over::Stream)).await?;
    completed(&probe.read(&answer, Over::Stream)?)?;
    let Some(spread) = spread(&answer) else {
        return not_shown("more than one delta");
    };
    expect(spread >= SHORTEST, "events-buffered", || {
        format!("All deltas arrived within {} ms.", spread.as_millis())
    })
}

/// Returns the time from the first delta to the last.
fn spread(answer: &Answer) -> Option<Duration> {
    let mut decoder = Decoder::new();
    let mut input = &answer.body[..];
    let mut deltas = Vec::new();
    while let Ok(Some(frame)) = decoder.next_frame(&mut input) {
        let name = frame.event_bytes().unwrap_or_default();
        if name.ends_with(b".delta") {
            deltas.push(usize::try_from(frame.offset()).ok()?);
        }
    }
    let (first, last) = (deltas.first()?, deltas.get(1..)?.last()?);
    Some(answer.arrival(*last)? - answer.arrival(*first)?)
}
