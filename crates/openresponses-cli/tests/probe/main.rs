//! `openresponses probe` against servers of this process.
#![allow(clippy::unwrap_used)]

mod faults;
mod listed;
mod server;
mod sockets;

use std::net::SocketAddr;
use std::process::{Command, Output};

use openresponses_types::Profile;
use serde_json::{Value, json};
use server::{Edit, Exchange, serve, serve_as};

fn probe(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_openresponses"))
        .arg("probe")
        .args(arguments)
        .output()
        .unwrap()
}

/// What the embedded model and its keys cannot show unasked.
const TOLD: [&str; 8] = [
    "--bad-key",
    "bad",
    "--failing-model",
    "fail-midstream",
    "--limited-model",
    "rate-limited",
    "--missing-model",
    "missing-model",
];

fn report(address: SocketAddr, more: &[&str]) -> (Option<i32>, Value) {
    let url = format!("http://{address}/v1");
    let mut arguments = vec![&*url, "--key", "test", "--format", "json"];
    arguments.extend(TOLD);
    arguments.extend(more);
    let output = probe(&arguments);
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), report)
}

/// The cases that failed, and the rules.
fn failed(report: &Value) -> Vec<String> {
    let cases = report["cases"].as_array().unwrap().iter();
    cases
        .filter(|case| case["result"] == "fail")
        .map(|case| {
            let text = |name| case[name].as_str().unwrap();
            format!("{} {} {}", text("case"), text("over"), text("rule"))
        })
        .collect()
}

#[test]
fn the_embedded_model_passes_every_case() {
    for (name, profile) in [
        ("strict", Profile::Strict),
        ("compatible", Profile::Compatible),
    ] {
        let (code, report) = report(serve_as(profile, |_| {}), &["--profile", name]);
        assert_eq!(failed(&report), [""; 0], "{name}: {report:#}");
        assert_eq!((code, &report["ok"]), (Some(0), &json!(true)));
        // Only the slow model, since this server buffers.
        assert_eq!(report["skipped"], 1, "{report:#}");
        assert!(report["passed"].as_u64().unwrap() > 90, "{report}");
    }
}

#[test]
fn the_table() {
    let address = serve(|_| {});
    let url = format!("http://{address}/v1/responses");
    let output = Command::new(env!("CARGO_BIN_EXE_openresponses"))
        .args(["probe", &url])
        .env("OPENRESPONSES_API_KEY", "test")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().skip(2);
    let head = lines.next().unwrap();
    assert!(head.starts_with("CASE  ") && head.ends_with("SPECIFICATION"));
    let column = head.find("SPECIFICATION").unwrap();
    let row = lines.next().unwrap();
    assert!(row.starts_with("basic-text  "), "{row}");
    assert_eq!(&row[column..], "HTTP Responses");
    // Those that need an argument: a key or a model.
    assert!(text.ends_with(" passed, 0 failed, 11 skipped\n"), "{text}");
    let reason = "The server accepted an invented key. Name one that it refuses (--bad-key).";
    assert!(text.contains(reason), "{text}");
}

/// A server with this fault fails these cases and no others.
fn breaks(edit: impl Edit, which: impl Fn(&str) -> bool) {
    let (code, report) = report(serve(edit), &[]);
    assert_eq!((code, &report["ok"]), (Some(1), &json!(false)));
    let failed = failed(&report);
    assert!(!failed.is_empty());
    for case in &failed {
        assert!(which(case), "{case}: {report:#}");
    }
}

#[test]
fn broken_streams() {
    breaks(
        |it| it.replace("data: [DONE]\n\n", ""),
        |case| case.ends_with(" stream done-marker-missing"),
    );
    breaks(
        |it| it.replace("\"sequence_number\":3", "\"sequence_number\":33"),
        |case| case.ends_with(" stream sequence-number"),
    );
    breaks(
        |it| it.replace("event: response.output_item.done", "event: done"),
        |case| case.ends_with(" stream event-name-mismatch"),
    );
}

#[test]
fn broken_documents() {
    breaks(
        |it| it.replace("\"status\":\"completed\"", "\"status\":\"finished\""),
        |case| case.ends_with(" response-status") || case.ends_with(" response-completed"),
    );
    breaks(
        |it| it.media_type = it.media_type.replace("text/event-stream", "text/plain"),
        |case| case.ends_with(" stream content-type"),
    );
}

#[test]
fn broken_refusals() {
    breaks(
        |it| {
            if it.status == 400 {
                it.status = 500;
            }
        },
        |case| case.ends_with(" error-status"),
    );
    breaks(
        |it| it.replace("\"param\":\"input", "\"param\":\"inpt"),
        |case| case.starts_with("wrong-type") && case.ends_with(" error-param"),
    );
}

#[test]
fn an_ignored_tool_choice_is_reported() {
    breaks(
        |it: &mut Exchange| {
            if it.request.contains("\"tool_choice\":\"none\"") {
                it.replace("\"type\":\"message\"", "\"type\":\"acme:message\"");
            }
        },
        |case| case.starts_with("tool-"),
    );
}

#[test]
fn cases_can_be_chosen() {
    let address = serve(|_| {});
    for (patterns, expected) in [
        (&["basic-text"][..], 2),
        (&["basic-text", "websocket-turn"], 3),
        (&["malformed*"], 1),
        (&["websocket"], 14),
    ] {
        let arguments: Vec<&str> = patterns.iter().flat_map(|case| ["--case", case]).collect();
        let (code, report) = report(address, &arguments);
        assert_eq!(code, Some(0), "{report:#}");
        let cases = report["cases"].as_array().unwrap().len();
        assert_eq!(cases, expected, "{patterns:?}: {report:#}");
    }
    let url = format!("http://{address}/v1");
    let output = probe(&[&url, "--case", "basic-txt"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn what_a_server_does_not_offer_is_skipped_with_the_reason() {
    let address = serve(|it: &mut Exchange| {
        // A page of the host's own on every other path.
        if it.body.contains("unknown_url") {
            it.status = 200;
            it.media_type = "text/html".into();
            it.body = "<html>".into();
        }
    });
    let (code, report) = report(address, &["--case", "unknown-path", "--case", "compact"]);
    assert_eq!(code, Some(0), "{report:#}");
    let why = report["cases"].as_array().unwrap().iter();
    let why: Vec<_> = why.filter_map(|case| case["message"].as_str()).collect();
    assert_eq!(
        why,
        ["The server answers other paths itself, this one with 200."]
    );
    let address = serve(|it: &mut Exchange| {
        if it.body.contains("\"object\":\"response.compaction\"") {
            it.status = 400;
            it.body = json!({"error": {"message": "No.", "type": "invalid_request_error",
                "param": "model", "code": "compaction_not_supported"}})
            .to_string();
        }
    });
    let (code, report) = report_of(address, "compact");
    assert_eq!(
        (code, &report["skipped"]),
        (Some(0), &json!(1)),
        "{report:#}"
    );
}

fn report_of(address: SocketAddr, case: &str) -> (Option<i32>, Value) {
    report(address, &["--case", case])
}

#[test]
fn what_cannot_be_probed() {
    for url in ["nowhere", "http://127.0.0.1:1/v1"] {
        let output = probe(&[url]);
        assert_eq!(output.status.code(), Some(2), "{url}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn without_a_key() {
    let address = serve(|_| {});
    let output = probe(&[&format!("http://{address}/v1"), "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        failed(&report).contains(&"basic-text json request-accepted".into()),
        "{report:#}"
    );
}
