//! Transcripts of third parties through the command: valid ones pass without a violation, and those
//! with one fault get exactly one violation.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod bad;
#[path = "../../src/transcript/tests/build.rs"]
#[allow(dead_code)]
mod build;
mod good;
mod samples;

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

/// Returns the command's report and exit status.
fn check(transcript: &[u8], more: &[&str]) -> (Option<i32>, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_openresponses"))
        .args(["check", "--kind", "stream", "--format", "json"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(transcript).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let report = serde_json::from_slice(&output.stdout).unwrap();
    (output.status.code(), report)
}

/// The names in one of the report's lists.
fn names(report: &Value, list: &str, member: &str) -> Vec<String> {
    let list = report[list].as_array().unwrap().iter();
    list.map(|found| found[member].as_str().unwrap().to_owned())
        .collect()
}
