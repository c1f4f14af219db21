//! What every response has.

use openresponses_types::Profile;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use serde_json::{Value, json};

use crate::finding::Finding;
use crate::probe::Probe;
use crate::probe::verdict::{Over, Row, Stop, Verdict, expect};

use super::look::completed;

/// What is looked at in one response.
type Look = (&'static str, &'static str, fn(&Value) -> Verdict);

const ALL: [Look; 3] = [
    ("required-members", "openapi.json, ResponseResource", whole),
    ("usage", "openapi.json, Usage", counted),
    ("timestamps", "openapi.json, ResponseResource", timed),
];

pub(super) async fn run(probe: &Probe, rows: &mut Vec<Row>) {
    for over in [Over::Json, Over::Stream] {
        let response = probe.response(&json!({"input": "Say hello."}), over).await;
        for (case, section, look) in ALL {
            rows.push(Row {
                case,
                over,
                section,
                verdict: match &response {
                    Ok(response) => look(response),
                    // An answer that is none is what other cases are about.
                    Err(_) => Err(Stop::Skip("There is no response to look at.".into())),
                },
            });
        }
    }
}

/// Members that may be null must be there all the same. So many servers leave them out that the
/// other cases put up with it.
fn whole(response: &Value) -> Verdict {
    let text = response.to_string();
    let Ok(document) = Document::parse(text.as_bytes()) else {
        return Ok(());
    };
    let report = validate(&document, DocumentKind::Response, Profile::Strict);
    let missing = report.violations.into_iter();
    match missing
        .map(Finding::from)
        .find(|found| found.rule.ends_with(":required"))
    {
        Some(found) => Err(Stop::from(&found)),
        None => Ok(()),
    }
}

fn counted(response: &Value) -> Verdict {
    completed(response)?;
    let usage = &response["usage"];
    if usage.is_null() {
        return Err(Stop::Skip("The server counts no tokens.".into()));
    }
    let count = |name: &str| usage[name].as_u64().unwrap_or_default();
    let (input, output, total) = (
        count("input_tokens"),
        count("output_tokens"),
        count("total_tokens"),
    );
    expect(input + output == total, "usage-total", || {
        format!("{input} tokens in and {output} out are not {total} in all.")
    })?;
    expect(output > 0, "usage-output", || {
        "There is output, of no tokens.".into()
    })
}

/// Seconds since 1970: a thousand times as many are milliseconds.
fn timed(response: &Value) -> Verdict {
    const FROM: i64 = 1_000_000_000;
    const TO: i64 = 100_000_000_000;
    let created = response["created_at"].as_i64().unwrap_or_default();
    expect((FROM..TO).contains(&created), "created-at-seconds", || {
        format!("Expected 'created_at' in seconds since 1970, got {created}.")
    })?;
    match response["completed_at"].as_i64() {
        Some(completed) => expect(completed >= created, "completed-at-order", || {
            format!("It was completed at {completed} and created at {created}.")
        }),
        None => Ok(()),
    }
}
