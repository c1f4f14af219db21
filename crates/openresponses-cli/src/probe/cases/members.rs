//! Members that every response has.

use openresponses_types::Profile;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use serde_json::{Value, json};

use crate::finding::Finding;
use crate::probe::Probe;
use crate::probe::verdict::{Over, Row, Stop, Verdict, expect};

use super::look::completed;

/// Checks on one response.
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
                    // Other cases cover failing answers.
                    Err(_) => Err(Stop::Skip("There is no response to check.".into())),
                },
            });
        }
    }
}

/// Nullable members are required too. Since many servers omit them, the other cases tolerate that.
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
        return Err(Stop::Skip("The server reports no token counts.".into()));
    }
    let count = |name: &str| usage[name].as_u64().unwrap_or_default();
    let (input, output, total) = (
        count("input_tokens"),
        count("output_tokens"),
        count("total_tokens"),
    );
    expect(input + output == total, "usage-total", || {
        format!("{input} input and {output} output tokens do not sum to {total}.")
    })?;
    expect(output > 0, "usage-output", || {
        "There is output, but 0 output tokens.".into()
    })
}

/// Seconds since 1970; a value 1,000 times as large is in milliseconds.
fn timed(response: &Value) -> Verdict {
    const FROM: i64 = 1_000_000_000;
    const TO: i64 = 100_000_000_000;
    let created = response["created_at"].as_i64().unwrap_or_default();
    expect((FROM..TO).contains(&created), "created-at-seconds", || {
        format!("Expected 'created_at' in seconds since 1970, got {created}.")
    })?;
    match response["completed_at"].as_i64() {
        Some(completed) => expect(completed >= created, "completed-at-order", || {
            format!("The response was completed at {completed} but created at {created}.")
        }),
        None => Ok(()),
    }
}
