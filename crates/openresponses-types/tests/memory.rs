//! Reading, checking and normalizing takes at most eight times a body plus 64 MiB, for any body.
//! Ignored where the system does not report a process's memory.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs;
use std::process::Command;

use libtest_mimic::{Arguments, Trial};
use openresponses_types::json::Document;
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Profile};

/// The most memory that the process has held since the last reset, in bytes.
fn peak() -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kibibytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kibibytes * 1024
}

/// Starts counting from what is held now. False where the system does not allow it.
fn reset_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

/// As many of `element` as a document may hold, `values` each.
fn repeated(before: &str, element: impl Fn(usize) -> String, after: &str, values: usize) -> String {
    let mut text = String::from(before);
    for n in 0..999_980 / values {
        if n > 0 {
            text.push(',');
        }
        text.push_str(&element(n));
    }
    text.push_str(after);
    text
}

type Make = fn() -> String;

/// Bodies that are made to cost much.
const BODIES: &[(&str, Make)] = &[
    ("references", || {
        repeated(r#"{"input":["#, |_| r#"{"id":""}"#.into(), "]}", 2)
    }),
    ("unknown items", || {
        repeated(r#"{"input":["#, |_| r#"{"type":"a"}"#.into(), "]}", 2)
    }),
    ("orphaned outputs", || {
        repeated(
            r#"{"input":["#,
            |_| r#"{"type":"function_call_output","call_id":"c","output":""}"#.into(),
            "]}",
            4,
        )
    }),
    ("messages", || {
        repeated(
            r#"{"input":["#,
            |_| r#"{"role":"user","content":[]}"#.into(),
            "]}",
            3,
        )
    }),
    ("unknown parts", || parts(r#"{"type":"a"}"#)),
    ("image parts", || parts(r#"{"type":"input_image"}"#)),
    ("unknown tools", || {
        repeated(r#"{"tools":["#, |_| r#"{"type":"a"}"#.into(), "]}", 2)
    }),
    ("includes", || {
        repeated(r#"{"include":["#, |_| r#""a""#.into(), "]}", 1)
    }),
    ("unknown members", || {
        repeated("{", |n| format!("\"{n:x}\":0"), "}", 1)
    }),
    ("escaped members", || {
        repeated("{", |n| format!("\"\\u0061{n:x}\":0"), "}", 1)
    }),
    ("opaque objects", || {
        repeated(r#"{"x":["#, |_| "{}".into(), "]}", 1)
    }),
    ("opaque members", || {
        repeated(r#"{"x":{"#, |n| format!("\"{n:x}\":0"), "}}", 1)
    }),
    ("depth", || {
        repeated(
            r#"{"x":["#,
            |_| format!("{}0{}", "[".repeat(125), "]".repeat(125)),
            "]}",
            126,
        )
    }),
    ("one long text", || {
        format!(r#"{{"instructions":"{}"}}"#, "x".repeat(34_000_000))
    }),
    ("one escaped text", || {
        format!(r#"{{"instructions":"{}"}}"#, "\\u0061".repeat(5_600_000))
    }),
    // Not legal: it must not cost more.
    ("empty items", || {
        repeated(r#"{"input":["#, |_| "{}".into(), "]}", 1)
    }),
];

fn parts(part: &str) -> String {
    let before = r#"{"input":[{"type":"message","role":"user","content":["#;
    repeated(before, |_| part.into(), "]}]}", 2)
}

/// In the child process: what one body costs.
fn measure(name: &str) {
    let (_, make) = BODIES.iter().find(|(found, _)| *found == name).unwrap();
    let body = make();
    assert!(reset_peak());
    let before = peak();
    let document = Document::parse(body.as_bytes()).expect(name);
    let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
    let turn = report.is_ok().then(|| {
        let request = CreateRequest::from_document(&document).unwrap();
        let normalizer = Normalizer::new(Profile::Compatible).default_model(Some("m"));
        normalizer.turn(request)
    });
    let used = peak().saturating_sub(before) + body.len();
    println!(
        "{name}: body {:.1} MB, held {:.1} MB with it",
        body.len() as f64 / 1e6,
        used as f64 / 1e6,
    );
    assert!(
        used <= 8 * body.len() + (64 << 20),
        "{name}: {used} for {}",
        body.len()
    );
    assert_eq!(
        turn.is_some(),
        name != "empty items",
        "{:?}",
        report.violations.first()
    );
}

/// The name of the body that a child process is to measure.
const BODY: &str = "OPENRESPONSES_MEMORY_TEST_BODY";

/// A process for each body, because memory that was freed is not given back.
fn main() {
    if let Ok(name) = std::env::var(BODY) {
        return measure(&name);
    }
    let can_measure = reset_peak();
    let trials = BODIES.iter().map(|(name, _)| {
        let trial = Trial::test(name.replace(' ', "_"), move || {
            let status = Command::new(std::env::current_exe()?)
                .env(BODY, name)
                .status()?;
            status
                .success()
                .then_some(())
                .ok_or_else(|| "too much".into())
        });
        trial.with_ignored_flag(!can_measure)
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
