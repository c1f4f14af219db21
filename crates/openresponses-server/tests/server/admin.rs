//! Operational routes at an address of their own, and what bills and dashboards are made from.

use serde_json::{Value, json};

use crate::exposition::samples;
use crate::process::{Server, file};

const FILE: &str = r#"
[[keys]]
tenant = "acme"
sha256 = "246c6a889938d703aa7ba351c2a6abcbba304db0c338c25b9939a23cafb13851"

[providers.one]
kind = "embedded"
circuit_breaker = { failures = 1, open_for = "1h" }

[providers.two]
kind = "embedded"

[models."acme/good"]
providers = [{ provider = "two", model = "echo" }]

[models."acme/down"]
providers = [{ provider = "one", model = "fault-error-start" }]
"#;

/// A server, and its log of JSON lines.
fn start(name: &str, arguments: &[&str]) -> (Server, String) {
    let (config, log) = (
        file(&format!("{name}.toml"), FILE),
        file(&format!("{name}.log"), ""),
    );
    let fixed = [
        "--config",
        &config,
        "--log",
        "info",
        "--log-format",
        "json",
        "--log-file",
        &log,
    ];
    (Server::start(&[&fixed, arguments].concat()), log)
}

/// The first line of a log that has a field.
fn line(log: &str, field: &str) -> Value {
    loop {
        let text = std::fs::read_to_string(log).unwrap();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let mut lines = whole
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap());
        if let Some(line) = lines.find(|line| line.get(field).is_some()) {
            return line;
        }
    }
}

#[test]
fn operational_routes_move_to_the_address_of_the_flag() {
    let (mut server, log) = start("admin", &["--admin", "127.0.0.1:0"]);
    let admin = line(&log, "address")["address"]
        .as_str()
        .unwrap()
        .to_owned();
    for path in ["/healthz", "/metrics", "/probe"] {
        assert_eq!(server.get(None, path).status, 404, "{path}");
    }
    let public = std::mem::replace(&mut server.address, admin);
    for path in ["/healthz", "/metrics", "/probe"] {
        assert_eq!(server.get(None, path).status, 200, "{path}");
    }
    for path in ["/", "/v1/models", "/v1/responses"] {
        assert_eq!(
            server.get(Some("sk-acme-example"), path).status,
            404,
            "{path}"
        );
    }
    server.address = public;
    assert_eq!(
        server.get(Some("sk-acme-example"), "/v1/models").status,
        200
    );
}

#[test]
fn metrics_count_tenants_and_show_circuits_and_the_process() {
    let (server, _) = start("tenants", &[]);
    let ask = |model: &str| {
        let body = json!({"model": model, "input": "two words"}).to_string();
        server.ask_as(Some("sk-acme-example"), &body).status
    };
    assert_eq!(ask("acme/good"), 200);
    assert_eq!(ask("acme/down"), 502);
    server.ask_as(None, "{}");
    let text = server.get(None, "/metrics").text().to_owned();
    let all = samples(&text);
    for (series, expected) in [
        (
            r#"openresponses_tenant_requests_total{tenant="acme",key="none",outcome="ok"}"#,
            1.0,
        ),
        (
            r#"openresponses_tenant_requests_total{tenant="acme",key="none",outcome="upstream_error"}"#,
            1.0,
        ),
        (
            r#"openresponses_tenant_tokens_total{tenant="acme",key="none",kind="input"}"#,
            2.0,
        ),
        (r#"openresponses_circuit_state{provider="one"}"#, 2.0),
        (r#"openresponses_build_info{version="0.1.0"}"#, 1.0),
        (
            r#"openresponses_http_responses_total{route="responses",status="401"}"#,
            1.0,
        ),
    ] {
        assert_eq!(all.get(series), Some(&expected), "{series}: {text}");
    }
    #[cfg(target_os = "linux")]
    assert!(
        all["process_resident_memory_bytes"] > 1e6 && all["process_open_fds"] > 3.0,
        "{text}"
    );
}

#[test]
fn each_answer_with_tokens_is_a_line_for_bills() {
    let (server, log) = start("usage", &[]);
    let body = json!({"model": "acme/good", "input": "two words"}).to_string();
    let answer = server.ask_as(Some("sk-acme-example"), &body);
    let line = line(&log, "output_tokens");
    for (field, expected) in [
        ("target", json!("openresponses::usage")),
        ("tenant", json!("acme")),
        ("model", json!("acme/good")),
        ("provider", json!("two")),
        ("outcome", json!("ok")),
        ("input_tokens", json!(2)),
        ("cached_tokens", json!(0)),
        ("request_id", json!(answer.headers["x-request-id"])),
        ("response_id", answer.json()["id"].clone()),
    ] {
        assert_eq!(line[field], expected, "{field}: {line}");
    }
}

/// What a tenant has stored is exported and deleted at the address of operational routes only.
#[test]
fn what_a_tenant_has_stored_is_exported_and_deleted() {
    let (mut server, log) = start("stored", &["--admin", "127.0.0.1:0"]);
    let admin = line(&log, "address")["address"]
        .as_str()
        .unwrap()
        .to_owned();
    let say = |server: &Server, previous: &Value| {
        let body = json!({
            "model": "acme/good", "input": "Hello", "previous_response_id": previous,
        });
        let answer = server.ask_as(Some("sk-acme-example"), &body.to_string());
        answer.json()
    };
    let first = say(&server, &Value::Null);
    let second = say(&server, &first["id"]);
    let id = second["id"].as_str().unwrap();
    let export = format!("/stored?tenant=acme&response={id}");
    for method in ["GET", "DELETE"] {
        let answer = server.request(method, "/stored?tenant=acme", "sk-acme-example", "");
        assert_eq!(answer.status, 404, "{method}");
    }
    let public = std::mem::replace(&mut server.address, admin);
    let exported = server.get(None, &export).json();
    assert_eq!(exported["response"], second);
    assert_eq!(exported["input"].as_array().unwrap().len(), 3);
    assert_eq!(exported["own_input"], 2);
    let foreign = server.get(None, &format!("/stored?tenant=other&response={id}"));
    assert_eq!(foreign.status, 404);
    let mut connection = server.connect();
    connection.send(&format!(
        "HEAD {export} HTTP/1.1\r\nhost: localhost\r\n\r\n"
    ));
    assert_eq!(connection.head().0, 200);
    let refused = server.request("POST", "/stored?tenant=acme", "any", "");
    assert_eq!(refused.status, 405);
    assert_eq!(refused.headers["allow"], "GET, HEAD, DELETE");
    for (path, status) in [
        ("/stored?tenant=acme&response=resp_1", 400),
        ("/stored", 400),
        ("/stored?tenant=other", 200),
    ] {
        let answer = server.request("DELETE", path, "any", "");
        assert_eq!(answer.status, status, "{path}");
    }
    let deleted = server.request("DELETE", "/stored?tenant=acme", "any", "");
    assert_eq!(deleted.json(), json!({"deleted": 2}));
    assert_eq!(server.get(None, &export).status, 404);
    server.address = public;
    let gone = server.get(Some("sk-acme-example"), &format!("/v1/responses/{id}"));
    assert_eq!(gone.status, 404);
}
