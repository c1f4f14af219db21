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
                r#"{{"file":"{good}","kind":"create_request","ok":true,"violations":[],"warnings":[{{"name":"message_without_type","param":"input[0].type","line":1,"column":11,"offset":10}}]}}"#,
                "\n",
                r#"{{"file":"{bad}","kind":"compact_response","ok":false,"violations":["#,
                r#"{{"param":"created_at","pointer":"/created_at","code":"invalid_type","rule":"CompactResource.created_at:type","message":"Invalid type for 'created_at': expected an integer, got the decimal number 1.5.","line":1,"column":55,"offset":54}},"#,
                r#"{{"param":"usage","pointer":"/usage","code":"invalid_type","rule":"CompactResource.usage:type","message":"Invalid type for 'usage': expected an object, got a number.","line":1,"column":79,"offset":78}}"#,
                r#"],"warnings":[]}}"#,
                "\n",
                r#"{{"file":"{broken}","kind":null,"ok":false,"violations":[{{"param":"input[1]","pointer":"/input/1","code":"invalid_json","rule":"json","message":"The body is not acceptable JSON: unexpected character at byte 13 (in input[1]).","line":1,"column":14,"offset":13}}],"warnings":[]}}"#,
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
    let warning = r#"{"name":"misspelled_member","param":"max_output_token","did_you_mean":"max_output_tokens","line":1,"column":21,"offset":20}"#;
    assert!(text(&output).contains(warning), "{}", text(&output));
}

#[test]
fn what_cannot_be_used() {
    let good = file("usable.json", "{}");
    for arguments in [
        &["check", "/nowhere/at/all.json", &good][..],
        &["check", "--kind", "letter", &good],
        &["echo", "/nowhere/at/all.json"],
        &["check", "--stream-rules", &good],
        &[],
    ] {
        assert_eq!(run(arguments, "").status.code(), Some(2), "{arguments:?}");
    }
    // The other files are still checked.
    let output = run(&["check", "/nowhere/at/all.json", &good], "");
    assert_eq!(
        text(&output),
        format!("{good}: create_request ok\n2 files: 1 ok, 0 not ok, 1 unreadable\n")
    );
}

/// A stream as OpenAI sends it, without the marker `[DONE]`, and with `delta` as its text.
fn vendor_stream(delta: &str) -> String {
    let item = |status: &str, content: &str| {
        format!(
            r#"{{"type":"message","id":"msg_1","status":"{status}","role":"assistant","content":[{content}]}}"#
        )
    };
    let part = |text: &str| {
        format!(r#"{{"type":"output_text","text":"{text}","annotations":[],"logprobs":[]}}"#)
    };
    let place = r#""item_id":"msg_1","output_index":0,"content_index":0"#;
    let events = [
        (
            "output_item.added",
            format!(r#""output_index":0,"item":{}"#, item("in_progress", "")),
        ),
        (
            "content_part.added",
            format!(r#"{place},"part":{}"#, part("")),
        ),
        (
            "output_text.delta",
            format!(r#"{place},"delta":"{delta}","logprobs":[]"#),
        ),
        (
            "output_text.done",
            format!(r#"{place},"text":"Hello","logprobs":[]"#),
        ),
        (
            "content_part.done",
            format!(r#"{place},"part":{}"#, part("Hello")),
        ),
        (
            "output_item.done",
            format!(
                r#""output_index":0,"item":{}"#,
                item("completed", &part("Hello"))
            ),
        ),
    ];
    let response = |status: &str, output: &str| {
        format!(
            r#""response":{{"id":"resp_1","object":"response","created_at":1,"model":"m","status":"{status}","output":[{output}]}}"#
        )
    };
    let mut stream = String::new();
    let created = ("created", response("in_progress", ""));
    let completed = (
        "completed",
        response("completed", &item("completed", &part("Hello"))),
    );
    let all = [created].into_iter().chain(events).chain([completed]);
    for (number, (name, members)) in all.enumerate() {
        stream.push_str(&format!(
            "event: response.{name}\ndata: {{\"type\":\"response.{name}\",\"sequence_number\":{number},{members}}}\n\n"
        ));
    }
    stream
}

#[test]
fn faults_of_known_servers_are_notes_in_the_profile_vendor() {
    let stream = vendor_stream("Hello");
    let output = run(&["check", "--profile", "compatible"], &stream);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("rule: done-marker-missing"),
        "{}",
        text(&output)
    );

    let output = run(&["check", "--profile", "vendor"], &stream);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(
        text(&output).contains("note: -: no-done-marker"),
        "{}",
        text(&output)
    );
    assert!(
        text(&output).contains("note: -: settings-not-echoed"),
        "{}",
        text(&output)
    );

    // Lost text is excused nowhere.
    let output = run(
        &["check", "--profile", "vendor", "--format", "json"],
        &vendor_stream("Hallo"),
    );
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(
        report["violations"].as_array().unwrap().len(),
        1,
        "{report}"
    );
    assert_eq!(report["violations"][0]["rule"], "text-mismatch", "{report}");
    assert_eq!(
        report["notes"][0]["name"], "settings-not-echoed",
        "{report}"
    );
}

#[test]
fn the_lists_have_every_rule_and_every_quirk() {
    let output = run(&["check", "--stream-rules"], "");
    assert_eq!(output.status.code(), Some(0));
    for rule in openresponses_types::check::StreamRule::ALL {
        let entry = format!("{rule}\n    {}\n    {}\n", rule.section(), rule.message());
        assert!(text(&output).contains(&entry), "{entry}");
    }
    let output = run(&["check", "--quirks"], "");
    assert_eq!(output.status.code(), Some(0));
    assert!(
        text(&output).contains("no-event-names\n"),
        "{}",
        text(&output)
    );
}

#[test]
fn quiet_prints_violations_only() {
    let good = file(
        "quiet-good.json",
        r#"{"input":[{"role":"user","content":"x"}]}"#,
    );
    let bad = file("quiet-bad.json", r#"{"input":7}"#);
    let output = run(&["check", "--quiet", &good], "");
    assert_eq!((output.status.code(), &*text(&output)), (Some(0), ""));
    let output = run(&["check", "-q", &good, &bad], "");
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output).starts_with("error["), "{}", text(&output));
    assert!(!text(&output).contains("files:"), "{}", text(&output));
    let output = run(&["check", "-q", "--format", "json", &good, &bad], "");
    assert_eq!(text(&output).lines().count(), 1, "{}", text(&output));
}

#[test]
fn directories_are_walked_and_totals_printed() {
    let root = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("directory");
    std::fs::create_dir_all(root.join("inner")).unwrap();
    std::fs::write(root.join("a.JSON"), "{}").unwrap();
    std::fs::write(root.join("inner/b.json"), r#"{"input":7}"#).unwrap();
    std::fs::write(root.join("inner/notes.md"), "no document").unwrap();
    let output = run(&["check", &root.display().to_string()], "");
    assert_eq!(output.status.code(), Some(1));
    let text = text(&output);
    assert!(
        text.ends_with("2 files: 1 ok, 1 not ok, 1 violation(s)\n"),
        "{text}"
    );
}

#[test]
fn a_directory_without_documents_is_reported() {
    let root = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty");
    std::fs::create_dir_all(&root).unwrap();
    let output = run(&["check", &root.display().to_string()], "");
    assert_eq!(output.status.code(), Some(2));
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert!(
        complaint.contains("no .json, .sse or .txt file"),
        "{complaint}"
    );
}

#[test]
fn a_byte_order_mark_before_a_document_is_no_fault() {
    let output = run(&["check"], "\u{FEFF}{\"model\": \"m\", \"input\": \"x\"}");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let output = run(&["check", "--format", "json"], "\u{FEFF}{\"input\": 7}");
    let report: serde_json::Value = serde_json::from_str(&text(&output)).unwrap();
    assert_eq!(report["violations"][0]["offset"], 13, "{report}");
    let output = run(&["echo"], "\u{FEFF}{\"model\":\"m\"}");
    assert_eq!(text(&output), "{\"model\":\"m\"}\n");
}

#[test]
fn a_document_may_have_any_number_of_values() {
    let zeros = "0,".repeat(1_100_000);
    let document = format!(r#"{{"model":"m","input":"x","x_all":[{zeros}0]}}"#);
    let output = run(&["check", "--kind", "create_request"], &document);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

#[test]
fn a_truncated_list_of_violations_is_never_ok() {
    // Each part lacks two members that known servers leave out, too.
    let parts = r#"{"type":"output_text","text":"x"},"#.repeat(200);
    let document = format!(
        r#"{{"object":"response","id":"r","created_at":1,"model":"m","status":"completed","output":[{{"type":"message","id":"m","role":"assistant","status":"completed","content":[{}]}}]}}"#,
        parts.trim_end_matches(',')
    );
    let output = run(&["check", "--profile", "vendor"], &document);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    let shown = text(&output);
    let last = shown.lines().last().unwrap();
    assert!(
        last.starts_with("-: response: 0 violation(s) and more"),
        "{last}"
    );
    let arguments = ["check", "--profile", "vendor", "--format", "json"];
    let report: serde_json::Value =
        serde_json::from_str(&text(&run(&arguments, &document))).unwrap();
    assert_eq!(
        (&report["ok"], &report["more"]),
        (&false.into(), &true.into())
    );
}

#[test]
fn json_has_line_column_and_offset() {
    let document = "{\n  \"maxOutputTokens\": 1,\n  \"input\": 7\n}";
    let arguments = ["check", "--kind", "create_request", "--format", "json"];
    let report: serde_json::Value =
        serde_json::from_str(&text(&run(&arguments, document))).unwrap();
    let position = |found: &serde_json::Value| {
        ["line", "column", "offset"].map(|name| found[name].as_u64().unwrap())
    };
    assert_eq!(position(&report["violations"][0]), [3, 12, 37]);
    let warning = position(&report["warnings"][0]);
    assert_eq!(warning[0], 2, "{report}");
    assert!(document[warning[2] as usize..].starts_with('1'), "{report}");
}

#[test]
fn there_are_no_colors_outside_of_a_terminal() {
    let output = run(&["check"], r#"{"input":7}"#);
    assert!(!text(&output).contains('\u{1b}'), "{}", text(&output));
}

#[test]
fn echo_reads_standard_input() {
    let output = run(&["echo"], r#"{"model":"m","input":"x"}"#);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output), "{\"model\":\"m\",\"input\":\"x\"}\n");
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
