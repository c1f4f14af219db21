//! Requests that must be refused, and the form of the refusal.

use hyper::Method;
use serde_json::{Value, json};

use super::look::completed;
use crate::probe::Probe;
use crate::probe::client::Answer;
use crate::probe::verdict::{Over, Row, Stop, Verdict, expect};

const ERRORS: &str = "Errors";
const TYPES: &str = "Error Types";
const REQUESTS: &str = "HTTP Requests";

pub(super) async fn run(probe: &Probe, rows: &mut Vec<Row>) {
    let mut add = |case, section, over, verdict| {
        rows.push(Row {
            case,
            over,
            section,
            verdict,
        });
    };
    let json = Over::Json;
    add("missing-model", ERRORS, json, missing_model(probe).await);
    for (case, text) in [
        ("malformed-json", "{\"model\": \"m\", \"input\": "),
        ("no-json", "nothing"),
        ("empty-body", ""),
    ] {
        let answer = probe.send(probe.post(text)).await;
        let verdict = answer.and_then(|answer| probe.refused(&answer, &[400]));
        add(case, TYPES, json, verdict.map(drop));
    }
    for over in [Over::Json, Over::Stream] {
        let faults = [
            ("wrong-type", json!({"input": 7}), "input"),
            ("wrong-type-nested", nested(json!(7)), "input"),
            (
                "wrong-value",
                json!({"input": "x", "tool_choice": "sometimes"}),
                "tool_choice",
            ),
            (
                "wrong-number",
                json!({"input": "x", "temperature": "warm"}),
                "temperature",
            ),
        ];
        for (case, members, param) in faults {
            add(
                case,
                ERRORS,
                over,
                faulty(probe, &members, over, param).await,
            );
        }
    }
    add("unknown-path", TYPES, json, unknown_path(probe).await);
    add("wrong-method", REQUESTS, json, wrong_method(probe).await);
    add(
        "wrong-content-type",
        REQUESTS,
        json,
        wrong_media_type(probe).await,
    );
    add("no-key", REQUESTS, json, no_key(probe).await);
}

fn nested(text: Value) -> Value {
    json!({"input": [{"type": "message", "role": "user", "content": [
        {"type": "input_text", "text": text},
    ]}]})
}

/// The error blames the request.
fn blamed(error: &Value, param: &str) -> Verdict {
    let kind = error["type"].as_str().unwrap_or_default();
    expect(
        matches!(kind, "invalid_request_error" | "invalid_request"),
        "error-type",
        || format!("Expected the type invalid_request_error, got '{kind}'."),
    )?;
    let got = error["param"].as_str().unwrap_or_default();
    expect(got.starts_with(param), "error-param", || {
        format!("Expected a 'param' in '{param}', got {}.", error["param"])
    })
}

async fn missing_model(probe: &Probe) -> Verdict {
    let body = json!({"input": "Say hello."}).to_string();
    let answer = probe.send(probe.post(body)).await?;
    if answer.status == 200 {
        let kind = openresponses_types::schema::DocumentKind::Response;
        completed(&probe.document(&answer, kind)?)?;
        return Err(Stop::Skip("The server has a default model.".into()));
    }
    blamed(&probe.refused(&answer, &[400])?, "model")
}

async fn faulty(probe: &Probe, members: &Value, over: Over, param: &str) -> Verdict {
    let answer = probe.send(probe.create(members, over)).await?;
    blamed(&probe.refused(&answer, &[400, 422])?, param)
}

/// A server may have other APIs, whose errors may differ.
fn status(answer: &Answer, statuses: &[u16]) -> Verdict {
    expect(statuses.contains(&answer.status), "error-status", || {
        let wanted: Vec<_> = statuses.iter().map(u16::to_string).collect();
        format!("Expected {}, got {}.", wanted.join(" or "), answer.status)
    })
}

async fn unknown_path(probe: &Probe) -> Verdict {
    let mut send = probe.post("{}");
    send.path = format!("{}/openresponses-probe", probe.client.target.base());
    status(&probe.send(send).await?, &[404])
}

async fn wrong_method(probe: &Probe) -> Verdict {
    let mut send = probe.post("");
    send.method = Method::PUT;
    status(&probe.send(send).await?, &[404, 405])
}

async fn wrong_media_type(probe: &Probe) -> Verdict {
    let mut send = probe.create(&json!({"input": "Say hello."}), Over::Json);
    send.media_type = "text/plain";
    probe
        .refused(&probe.send(send).await?, &[400, 415])
        .map(drop)
}

async fn no_key(probe: &Probe) -> Verdict {
    if !probe.has_key {
        return Err(Stop::Skip("No key was given.".into()));
    }
    let mut send = probe.create(&json!({"input": "Say hello."}), Over::Json);
    send.with_key = false;
    let answer = probe.send(send).await?;
    if answer.status == 200 {
        return Err(Stop::Skip("The server requires no key.".into()));
    }
    probe.refused(&answer, &[401]).map(drop)
}
