//! The log: one line a request, and the ids in every line of a request.

use std::io::Read;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::process::{Server, file, post, program};
use crate::socket::Socket;

/// A gateway with one key, `sk-acme-example`.
const FILE: &str = r#"
[[keys]]
tenant = "acme"
sha256 = "246c6a889938d703aa7ba351c2a6abcbba304db0c338c25b9939a23cafb13851"

[providers.one]
kind = "embedded"

[models."acme/good"]
providers = [{ provider = "one", model = "echo" }]

[models."acme/broken"]
providers = [{ provider = "one", model = "fail-midstream" }]

[models."acme/slow"]
providers = [{ provider = "one", model = "slow" }]
"#;

/// A running gateway and its log of JSON lines.
struct Logged {
    server: Server,
    log: String,
}

impl Logged {
    fn start(name: &str, level: &str) -> Self {
        let (config, log) = (
            file(&format!("{name}.toml"), FILE),
            file(&format!("{name}.log"), ""),
        );
        let arguments = [
            "--config",
            &config,
            "--log",
            level,
            "--log-format",
            "json",
            "--log-file",
            &log,
        ];
        Self {
            server: Server::start(&arguments),
            log,
        }
    }

    fn lines(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).unwrap();
        // The last line may be in the middle of being written.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Waits for this many lines of requests.
    fn access(&self, count: usize) -> Vec<Value> {
        loop {
            let mut lines = self.lines();
            lines.retain(|line| line["target"] == "openresponses::access");
            if lines.len() >= count {
                return lines;
            }
        }
    }
}

fn body(model: &str, stream: bool) -> String {
    json!({"model": model, "input": "one two", "stream": stream}).to_string()
}

#[test]
fn each_request_is_one_line() {
    let logged = Logged::start("access", "info");
    let answer = logged
        .server
        .ask_as(Some("sk-acme-example"), &body("acme/good", true));
    let whole = logged
        .server
        .ask_as(Some("sk-acme-example"), &body("acme/good", false));
    assert_eq!(logged.server.ask_as(Some("sk-wrong"), "{}").status, 401);
    let id = whole.json()["id"].as_str().unwrap().to_owned();
    logged
        .server
        .request("GET", &format!("/v1/responses/{id}"), "sk-acme-example", "");
    logged.server.get(Some("sk-acme-example"), "/v1/models");
    logged.server.get(None, "/healthz");
    let lines = logged.access(5);
    assert_eq!(lines.len(), 5, "{lines:#?}");

    let first = &lines[0];
    for (field, expected) in [
        ("level", json!("INFO")),
        ("method", json!("POST")),
        ("route", json!("/responses")),
        ("status", json!(200)),
        ("request_bytes", json!(body("acme/good", true).len())),
        ("bytes", json!(answer.body.len())),
        ("tenant", json!("acme")),
        ("model", json!("acme/good")),
        ("provider", json!("one")),
        ("request_id", json!(answer.headers["x-request-id"])),
        ("complete", json!(true)),
    ] {
        assert_eq!(first[field], expected, "{field}: {first}");
    }
    let created = answer.text().split("\"id\":\"").nth(1).unwrap();
    assert_eq!(
        first["response_id"],
        json!(created.split('"').next().unwrap())
    );
    let (seen, whole) = (
        first["first_output_ms"].as_f64(),
        first["duration_ms"].as_f64(),
    );
    assert!(seen.unwrap() > 0.0 && seen <= whole, "{first}");

    assert_eq!(lines[1]["response_id"], json!(id));
    assert_eq!(
        (&lines[2]["status"], &lines[2]["error"]),
        (&json!(401), &json!("invalid_api_key"))
    );
    assert!(lines[2].get("tenant").is_none(), "{}", lines[2]);
    assert_eq!(
        (&lines[3]["method"], &lines[3]["route"]),
        (&json!("GET"), &json!("/responses/{id}"))
    );
    assert_eq!(lines[4]["route"], json!("/models"));
}

#[test]
fn a_client_that_leaves_is_a_line_too() {
    let logged = Logged::start("left", "info");
    let mut connection = logged.server.connect();
    let request = post(&json!({"model": "acme/slow", "input": "x", "stream": true}).to_string());
    connection.send(&request.replace("Bearer test", "Bearer sk-acme-example"));
    connection.head();
    drop(connection);
    let line = &logged.access(1)[0];
    assert_eq!(line["complete"], json!(false), "{line}");
}

#[test]
fn each_turn_of_a_websocket_is_one_line() {
    let logged = Logged::start("turns", "info");
    let mut socket = Socket::open(&logged.server, "sk-acme-example");
    let good = socket.ask(json!({"model": "acme/good", "input": "one two"}));
    socket.ask(json!({"model": "acme/broken", "input": "x"}));
    socket.ask(json!({"model": "no/such", "input": "x"}));
    socket.ask(json!({"model": 1}));
    socket
        .send(&json!({"type": "response.create", "model": "acme/slow", "input": "x"}).to_string());
    socket.next();
    drop(socket);
    // Of the handshake and of five messages.
    let lines = logged.access(6);
    assert_eq!(lines.len(), 6, "{lines:#?}");
    assert_eq!(
        (&lines[0]["method"], &lines[0]["status"]),
        (&json!("GET"), &json!(101))
    );
    let expected = [
        (200, Value::Null, true),
        (200, json!("model_failed"), true),
        (404, json!("model_not_found"), true),
        (400, json!("invalid_type"), true),
        (200, Value::Null, false),
    ];
    for (line, (status, error, complete)) in lines[1..].iter().zip(expected) {
        assert_eq!(line["method"], "WEBSOCKET", "{line}");
        assert_eq!(line["route"], "/responses", "{line}");
        assert_eq!(line["tenant"], "acme", "{line}");
        assert_eq!(line["request_id"], lines[0]["request_id"], "{line}");
        let found = (&line["status"], &line["error"], &line["complete"]);
        assert_eq!(found, (&json!(status), &error, &json!(complete)), "{line}");
        assert!(line["request_bytes"].as_u64() > Some(0), "{line}");
        assert!(line["bytes"].as_u64() > Some(0), "{line}");
    }
    let good_line = &lines[1];
    assert_eq!(good_line["response_id"], good["response"]["id"]);
    assert_eq!(good_line["model"], "acme/good");
    assert_eq!(good_line["provider"], "one");
    assert!(
        good_line["first_output_ms"].as_f64() > Some(0.0),
        "{good_line}"
    );
}

#[test]
fn every_line_of_a_request_has_its_ids() {
    let logged = Logged::start("ids", "debug");
    for stream in [true, false] {
        logged
            .server
            .ask_as(Some("sk-acme-example"), &body("acme/broken", stream));
    }
    let mut socket = Socket::open(&logged.server, "sk-acme-example");
    let end = socket.ask(json!({"model": "acme/broken", "input": "x"}));
    assert_eq!(end["type"], "response.failed", "{end}");
    drop(socket);
    logged.access(3);
    let failed: Vec<_> = logged
        .lines()
        .into_iter()
        .filter(|line| line["level"] == "ERROR" || line["level"] == "WARN")
        .collect();
    assert!(failed.len() >= 3, "{failed:#?}");
    for line in failed {
        let spans = line["spans"].as_array().unwrap();
        for id in ["request_id", "response_id", "tenant"] {
            assert!(
                spans.iter().any(|span| span.get(id).is_some()),
                "{id}: {line}"
            );
        }
    }
}

#[test]
fn faults_of_clients_are_not_errors() {
    let logged = Logged::start("faults", "debug");
    let server = &logged.server;
    for body in ["{", r#"{"model":"no/such","input":"x"}"#, r#"{"model":1}"#] {
        assert!(server.ask_as(Some("sk-acme-example"), body).status < 500);
    }
    server.ask_as(None, "{}");
    let mut aborted = server.connect();
    aborted.send(
        &post("x")
            .replace("Bearer test", "Bearer sk-acme-example")
            .replace("length: 1", "length: 9"),
    );
    drop(aborted);
    logged.access(5);
    for line in logged.lines() {
        assert!(
            ["INFO", "DEBUG"].contains(&line["level"].as_str().unwrap()),
            "{line}"
        );
    }
}

#[test]
fn the_log_goes_to_standard_error_by_default() {
    let child = program()
        .args(["--listen", "127.0.0.1:0"])
        .env_remove("RUST_LOG")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut server = Server::of(child);
    assert_eq!(server.ask(&body("any", false)).status, 200);
    let mut stderr = server.child.stderr.take().unwrap();
    drop(server);
    let mut text = String::new();
    stderr.read_to_string(&mut text).unwrap();
    assert!(
        text.contains(
            "INFO openresponses::access: request method=\"POST\" route=\"/responses\" status=200"
        ),
        "{text}"
    );
    // Without keys the tenant is the bearer token.
    assert!(!text.contains("tenant"), "{text}");
}

#[test]
fn a_filter_that_cannot_be_read_is_refused() {
    for (arguments, variable, expected) in [
        (
            vec!["--log", "loud"],
            "",
            "--log: it must be error, warn, info",
        ),
        (
            vec!["--log-format", "xml"],
            "",
            "--log-format: it must be text or json",
        ),
        (
            vec!["--listen", "127.0.0.1:0"],
            "loud",
            "RUST_LOG: it must be error",
        ),
    ] {
        let ran = program()
            .args(arguments)
            .env("RUST_LOG", variable)
            .output()
            .unwrap();
        let shown = String::from_utf8(ran.stderr).unwrap();
        assert!(shown.contains(expected) && !ran.status.success(), "{shown}");
    }
}
