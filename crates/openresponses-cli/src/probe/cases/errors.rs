//! Requests that must be refused, and the form of the refusal.

use hyper::Method;
use hyper::header::ALLOW;
use serde_json::{Value, json};

use super::look::completed;
use crate::probe::Probe;
use crate::probe::answer::limited;
use crate::probe::client::{Answer, Key, Send};
use crate::probe::rows::Rows;
use crate::probe::verdict::{NO_ANSWER, Over, Stop, Verdict, broken, expect};

const ERRORS: &str = "Errors";
const TYPES: &str = "Error Types";
const REQUESTS: &str = "HTTP Requests";
/// The statuses of a request that is at fault.
const FAULTY: [u16; 2] = [400, 422];

pub(super) async fn run(probe: &Probe, rows: &mut Rows) {
    let json = Over::Json;
    rows.run("missing-model", ERRORS, json, missing_model(probe))
        .await;
    for (case, text) in [
        ("malformed-json", "{\"model\": \"m\", \"input\": "),
        ("no-json", "nothing"),
        ("empty-body", ""),
        ("no-object", "[]"),
    ] {
        rows.run(case, TYPES, json, unreadable(probe, text)).await;
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
            rows.run(case, ERRORS, over, faulty(probe, &members, over, param))
                .await;
        }
        rows.run("unknown-model", TYPES, over, unknown_model(probe, over))
            .await;
    }
    rows.run("unknown-path", TYPES, json, unknown_path(probe))
        .await;
    rows.run("wrong-method", REQUESTS, json, wrong_method(probe))
        .await;
    rows.run("head", REQUESTS, json, head(probe)).await;
    let case = "wrong-content-type";
    rows.run(case, REQUESTS, json, wrong_media_type(probe))
        .await;
    let case = "content-type-parameter";
    rows.run(case, REQUESTS, json, parameter(probe)).await;
    rows.run("refused-twice", REQUESTS, json, again(probe))
        .await;
    for over in [Over::Json, Over::Stream] {
        rows.run("no-key", REQUESTS, over, no_key(probe, over))
            .await;
        rows.run("bad-key", REQUESTS, over, bad_key(probe, over))
            .await;
    }
}

async fn unreadable(probe: &Probe, text: &'static str) -> Verdict {
    let answer = probe.send(probe.post(text)).await?;
    let error = probe.refused(&answer, &FAULTY)?;
    is_of_request(&error)
}

fn nested(text: Value) -> Value {
    json!({"input": [{"type": "message", "role": "user", "content": [
        {"type": "input_text", "text": text},
    ]}]})
}

/// The error is one of the request.
fn is_of_request(error: &Value) -> Verdict {
    let kind = error["type"].as_str().unwrap_or_default();
    expect(
        matches!(kind, "invalid_request_error" | "invalid_request"),
        "error-type",
        || format!("Expected the type invalid_request_error, got '{kind}'."),
    )
}

/// The error blames a member of the request.
fn blamed(error: &Value, param: &str) -> Verdict {
    is_of_request(error)?;
    let got = error["param"].as_str().unwrap_or_default();
    expect(got.starts_with(param), "error-param", || {
        format!("Expected a 'param' in '{param}', got {}.", error["param"])
    })
}

async fn missing_model(probe: &Probe) -> Verdict {
    let body = json!({"input": "Say hello."}).to_string();
    let answer = probe.send(probe.post(body)).await?;
    if answer.status == 200 {
        completed(&probe.read(&answer, Over::Json)?)?;
        return Err(Stop::Skip("The server has a default model.".into()));
    }
    blamed(&probe.refused(&answer, &FAULTY)?, "model")
}

async fn faulty(probe: &Probe, members: &Value, over: Over, param: &str) -> Verdict {
    let answer = probe.send(probe.create(members, over)).await?;
    blamed(&probe.refused(&answer, &FAULTY)?, param)
}

/// A server may have other APIs, whose errors may differ.
fn status(answer: &Answer, statuses: &[u16]) -> Verdict {
    expect(statuses.contains(&answer.status), "error-status", || {
        let wanted: Vec<_> = statuses.iter().map(u16::to_string).collect();
        format!("Expected {}, got {}.", wanted.join(" or "), answer.status)
    })
}

async fn unknown_model(probe: &Probe, over: Over) -> Verdict {
    let Some(model) = &probe.models.missing else {
        let why = "No missing model was named (--missing-model).";
        return Err(Stop::Skip(why.into()));
    };
    let request = json!({"model": model, "input": "Say hello."});
    let answer = probe.send(probe.create(&request, over)).await?;
    probe.refused(&answer, &[400, 404]).map(drop)
}

/// Other paths may be the host's own: only an error of the endpoint must have the status 404.
async fn unknown_path(probe: &Probe) -> Verdict {
    let mut send = probe.post("{}");
    send.path = format!("{}/openresponses-probe", probe.client.target.base());
    let answer = probe.send(send).await?;
    if answer.status != 404 && probe.error(&answer).is_err() {
        let status = answer.status;
        let why = format!("The server answers other paths itself, this one with {status}.");
        return Err(Stop::Skip(why));
    }
    status(&answer, &[404])
}

async fn wrong_method(probe: &Probe) -> Verdict {
    let mut send = probe.post("");
    send.method = Method::PUT;
    let answer = probe.send(send).await?;
    status(&answer, &[404, 405])?;
    let allowed = answer.header(ALLOW);
    let has_post = allowed.is_some_and(|allowed| allowed.to_ascii_uppercase().contains("POST"));
    expect(answer.status != 405 || has_post, "allow", || {
        let got = allowed.unwrap_or("none");
        format!("Expected 'allow' with POST beside 405, got {got}.")
    })
}

/// A server may have no HEAD, but it must end its answer to it, which has no body.
async fn head(probe: &Probe) -> Verdict {
    let mut send = probe.post("");
    send.method = Method::HEAD;
    let answer = probe.send(send).await?;
    expect(answer.status < 500, "error-status", || {
        format!("Expected a status below 500, got {}.", answer.status)
    })
}

async fn wrong_media_type(probe: &Probe) -> Verdict {
    let answer = probe.send(mistyped(probe, "text/plain")).await?;
    if answer.status == 200 {
        probe.read(&answer, Over::Json)?;
        let why = "The server reads a body whatever its type is.";
        return Err(Stop::Skip(why.into()));
    }
    probe.refused(&answer, &[400, 415]).map(drop)
}

fn mistyped(probe: &Probe, media_type: &'static str) -> Send {
    let mut send = probe.create(&json!({"input": "Say hello."}), Over::Json);
    send.media_type = media_type;
    send
}

/// JSON has no parameters, so any are ignored.
async fn parameter(probe: &Probe) -> Verdict {
    let media_type = "application/json; charset=utf8";
    let answer = probe.send(mistyped(probe, media_type)).await?;
    completed(&probe.accepted(&answer, Over::Json)?)
}

/// A refused request leaves nothing behind on its connection that the next one is answered with.
async fn again(probe: &Probe) -> Verdict {
    let mut unauthorized = probe.create(&json!({"input": "Say hello."}), Over::Json);
    unauthorized.key = Key::Bad;
    for send in [
        probe.post("{\"model\": "),
        mistyped(probe, "text/plain"),
        unauthorized,
    ] {
        let (first, second) = match probe.client.send_twice(send).await {
            Ok(answers) => answers,
            Err(problem) => return broken(NO_ANSWER, format!("{problem}.")),
        };
        let Some(second) = second else { continue };
        if [&first, &second].iter().any(|answer| answer.status == 429) {
            return Err(limited(&second));
        }
        expect(first.status == second.status, "connection-kept", || {
            let (first, second) = (first.status, second.status);
            format!(
                "A request is answered with {first}, and then with {second} on the same connection."
            )
        })?;
    }
    Ok(())
}

async fn no_key(probe: &Probe, over: Over) -> Verdict {
    if !probe.has_key {
        return Err(Stop::Skip("No key was given.".into()));
    }
    let answer = keyed(probe, Key::Absent, over).await?;
    if answer.status == 200 {
        return Err(Stop::Skip("The server requires no key.".into()));
    }
    probe.refused(&answer, &[401]).map(drop)
}

async fn bad_key(probe: &Probe, over: Over) -> Verdict {
    let answer = keyed(probe, Key::Bad, over).await?;
    if answer.status == 200 && !probe.has_bad_key {
        let why = "The server accepted an invented key. Name one that it refuses (--bad-key).";
        return Err(Stop::Skip(why.into()));
    }
    probe.refused(&answer, &[401]).map(drop)
}

async fn keyed(probe: &Probe, key: Key, over: Over) -> Verdict<Answer> {
    let mut send = probe.create(&json!({"input": "Say hello."}), over);
    send.key = key;
    probe.send(send).await
}
