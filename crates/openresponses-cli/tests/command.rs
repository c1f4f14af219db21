//! Tests of the command line.
#![allow(clippy::unwrap_used, clippy::expect_used)]

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
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn file(name: &str, content: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[test]
fn a_good_document() {
    let output = run(&["check"], r#"{"model": "m", "input": "x"}"#);
    assert_eq!(
        (output.status.code(), &*text(&output)),
        (Some(0), "-: create_request ok\n")
    );
}

#[test]
fn a_violation_points_at_the_place() {
    let document = "{\n  \"input\": [\n    {\"type\": \"message\", \"role\": \"bot\", \"content\": \"x\"}\n  ]\n}\n";
    let output = run(&["check", "--kind", "create_request"], document);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output),
        "error[invalid_value]: Invalid value for 'input[0].role': expected 'user', 'assistant', 'system' or 'developer', got 'bot'.
 --> -:3:33
  |
3 |     {\"type\": \"message\", \"role\": \"bot\", \"content\": \"x\"}
  |                                 ^ input[0].role
  = rule: ItemParam.role:enum

-: create_request: 1 violation(s)
"
    );
}

#[test]
fn json_has_one_object_a_file() {
    let good = file("good.json", r#"{"input":[{"role":"user","content":"x"}]}"#);
    let bad = file(
        "bad.json",
        r#"{"object":"response.compaction","id":"c","created_at":1.5,"output":[],"usage":7}"#,
    );
    let broken = file("broken.json", r#"{"input": [1,, 2]}"#);
    let output = run(&["check", "--format", "json", &good, &bad, &broken], "");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(
        text(&output),
        format!(
            concat!(
                r#"{{"file":"{good}","kind":"create_request","ok":true,"violations":[],"warnings":[{{"name":"message_without_type","param":"input[0].type"}}]}}"#,
                "\n",
                r#"{{"file":"{bad}","kind":"compact_response","ok":false,"violations":["#,
                r#"{{"param":"created_at","pointer":"/created_at","code":"invalid_type","rule":"CompactResource.created_at:type","message":"Invalid type for 'created_at': expected an integer, got the decimal number 1.5."}},"#,
                r#"{{"param":"usage","pointer":"/usage","code":"invalid_type","rule":"CompactResource.usage:type","message":"Invalid type for 'usage': expected an object, got a number."}}"#,
                r#"],"warnings":[]}}"#,
                "\n",
                r#"{{"file":"{broken}","kind":null,"ok":false,"violations":[{{"param":"input[1]","pointer":"/input/1","code":"invalid_json","rule":"json","message":"The body is not acceptable JSON: unexpected character at byte 13 (in input[1])."}}],"warnings":[]}}"#,
                "\n",
            ),
            good = good,
            bad = bad,
            broken = broken,
        )
    );
}

#[test]
fn strict_refuses_input_with_compatible_warnings() {
    let document = r#"{"tools":[{"type":"web_search"}]}"#;
    let output = run(&["check", "--profile", "strict"], document);
    assert_eq!(output.status.code(), Some(1));
    let output = run(&["check", "--profile", "compatible", "-"], document);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text(&output),
        "warning: -: unknown_tool at tools[0]\n-: create_request ok, 1 warning(s)\n"
    );
}

#[test]
fn a_misspelled_member_is_reported_with_a_suggestion() {
    let document = r#"{"max_output_token":100}"#;
    let output = run(&["check", "--kind", "create_request"], document);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text(&output),
        "warning: -: misspelled_member at max_output_token: did you mean 'max_output_tokens'?\n-: create_request ok, 1 warning(s)\n"
    );
    let arguments = ["check", "--kind", "create_request", "--format", "json"];
    let output = run(&arguments, document);
    let warning = r#"{"name":"misspelled_member","param":"max_output_token","did_you_mean":"max_output_tokens"}"#;
    assert!(text(&output).contains(warning), "{}", text(&output));
}

#[test]
fn what_cannot_be_used() {
    let good = file("usable.json", "{}");
    for arguments in [
        &["check", "/nowhere/at/all.json", &good][..],
        &["check", "--kind", "letter", &good],
        &["echo", "/nowhere/at/all.json"],
        &["echo"],
        &[],
    ] {
        assert_eq!(run(arguments, "").status.code(), Some(2), "{arguments:?}");
    }
    // The other files are still checked.
    let output = run(&["check", "/nowhere/at/all.json", &good], "");
    assert_eq!(text(&output), format!("{good}: create_request ok\n"));
}

#[test]
fn echo_loses_nothing() {
    let document = r#"{"x_first":1.0e2,"model":"m","tools":[{"type":"function","name":"f","parameters":{"maximum":123456789012345678901234567890}}]}"#;
    let output = run(&["echo", &file("echo.json", document)], "");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        text(&output),
        "{\"model\":\"m\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"maximum\":123456789012345678901234567890}}],\"x_first\":1.0e2}\n"
    );
    assert_eq!(
        run(&["echo", "--kind", "response", "-"], "{}")
            .status
            .code(),
        Some(1)
    );
}

#[test]
fn the_whole_specification_is_implemented() {
    let output = run(&["schema-coverage"], "");
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output).contains("(100.0 %)"), "{}", text(&output));
}
