use serde_json::json;

use crate::exposition::samples;
use crate::gateway::MODELS;
use crate::process::{Server, file, post};

/// The value of a series whose labels are these, in this order.
macro_rules! value {
    ($samples:expr, $series:expr) => {
        *$samples
            .get($series)
            .unwrap_or_else(|| panic!("no {}: {:#?}", $series, $samples.keys()))
    };
}

#[test]
fn a_gateway_reports_the_outcomes_of_its_requests() {
    let path = file("metrics.toml", MODELS);
    let server = Server::start(&["--config", &path]);
    let answer = server.get(None, "/metrics");
    assert_eq!(
        answer.headers["content-type"],
        "text/plain; version=0.0.4; charset=utf-8"
    );
    assert!(!answer.text().contains("acme"));

    let ask = |model: &str, stream: bool| {
        let body = json!({"model": model, "input": "two words", "stream": stream});
        server.ask(&body.to_string()).status
    };
    for _ in 0..2 {
        assert_eq!(ask("acme/second", true), 200);
    }
    assert_eq!(ask("fast", false), 200);
    assert_eq!(ask("acme/broken", true), 200);
    assert_eq!(ask("acme/broken", false), 500);
    for made_up in ["made-up", "made/up", "acme/made-up"] {
        assert_eq!(ask(made_up, false), 404);
    }
    assert_eq!(server.ask_as(None, "{}").status, 401);
    let mut stalled = server.connect();
    stalled.send(&post(
        r#"{"model":"acme/stalls","input":"x","stream":true}"#,
    ));
    assert_eq!(stalled.head().0, 200);

    let text = server.get(None, "/metrics").text().to_owned();
    assert!(!text.contains("made"), "{text}");
    let all = samples(&text);
    for (series, expected) in [
        (
            r#"openresponses_requests_total{model="acme/second",provider="two",outcome="ok"}"#,
            2.0,
        ),
        (
            r#"openresponses_requests_total{model="acme/good",provider="one",outcome="ok"}"#,
            1.0,
        ),
        (
            r#"openresponses_requests_total{model="acme/broken",provider="one",outcome="model_failed"}"#,
            2.0,
        ),
        (
            r#"openresponses_requests_total{model="none",provider="none",outcome="model_not_found"}"#,
            3.0,
        ),
        (
            r#"openresponses_attempts_total{model="acme/second",provider="one",outcome="upstream_error"}"#,
            2.0,
        ),
        (
            r#"openresponses_attempts_total{model="acme/second",provider="two",outcome="ok"}"#,
            2.0,
        ),
        (
            r#"openresponses_tokens_total{model="acme/second",provider="two",kind="input"}"#,
            4.0,
        ),
        (
            r#"openresponses_tokens_total{model="acme/second",provider="two",kind="output"}"#,
            6.0,
        ),
        (r#"openresponses_active_requests"#, 1.0),
        (
            r#"openresponses_time_to_first_output_seconds_count{model="acme/second",provider="two"}"#,
            2.0,
        ),
        (
            r#"openresponses_request_duration_seconds_count{model="acme/second",provider="two"}"#,
            2.0,
        ),
        (
            r#"openresponses_http_responses_total{route="responses",status="200"}"#,
            5.0,
        ),
        (
            r#"openresponses_http_responses_total{route="responses",status="401"}"#,
            1.0,
        ),
        (
            r#"openresponses_http_responses_total{route="responses",status="404"}"#,
            3.0,
        ),
        (
            r#"openresponses_http_responses_total{route="responses",status="500"}"#,
            1.0,
        ),
    ] {
        assert_eq!(value!(all, series), expected, "{series}");
    }
    // Buckets grow up to the count.
    let buckets: Vec<f64> = text
        .lines()
        .filter(|line| {
            line.starts_with(
                r#"openresponses_time_to_first_output_seconds_bucket{model="acme/second""#,
            )
        })
        .map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap())
        .collect();
    assert!(buckets.len() > 10 && buckets.is_sorted(), "{buckets:?}");
    assert_eq!(buckets.last(), Some(&2.0));

    drop(stalled);
    loop {
        let all = samples(server.get(None, "/metrics").text());
        if value!(all, "openresponses_active_requests") == 0.0 {
            let gone = r#"openresponses_requests_total{model="acme/stalls",provider="one",outcome="cancelled"}"#;
            assert_eq!(value!(all, gone), 1.0);
            break;
        }
    }
}

#[test]
fn the_embedded_model_alone_reports_the_same_metrics() {
    let server = Server::start(&[]);
    for model in ["made-up", "fail-midstream", "missing-model"] {
        server.ask(&json!({"model": model, "input": "x", "stream": true}).to_string());
    }
    let all = samples(server.get(None, "/metrics").text());
    for (outcome, expected) in [("ok", 1.0), ("model_failed", 1.0), ("model_not_found", 1.0)] {
        let series = format!(
            r#"openresponses_requests_total{{model="any",provider="embedded",outcome="{outcome}"}}"#
        );
        assert_eq!(value!(all, &series), expected, "{series}");
    }
    assert!(!all.keys().any(|series| series.contains("made-up")));
}

#[test]
fn it_can_be_turned_off() {
    let path = file("no-metrics.toml", "[server]\nmetrics = false\n");
    let server = Server::start(&["--config", &path]);
    assert_eq!(server.ask(r#"{"model":"any","input":"x"}"#).status, 200);
    assert_eq!(server.get(None, "/metrics").status, 404);
}
