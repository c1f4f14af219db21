//! Collectors that fail, and clients that attack.

use std::process::Stdio;

use serde_json::json;

use crate::collector::{Collector, Manner};
use crate::process::{Server, post, program};

const SECRET: &str = "sk-very-secret-key";

fn body() -> String {
    json!({"model": "m", "input": "a private question", "stream": true}).to_string()
}

#[test]
fn a_collector_that_hangs_or_refuses_harms_no_request() {
    for manner in [Manner::Hangs, Manner::Refuses] {
        let collector = Collector::start(manner);
        let mut server = collector.server(&[]);
        for _ in 0..20 {
            assert_eq!(server.ask(&body()).status, 200);
        }
        server.signal("TERM");
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_collector_that_is_down_harms_no_request() {
    // A port that nothing listens on.
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let variables = [("OTEL_EXPORTER_OTLP_ENDPOINT", &*address)];
    let mut server = Server::start_with(&["--otlp"], &variables);
    assert_eq!(server.ask(&body()).status, 200);
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_queue_of_spans_that_overflows_harms_no_request() {
    let collector = Collector::start(Manner::Works);
    let mut server = Server::start_with(
        &[],
        &[
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.address),
            ("OTEL_BSP_MAX_QUEUE_SIZE", "30"),
            ("OTEL_BSP_SCHEDULE_DELAY", "3600000"),
        ],
    );
    for _ in 0..1000 {
        assert_eq!(server.get(Some("test"), "/v1/models").status, 200);
    }
    assert_eq!(server.ask(&body()).status, 200);
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
    let count = collector.spans().len();
    // How many are dropped depends on how fast the collector is.
    assert!((1..=1003).contains(&count), "{count}");
}

#[test]
fn neither_keys_nor_content_are_exported() {
    let collector = Collector::start(Manner::Works);
    let server = collector.server(&[]);
    let answer = server.ask_as(Some(SECRET), &body());
    assert_eq!(answer.status, 200);
    collector.spans_of(server);
    let bytes = collector.seen.bytes.lock().unwrap();
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("gen_ai.request.model"));
    for secret in [SECRET, "private", "question"] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn names_that_clients_choose_are_no_labels() {
    let collector = Collector::start(Manner::Works);
    let server = collector.server(&[]);
    for number in 0..50 {
        let body = json!({"model": format!("made-up-{number}"), "input": "x"});
        server.ask(&body.to_string());
    }
    collector.spans_of(server);
    let metrics = format!("{:?}", collector.metrics());
    assert!(metrics.contains("gen_ai.request.model") && !metrics.contains("made-up"));
}

#[test]
fn a_trace_context_that_is_not_valid_begins_a_new_trace() {
    let collector = Collector::start(Manner::Works);
    let server = collector.server(&[]);
    let huge = format!("cc-{}", "a".repeat(9_000));
    for bad in [
        "garbage",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        &huge,
    ] {
        let mut connection = server.connect();
        let head = format!("traceparent: {bad}\r\ncontent-type:");
        connection.send(&post(&body()).replace("content-type:", &head));
        assert_eq!(connection.answer().status, 200);
    }
    let spans = collector.spans_of(server);
    let roots = spans.iter().filter(|span| span.parent_span_id.is_empty());
    assert_eq!(roots.count(), 3);
}

#[test]
fn check_says_what_is_exported_and_refuses_what_is_not_supported() {
    let config = crate::process::file(
        "otlp-check.toml",
        "[providers.one]\nkind = \"embedded\"\nany_model = true\n",
    );
    let check = |name: &str, value: &str| {
        let mut command = program();
        command
            .args(["--config", &config, "--check"])
            .env(name, value);
        command.stderr(Stdio::piped()).output().unwrap()
    };
    let good = check(
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "http://user:word@collector:4318",
    );
    let text = String::from_utf8(good.stdout).unwrap();
    let expected = "OTLP: traces to http://collector:4318, metrics to http://collector:4318.";
    assert!(text.contains(expected), "{text}");
    let off = check("OTEL_SDK_DISABLED", "true");
    assert!(
        String::from_utf8(off.stdout)
            .unwrap()
            .contains("OTLP: off.")
    );
    let config_of_grpc = [
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:4317"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc"),
    ];
    let bad = program()
        .args(["--config", &config, "--check"])
        .envs(config_of_grpc)
        .output()
        .unwrap();
    assert_eq!(bad.status.code(), Some(2));
    let text = String::from_utf8(bad.stderr).unwrap();
    assert!(
        text.contains("OTEL_EXPORTER_OTLP_PROTOCOL is 'grpc'"),
        "{text}"
    );
}
