//! The trace of a request over server, gateway, upstream and tools.

use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::{Value, json};

use crate::collector::{Collector, Manner};
use crate::model_server::ModelServer;
use crate::process::{Server, file, post};
use crate::socket::Socket;
use crate::tree::{integer, is_error, named, text, tree};

const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// A gateway whose first provider is always down.
fn gateway(name: &str, upstream: &str) -> String {
    let content = format!(
        r#"
        [tools.temperature]
        kind = "sample"
        [providers.down]
        kind = "embedded"
        [providers.up]
        kind = "chat"
        base_url = "{upstream}"
        [models."acme/one"]
        providers = [{{ provider = "down", model = "fault-error-start" }}, {{ provider = "up", model = "uno" }}]
        [models."acme/slow"]
        providers = [{{ provider = "down", model = "slow" }}]
        "#
    );
    file(name, &content)
}

fn body(model: &str, stream: bool) -> String {
    json!({"model": model, "input": "How warm is it?", "stream": stream, "temperature": 0.5})
        .to_string()
}

/// Sends a request with a trace context.
fn ask_in_trace(server: &Server, body: &str) -> crate::process::Answer {
    let mut connection = server.connect();
    let head = format!("traceparent: {PARENT}\r\ntracestate: vendor=1\r\ncontent-type:");
    connection.send(&post(body).replace("content-type:", &head));
    connection.answer()
}

/// What one request gives: also shown in `docs/observability.md`.
const ROUNDS: &str = concat!(
    "  chat acme/one (internal)\n",
    "    chat fault-error-start (client) error.type=upstream_error ERROR\n",
    "    chat uno (client)\n",
    "  execute_tool temperature (internal)\n",
    "  chat acme/one (internal)\n",
    "    chat fault-error-start (client) error.type=upstream_error ERROR\n",
    "    chat uno (client)\n",
);

#[test]
fn one_request_is_one_tree() {
    let (collector, model) = (Collector::start(Manner::Works), ModelServer::start());
    let server = collector.server(&["--config", &gateway("otlp-tree.toml", &model.base)]);
    let answer = server.ask(&body("acme/one", false));
    assert_eq!(answer.status, 200, "{}", answer.text());
    let spans = collector.spans_of(server);
    let expected = format!("POST /responses (server)\n{ROUNDS}");
    assert_eq!(tree(&spans, b""), expected);
    let ids: std::collections::BTreeSet<_> = spans.iter().map(|span| &span.trace_id).collect();
    assert_eq!((spans.len(), ids.len()), (8, 1));

    // Each attempt is the parent of the model server's own spans.
    let mut attempts: Vec<_> = spans.iter().filter(|it| it.name == "chat uno").collect();
    attempts.sort_by_key(|span| span.start_time_unix_nano);
    let sent: Vec<_> = attempts.iter().map(|span| header(span)).collect();
    assert_eq!(model.parents(), sent);
    attributes(&attempts, &spans, &answer.json());
}

/// Returns `traceparent` of a span.
fn header(span: &Span) -> String {
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>()
    };
    format!("00-{}-{}-01", hex(&span.trace_id), hex(&span.span_id))
}

/// Checks what the spans say.
fn attributes(attempts: &[&Span], spans: &[Span], response: &Value) {
    let server = named(spans, "POST /responses");
    assert_eq!(text(server, "http.route").unwrap(), "/responses");
    assert_eq!(integer(server, "http.response.status_code"), Some(200));
    let id = response["id"].as_str().unwrap();
    assert_eq!(text(server, "response_id").unwrap(), id);
    let first = attempts[0];
    for (key, expected) in [
        ("gen_ai.operation.name", "chat"),
        ("gen_ai.provider.name", "up"),
        ("gen_ai.request.model", "uno"),
        ("gen_ai.response.model", "uno"),
        ("gen_ai.response.finish_reasons", "[stop]"),
        ("server.address", "127.0.0.1"),
    ] {
        assert_eq!(text(first, key).as_deref(), Some(expected), "{key}");
    }
    for (key, expected) in [
        ("gen_ai.usage.input_tokens", 20),
        ("gen_ai.usage.output_tokens", 5),
        ("gen_ai.usage.cache_read.input_tokens", 8),
        ("gen_ai.usage.reasoning.output_tokens", 3),
    ] {
        assert_eq!(integer(first, key), Some(expected), "{key}");
    }
    let tool = named(spans, "execute_tool temperature");
    for (key, expected) in [
        ("gen_ai.operation.name", "execute_tool"),
        ("gen_ai.tool.name", "temperature"),
        ("gen_ai.tool.type", "function"),
        ("gen_ai.tool.call.id", "call_1"),
    ] {
        assert_eq!(text(tool, key).as_deref(), Some(expected), "{key}");
    }
}

#[test]
fn a_streamed_request_continues_the_clients_trace() {
    let (collector, model) = (Collector::start(Manner::Works), ModelServer::start());
    let server = collector.server(&["--config", &gateway("otlp-stream.toml", &model.base)]);
    let answer = ask_in_trace(&server, &body("acme/one", true));
    assert_eq!(answer.status, 200);
    let spans = collector.spans_of(server);
    let parent = u64::from_str_radix("b7ad6b7169203331", 16)
        .unwrap()
        .to_be_bytes();
    let expected = format!("POST /responses (server)\n{ROUNDS}");
    assert_eq!(tree(&spans, &parent), expected);
    assert!(
        model
            .parents()
            .iter()
            .all(|it| it.starts_with(&PARENT[..36]))
    );
    assert!(model.heads.lock().unwrap()[0].contains("tracestate: vendor=1"));
    let requests = spans.iter().filter(|span| span.name == "chat acme/one");
    for span in requests {
        assert!(crate::tree::value(span, "gen_ai.response.time_to_first_chunk").is_some());
    }
}

#[test]
fn a_client_is_ignored_where_that_is_set() {
    let (collector, model) = (Collector::start(Manner::Works), ModelServer::start());
    let config = gateway("otlp-ignore.toml", &model.base);
    let server = collector.server(&["--config", &config, "--trace-context", "ignore"]);
    ask_in_trace(&server, &body("acme/one", false));
    let spans = collector.spans_of(server);
    assert!(tree(&spans, b"").starts_with("POST /responses (server)\n"));
    assert!(!model.parents()[0].contains(&PARENT[3..35]));
}

#[test]
fn a_turn_of_a_websocket_is_below_its_handshake() {
    let (collector, model) = (Collector::start(Manner::Works), ModelServer::start());
    let server = collector.server(&["--config", &gateway("otlp-socket.toml", &model.base)]);
    let mut socket = Socket::open(&server, "test");
    let end = socket.ask(json!({"model": "acme/one", "input": "x"}));
    assert_eq!(end["type"], "response.completed", "{end}");
    drop(socket);
    let spans = collector.spans_of(server);
    let indented: String = ROUNDS.lines().map(|line| format!("  {line}\n")).collect();
    let expected = format!("GET /responses (server)\n  WEBSOCKET /responses (server)\n{indented}");
    assert_eq!(tree(&spans, b""), expected);
}

#[test]
fn a_background_response_is_below_the_request_that_has_ended() {
    let (collector, model) = (Collector::start(Manner::Works), ModelServer::start());
    let server = collector.server(&["--config", &gateway("otlp-background.toml", &model.base)]);
    let asked = json!({"model": "acme/slow", "input": "one two", "background": true});
    let answer = server.ask(&asked.to_string()).json();
    let path = format!("/v1/responses/{}", answer["id"].as_str().unwrap());
    while server.request("GET", &path, "test", "").json()["status"] != "completed" {}
    let spans = collector.spans_of(server);
    let polls = spans
        .iter()
        .filter(|span| span.name.starts_with("GET "))
        .count();
    assert!(polls > 0);
    let own: Vec<_> = spans
        .into_iter()
        .filter(|it| !it.name.starts_with("GET "))
        .collect();
    let expected = "\
POST /responses (server)
  background (internal)
    chat acme/slow (internal)
      chat slow (client)
";
    assert_eq!(tree(&own, b""), expected);
    let (request, work) = (named(&own, "POST /responses"), named(&own, "background"));
    assert!(request.end_time_unix_nano < work.end_time_unix_nano);
}

#[test]
fn a_client_that_leaves_ends_its_spans_without_an_error() {
    let (collector, model) = (Collector::start(Manner::Works), ModelServer::start());
    let server = collector.server(&["--config", &gateway("otlp-left.toml", &model.base)]);
    let mut connection = server.connect();
    connection.send(&post(&body("acme/slow", true)));
    connection.head();
    connection.chunk();
    drop(connection);
    // The next scrape tells that no request is open.
    loop {
        let metrics = server.get(None, "/metrics").text().to_owned();
        if metrics.contains("openresponses_active_requests 0") {
            break;
        }
    }
    let spans = collector.spans_of(server);
    let expected = "\
POST /responses (server)
  chat acme/slow (internal) error.type=cancelled
    chat slow (client) error.type=cancelled
";
    assert_eq!(tree(&spans, b""), expected);
    let attempt = named(&spans, "chat slow");
    assert_eq!(
        text(attempt, "gen_ai.response.finish_reasons").unwrap(),
        "[error]"
    );
    assert!(!is_error(attempt));
}

#[test]
fn a_failed_request_is_an_error_and_a_refused_one_is_none() {
    let (collector, model) = (Collector::start(Manner::Works), ModelServer::start());
    let server = collector.server(&["--config", &gateway("otlp-failed.toml", &model.base)]);
    server.ask("{");
    server.ask(&json!({"model": "no/such", "input": "x"}).to_string());
    let spans = collector.spans_of(server);
    assert!(
        spans
            .iter()
            .filter(|it| it.name == "POST /responses")
            .all(|it| !is_error(it))
    );
    let errors: Vec<_> = spans
        .iter()
        .filter_map(|it| text(it, "error.type"))
        .collect();
    assert!(errors.contains(&"model_not_found".into()), "{errors:?}");
}
