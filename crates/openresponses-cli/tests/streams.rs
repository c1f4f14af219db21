//! The command on transcripts.
#![allow(clippy::unwrap_used)]

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn run(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_openresponses"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The shortest stream there is, as far as the profile `compatible` goes.
const SHORT: &str = concat!(
    ": hello\r\n\r\n",
    "event: response.created\r\n",
    r#"data: {"type":"response.created","sequence_number":0,"response":{"object":"response","id":"resp_1","model":"m","created_at":1,"status":"in_progress","output":[],"tools":[],"tool_choice":"auto","truncation":"disabled","parallel_tool_calls":true,"text":{"format":{"type":"text"}},"top_p":1,"presence_penalty":0,"frequency_penalty":0,"top_logprobs":0,"temperature":1,"store":false,"background":false,"service_tier":"default","metadata":{}}}"#,
    "\r\n\r\n",
    "event: response.completed\r\n",
    r#"data: {"type":"response.completed","sequence_number":1,"response":{"object":"response","id":"resp_1","model":"m","created_at":1,"status":"completed","output":[],"tools":[],"tool_choice":"auto","truncation":"disabled","parallel_tool_calls":true,"text":{"format":{"type":"text"}},"top_p":1,"presence_penalty":0,"frequency_penalty":0,"top_logprobs":0,"temperature":1,"store":false,"background":false,"service_tier":"default","metadata":{}}}"#,
    "\r\n\r\n",
    "data: [DONE]\r\n\r\n",
);

#[test]
fn a_good_stream_is_guessed() {
    let output = run(&["check"], SHORT);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let last = text(&output).lines().last().unwrap();
    assert!(last.starts_with("-: stream ok"), "{last}");
    let strict = run(&["check", "--profile", "strict"], SHORT);
    assert_eq!(strict.status.code(), Some(1));
    assert!(text(&strict).contains("rule: ResponseResource.usage:required"));
}

#[test]
fn a_violation_says_where() {
    let broken = SHORT.replace(r#""sequence_number":1"#, r#""sequence_number":4"#);
    let offset = broken.find("event: response.completed").unwrap();
    let output = run(&["check", "--kind", "stream"], &broken);
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output);
    let start = "error[invalid_stream]: The events of a stream, those of implementers included, \
        are numbered one by one, without gaps: expected 1, got 4.\n --> -:6:1\n  |\n\
        6 | event: response.completed";
    assert!(shown.starts_with(start), "{shown}");
    let rest = format!(
        "^ sequence_number\n  = event 1, byte {offset}\n  = rule: sequence-number\n  \
         = specification: Extending streaming events\n"
    );
    assert!(shown.contains(&rest), "{shown}");

    let output = run(&["check", "--kind", "stream", "--format", "json"], &broken);
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["kind"], "stream");
    assert_eq!(report["ok"], false);
    assert_eq!(
        report["violations"],
        serde_json::json!([{
            "param": "sequence_number", "pointer": "/sequence_number", "code": "invalid_stream",
            "rule": "sequence-number",
            "message": "The events of a stream, those of implementers included, are numbered one by one, without gaps: expected 1, got 4.",
            "line": 6, "column": 1, "offset": offset, "event": 1, "event_offset": offset,
            "section": "Extending streaming events",
        }])
    );
    assert_eq!(report["warnings"][0]["name"], "missing_nullable_member");
    assert_eq!(report["warnings"][0]["event"], 0);
}

#[test]
fn what_is_no_stream() {
    let output = run(&["check", "--kind", "stream"], "{}");
    assert_eq!(output.status.code(), Some(1));
    let output = run(&["check"], "no JSON: nor a stream");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).starts_with("error[invalid_json]"));
}

#[test]
fn echo_writes_it_plainly() {
    for kind in [&["--kind", "stream"][..], &[]] {
        let arguments = [&["echo"], kind, &["-"]].concat();
        let output = run(&arguments, SHORT);
        assert_eq!(output.status.code(), Some(0));
        let plain = SHORT.strip_prefix(": hello\r\n\r\n").unwrap();
        assert_eq!(text(&output), plain.replace("\r\n", "\n"));
    }
    // A comment at the end needs no blank line and no line end.
    let output = run(&["echo"], &format!("{SHORT}: bye"));
    assert_eq!(output.status.code(), Some(0));
    let output = run(&["echo", "--kind", "stream", "-"], "data: {}\n\n");
    assert_eq!(output.status.code(), Some(1));
}
