//! The dashboard in `docs/grafana.json` names metrics that are there.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use serde_json::{Value, json};

use crate::exposition::samples;
use crate::process::{Server, file};

const DASHBOARD: &str = include_str!("../../../../docs/grafana.json");

/// A server of the protocol whose stream lacks events, so that it is repaired.
fn broken() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut text = String::new();
            let mut chunk = [0; 4096];
            while !text.contains("\"input\"") {
                let read = stream.read(&mut chunk).unwrap();
                text.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
            }
            let body = "data: {\"type\":\"response.output_text.delta\",\"item_id\":\"m\",\"output_index\":0,\"content_index\":0,\"delta\":\"Hi\"}\n\ndata: {\"type\":\"response.completed\"}\n\n";
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    base
}

/// The names of metrics in the queries of the dashboard.
fn named() -> BTreeSet<String> {
    let dashboard: Value = serde_json::from_str(DASHBOARD).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    let targets = panels
        .iter()
        .flat_map(|panel| panel["targets"].as_array().unwrap());
    let queries = targets.map(|target| target["expr"].as_str().unwrap());
    let is_word = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = queries.flat_map(|query| query.split(move |character| !is_word(character)));
    words
        .filter(|word| word.starts_with("openresponses_") || word.starts_with("process_"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_metric_of_the_dashboard_is_on_the_page() {
    let path = file(
        "dashboard.toml",
        &format!(
            r#"
            [tools.temperature]
            kind = "sample"
            [providers.one]
            kind = "embedded"
            circuit_breaker = {{ failures = 5, open_for = "30s" }}
            [providers.two]
            kind = "openresponses"
            base_url = "{}"
            [models."acme/one"]
            providers = [{{ provider = "one", model = "fault-error-start" }}, {{ provider = "one", model = "echo" }}]
            [models."acme/two"]
            providers = [{{ provider = "two", model = "any" }}]
            "#,
            broken()
        ),
    );
    let server = Server::start(&["--config", &path]);
    for model in ["acme/one", "acme/two"] {
        let input = "call temperature {\"city\":\"Paris\"}";
        let body = json!({"model": model, "input": input, "stream": true});
        assert_eq!(server.ask(&body.to_string()).status, 200);
    }
    let text = server.get(None, "/metrics").text().to_owned();
    let all = samples(&text);
    let there: BTreeSet<_> = all.keys().map(|it| it.split('{').next().unwrap()).collect();
    let names = named();
    assert!(names.len() >= 12, "{names:?}");
    for name in &names {
        assert!(there.contains(&**name), "{name} is not in {there:?}");
    }
}
