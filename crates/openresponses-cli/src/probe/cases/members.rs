//! Members that every response has.

use std::future::ready;
use std::time::{SystemTime, UNIX_EPOCH};

use openresponses_types::Profile;
use openresponses_types::json::Document;
use openresponses_types::schema::{DocumentKind, validate};
use serde_json::{Value, json};

use crate::finding::Finding;
use crate::probe::Probe;
use crate::probe::rows::Rows;
use crate::probe::verdict::{Over, Stop, Verdict, expect};

use super::look::{completed, number};

/// Checks on one response.
type Look = (&'static str, &'static str, fn(&Value) -> Verdict);

const ALL: [Look; 3] = [
    ("required-members", "openapi.json, ResponseResource", whole),
    ("usage", "openapi.json, Usage", counted),
    ("timestamps", "openapi.json, ResponseResource", timed),
];

pub(super) async fn run(probe: &Probe, rows: &mut Rows) {
    let mut has_usage = Vec::new();
    for over in [Over::Json, Over::Stream] {
        let is_wanted = ALL.iter().any(|(case, ..)| rows.wants(case, over))
            || rows.wants("usage-everywhere", Over::Stream);
        let response = match is_wanted {
            // Other cases cover failing answers.
            true => probe
                .response(&json!({"input": "Say hello."}), over)
                .await
                .ok(),
            false => None,
        };
        for (case, section, look) in ALL {
            let verdict = match &response {
                Some(response) => look(response),
                None => Err(Stop::Skip("There is no response to check.".into())),
            };
            rows.run(case, section, over, ready(verdict)).await;
        }
        if let Some(response) = response {
            has_usage.push(response["usage"].is_object());
        }
    }
    let (case, section) = ("usage-everywhere", "openapi.json, Usage");
    rows.run(case, section, Over::Stream, ready(same_usage(&has_usage)))
        .await;
}

/// A server counts in both forms or in none.
fn same_usage(has_usage: &[bool]) -> Verdict {
    let [json, stream] = has_usage else {
        return Err(Stop::Skip("There are no responses to compare.".into()));
    };
    expect(json == stream, "usage-missing", || {
        "The server reports token counts in JSON or in streams, but not in both.".into()
    })
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
    let count = |value: &Value| number(value).unwrap_or_default();
    let (input, output, total) = (
        count(&usage["input_tokens"]),
        count(&usage["output_tokens"]),
        count(&usage["total_tokens"]),
    );
    let cached = count(&usage["input_tokens_details"]["cached_tokens"]);
    let reasoned = count(&usage["output_tokens_details"]["reasoning_tokens"]);
    for (part, of, what) in [
        (cached, input, "input tokens are cached"),
        (reasoned, output, "output tokens are of reasoning"),
    ] {
        expect(part <= of, "usage-details", || {
            format!("{part} of {of} {what}.")
        })?;
    }
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
    let created = number(&response["created_at"]).unwrap_or_default();
    expect((FROM..TO).contains(&created), "created-at-seconds", || {
        format!("Expected 'created_at' in seconds since 1970, got {created}.")
    })?;
    now("created_at", created)?;
    match number(&response["completed_at"]) {
        Some(completed) => {
            expect(completed >= created, "completed-at-order", || {
                format!("The response was completed at {completed} but created at {created}.")
            })?;
            now("completed_at", completed)
        }
        None => Ok(()),
    }
}

/// A time of now, as far as the clocks of two machines agree.
fn now(name: &str, time: i64) -> Verdict {
    const DAY: u64 = 24 * 60 * 60;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map_or(0, |now| now.as_secs());
    let away = u64::try_from(time).unwrap_or_default().abs_diff(now);
    expect(away <= DAY, "time-of-now", || {
        format!("'{name}' is {time}, more than a day away from {now}, which is now.")
    })
}
