//! `openresponses probe` against servers of this process.
#![allow(clippy::unwrap_used)]

mod faults;
mod listed;
mod server;
mod sockets;

use std::io::Write;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::header::RETRY_AFTER;
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
    // Found before the first request.
    let output = probe(&["http://127.0.0.1:1/v1", "--case", "basic-txt"]);
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(complaint.contains("no case 'basic-txt'"), "{complaint}");
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
    let silent = listener(|stream| stream.set_nonblocking(true));
    let no_http = listener(|mut stream| stream.write_all(b"220 Hello\r\n"));
    for (url, why) in [
        ("nowhere", ""),
        ("http://127.0.0.1:1/v1", "cannot connect"),
        (&format!("http://{silent}/v1"), "no answer within 1 s"),
        (&format!("http://{no_http}/v1"), "no answer"),
        (&format!("https://{no_http}/v1"), ""),
    ] {
        let output = probe(&[url, "--timeout", "1"]);
        assert_eq!(output.status.code(), Some(2), "{url}");
        assert!(output.stdout.is_empty());
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains(why), "{url}: {complaint}");
    }
}

/// A server that does one thing with each connection and then keeps it open.
fn listener(with: impl Fn(TcpStream) -> std::io::Result<()> + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming().flatten() {
            // It may be gone already.
            let _ = with(stream.try_clone().unwrap());
            open.push(stream);
        }
    });
    address
}

#[test]
fn a_server_that_falls_silent_is_asked_three_times() {
    let asked = AtomicUsize::new(0);
    let address = serve(move |_: &mut Exchange| {
        // The first request is that of the probe's start.
        if asked.fetch_add(1, Ordering::Relaxed) >= 3 {
            panic!("the connection ends without an answer");
        }
    });
    let url = format!("http://{address}/v1");
    let output = probe(&[&url, "--key", "test", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        failed(&report),
        [
            "string-input json no-answer",
            "string-input stream no-answer",
            "non-ascii json no-answer",
        ]
    );
    assert_eq!(report["cases"].as_array().unwrap().len(), 5);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains("does not answer any more"),
        "{complaint}"
    );
}

#[test]
fn a_refusal_that_spoils_its_connection_is_reported() {
    let server = listener(|mut stream| {
        for status in ["400 Bad Request", "500 Out Of Step"] {
            if std::io::Read::read(&mut stream, &mut [0; 4096])? == 0 {
                break;
            }
            let head = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n");
            stream.write_all(head.as_bytes())?;
        }
        Ok(())
    });
    let (code, report) = report(server, &["--case", "refused-twice"]);
    assert_eq!(code, Some(1));
    assert_eq!(failed(&report), ["refused-twice json connection-kept"]);
}

#[test]
fn a_body_that_does_not_end_is_no_answer() {
    let server = listener(|mut stream| {
        let read = std::io::Read::read(&mut stream, &mut [0; 4096])?;
        // Chunked, with one chunk and no end.
        let chunk = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
            transfer-encoding: chunked\r\n\r\ne\r\ndata: [DONE]\n\n\r\n";
        stream.write_all(if read > 0 { chunk } else { b"" })
    });
    let cases = ["--case", "basic-text", "--timeout", "1"];
    let (code, report) = report(server, &cases);
    assert_eq!(code, Some(1));
    assert_eq!(
        failed(&report),
        ["basic-text json no-answer", "basic-text stream no-answer"]
    );
    let why = "the body does not end within 1 s.";
    assert_eq!(report["cases"][1]["message"], why);
}

#[test]
fn an_empty_key_is_none_and_one_that_no_header_can_have_is_refused() {
    let address = serve(|_| {});
    let url = format!("http://{address}/v1");
    let output = probe(&[&url, "--key", "", "--case", "no-key", "--format", "json"]);
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["cases"][0]["message"], "No key was given.");
    for option in ["--key", "--bad-key"] {
        let output = probe(&[&url, option, "a\nb"]);
        assert_eq!(output.status.code(), Some(2), "{option}");
        let complaint = String::from_utf8(output.stderr).unwrap();
        assert!(complaint.contains("no header can have"), "{complaint}");
    }
}

#[test]
fn the_query_of_the_url_is_sent_with_each_request() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let server = listener(move |mut stream| {
        let mut start = [0; 200];
        let read = std::io::Read::read(&mut stream, &mut start)?;
        let line = String::from_utf8_lossy(&start[..read]);
        let line = line.lines().next().unwrap_or_default().to_owned();
        let _ = sender.send(line);
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
    });
    let url = format!("http://{server}/openai/v1?api-version=preview");
    probe(&[&url, "--case", "compact", "--case", "websocket-turn"]);
    let lines: Vec<String> = receiver.try_iter().collect();
    assert_eq!(
        lines,
        [
            "GET /openai/v1/responses?api-version=preview HTTP/1.1",
            "POST /openai/v1/responses/compact?api-version=preview HTTP/1.1",
            "GET /openai/v1/responses?api-version=preview HTTP/1.1",
        ]
    );
}

#[test]
fn the_cases_can_be_listed_without_a_server() {
    let output = probe(&["--cases"]);
    assert_eq!(output.status.code(), Some(0));
    let text = String::from_utf8(output.stdout).unwrap();
    let listed: Vec<String> = text
        .lines()
        .map(|line| {
            let mut words = line.split_whitespace();
            format!("{} {}", words.next().unwrap(), words.next().unwrap())
        })
        .collect();
    let (_, report) = report(serve(|_| {}), &[]);
    let cases = report["cases"].as_array().unwrap().iter();
    let run: Vec<String> = cases
        .map(|case| {
            let text = |name: &str| case[name].as_str().unwrap().to_owned();
            format!("{} {}", text("case"), text("over"))
        })
        .collect();
    assert_eq!(listed, run);
}

#[test]
fn a_server_without_websockets_is_skipped_unless_it_should_have_them() {
    let server = listener(|mut stream| {
        let _ = std::io::Read::read(&mut stream, &mut [0; 4096])?;
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
    });
    let (code, skipped) = report(server, &["--case", "websocket-turn"]);
    assert_eq!(
        (code, &skipped["skipped"]),
        (Some(0), &json!(1)),
        "{skipped:#}"
    );
    let (code, report) = report(server, &["--case", "websocket-turn", "--websocket"]);
    assert_eq!(code, Some(1));
    assert_eq!(
        failed(&report),
        ["websocket-turn websocket websocket-handshake"]
    );
}

#[test]
fn a_server_that_limits_the_rate_of_requests_is_asked_again_and_not_accused() {
    fn limit(it: &mut Exchange) {
        it.status = 429;
        it.headers.insert(RETRY_AFTER, "0".parse().unwrap());
        it.body = json!({"error": {"message": "Slower.", "type": "too_many_requests",
            "param": null, "code": "rate_limit_exceeded"}})
        .to_string();
        it.media_type = "application/json".into();
    }
    let cases = [
        "--case",
        "basic-text",
        "--case",
        "bad-key",
        "--case",
        "continuation",
    ];
    let asked = AtomicUsize::new(0);
    let address = serve(move |it: &mut Exchange| {
        // After the request of the probe's start.
        if asked.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
            limit(it);
        }
    });
    let (code, limited) = report(address, &cases);
    assert_eq!(
        (code, &limited["passed"]),
        (Some(0), &json!(6)),
        "{limited:#}"
    );
    let (code, limited) = report(serve(limit), &cases);
    assert_eq!(
        (code, &limited["skipped"]),
        (Some(0), &json!(6)),
        "{limited:#}"
    );
    let why = "The server takes no more requests for now: 429, 'Slower.'.";
    assert_eq!(limited["cases"][0]["message"], why);
    let later = |it: &mut Exchange| {
        limit(it);
        it.headers.insert(RETRY_AFTER, "3600".parse().unwrap());
    };
    let (code, limited) = report(serve(later), &cases);
    assert_eq!(
        (code, &limited["skipped"]),
        (Some(0), &json!(6)),
        "{limited:#}"
    );
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
