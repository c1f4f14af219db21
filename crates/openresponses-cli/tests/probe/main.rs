//! `openresponses probe` against servers of this process.
#![allow(clippy::unwrap_used)]

mod faults;
mod server;

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

fn report(address: SocketAddr, more: &[&str]) -> (Option<i32>, Value) {
    let url = format!("http://{address}/v1");
    let mut arguments = vec![&*url, "--key", "test", "--format", "json"];
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
        assert_eq!(report["skipped"], 0, "{report:#}");
        assert!(report["passed"].as_u64().unwrap() > 60, "{report}");
    }
}

#[test]
fn the_table() {
    let address = serve(|_| {});
    let output = probe(&[&format!("http://{address}/v1/responses"), "--key", "test"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines().skip(2);
    let head = lines.next().unwrap();
    assert!(head.starts_with("CASE  ") && head.ends_with("SPECIFICATION"));
    let column = head.find("SPECIFICATION").unwrap();
    let row = lines.next().unwrap();
    assert!(row.starts_with("basic-text  "), "{row}");
    assert_eq!(&row[column..], "HTTP Responses");
    assert!(text.ends_with(" passed, 0 failed, 0 skipped\n"), "{text}");
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
