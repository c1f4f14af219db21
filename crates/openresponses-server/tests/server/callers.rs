//! Keys, tenants and their policies.

use serde_json::{Value, json};

use crate::gateway::MODELS;
use crate::process::{Answer, Server, file};
use crate::socket::Socket;

/// The digests are those of `sk-acme` and `sk-globex`.
const KEYS: &str = r#"
[[keys]]
tenant = "acme"
sha256 = "5f8eee912cd7c0ccb238560e8a22e7f78909e6dac18288188f7f4ea35112700d"

[[keys]]
tenant = "globex"
sha256 = "486E1DAD908597991E4425462823F650CFC9DED21DE30AF03481F0A489F983DB"
models = ["acme/*", "two"]
rate = { requests = 3, per = "1h" }

[[keys]]
tenant = "initech"
env = "INITECH_KEYS"

[[keys]]
file = "callers-keys.txt"
"#;

const LEGACY: &str = "# one a line\nhooli=sk-hooli\nsk-alone\n";

fn start(name: &str, arguments: &[&str]) -> Server {
    file("callers-keys.txt", LEGACY);
    let path = file(name, &format!("{KEYS}\n{MODELS}"));
    let arguments = [&["--config", &path], arguments].concat();
    Server::start_with(
        &arguments,
        &[("INITECH_KEYS", "sk-initech-1\nsk-initech-2\n")],
    )
}

fn body(model: &str) -> String {
    json!({"model": model, "input": "Hi"}).to_string()
}

/// The error is the documented body and nothing else.
#[track_caller]
fn refused(answer: &Answer, status: u16, kind: &str, param: &str, code: &str) {
    assert_eq!(answer.status, status, "{}", answer.text());
    let body = answer.json();
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["error"]);
    let error = &body["error"];
    assert!(
        error["message"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    );
    let rest = json!({"message": error["message"], "type": kind, "param": param, "code": code});
    assert_eq!(*error, rest);
    assert!(answer.headers.contains_key("x-request-id"));
}

#[test]
fn each_status_of_a_gateway() {
    let server = start("statuses.toml", &[]);
    let acme = |body: &str| server.ask_as(Some("sk-acme"), body);
    assert_eq!(acme(&body("acme/good")).status, 200);

    let missing = acme(r#"{"input":"Hi"}"#);
    refused(
        &missing,
        400,
        "invalid_request_error",
        "model",
        "missing_parameter",
    );
    let stranger = server.ask_as(Some("sk-acm"), &body("acme/good"));
    refused(
        &stranger,
        401,
        "authentication_error",
        "authorization",
        "invalid_api_key",
    );
    assert_eq!(stranger.headers["www-authenticate"], "Bearer");
    let anonymous = server.ask_as(None, &body("acme/good"));
    refused(
        &anonymous,
        401,
        "authentication_error",
        "authorization",
        "missing_api_key",
    );
    let unknown = acme(&body("acme/none"));
    refused(&unknown, 404, "not_found", "model", "model_not_found");
    let path = server.get(Some("sk-acme"), "/v1/nothing");
    refused(&path, 404, "not_found", "url", "unknown_url");
    let broken = acme(&body("acme/broken"));
    refused(&broken, 500, "model_error", "model", "model_failed");

    let globex = |body: &str| server.ask_as(Some("sk-globex"), body);
    let foreign = globex(&body("globex/two"));
    refused(
        &foreign,
        403,
        "permission_error",
        "model",
        "model_not_allowed",
    );
    // By a permitted name.
    assert_eq!(globex(&body("two")).status, 200);
    assert_eq!(globex(&body("acme/good")).status, 200);
    let fourth = globex(&body("acme/good"));
    refused(
        &fourth,
        429,
        "too_many_requests",
        "authorization",
        "rate_limit_exceeded",
    );
    let wait: u32 = fourth.headers["retry-after"].parse().unwrap();
    assert!((1..=1200).contains(&wait), "{wait}");
    // Other tenants are not limited.
    assert_eq!(acme(&body("acme/good")).status, 200);
}

#[test]
fn a_model_that_a_key_may_not_use_is_no_fallback_either() {
    let server = start("no-fallback.toml", &[]);
    let body = json!({"model": "acme/broken", "input": "Hi",
        "providerOptions": {"gateway": {"models": ["globex/two"]}}});
    let acme = server.ask_as(Some("sk-acme"), &body.to_string());
    assert_eq!(acme.status, 200, "{}", acme.text());
    let globex = server.ask_as(Some("sk-globex"), &body.to_string());
    assert_eq!(globex.status, 500, "{}", globex.text());
}

#[test]
fn a_key_sees_the_models_that_it_may_use() {
    let server = start("seen.toml", &[]);
    let ids = |key| -> Vec<Value> {
        let list = server.get(Some(key), "/v1/models").json();
        list["data"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["id"].clone())
            .collect()
    };
    assert!(ids("sk-acme").contains(&json!("globex/two")));
    let some = ids("sk-globex");
    assert!(some.contains(&json!("acme/good")) && !some.contains(&json!("globex/two")));
}

#[test]
fn tenants_are_separate_for_keys_of_all_sources() {
    let server = start("tenants.toml", &[]);
    let first = |key| {
        let made = server.ask_as(Some(key), &body("acme/good")).json();
        made["id"].as_str().unwrap().to_owned()
    };
    let sees = |key, id: &str| server.get(Some(key), &format!("/v1/responses/{id}")).status;
    let keys = [
        ("acme", "sk-acme"),
        ("globex", "sk-globex"),
        ("initech", "sk-initech-1"),
        ("initech", "sk-initech-2"),
        ("hooli", "sk-hooli"),
        ("alone", "sk-alone"),
    ];
    for (owner, key) in keys.iter().filter(|(_, key)| *key != "sk-globex") {
        let id = first(key);
        for (tenant, other) in keys.iter().filter(|(_, key)| *key != "sk-globex") {
            let status = if owner == tenant { 200 } else { 404 };
            assert_eq!(sees(other, &id), status, "{key} {other}");
        }
    }
    // Its limit allows one request for another tenant's response.
    assert_eq!(sees("sk-globex", &first("sk-acme")), 404);
}

#[test]
fn no_key_is_ever_shown() {
    let log = file("keys.log", "");
    let server = start("logged.toml", &["--log", "debug", "--log-file", &log]);
    for key in [
        "sk-acme",
        "sk-globex",
        "sk-initech-1",
        "sk-hooli",
        "sk-stranger",
    ] {
        server.ask_as(Some(key), &body("acme/second"));
        server.ask_as(Some(key), &body("sk-acme"));
        server.get(Some(key), &format!("/v1/models?api_key={key}"));
    }
    let metrics = server.get(None, "/metrics");
    drop(server);
    let logged = std::fs::read_to_string(&log).unwrap();
    // The log is not empty.
    assert!(logged.contains("an attempt failed"), "{logged}");
    for key in [
        "sk-globex",
        "sk-initech",
        "sk-hooli",
        "sk-stranger",
        "5f8eee91",
        "486e1dad",
    ] {
        assert!(!logged.contains(key), "{key}");
        assert!(!metrics.text().contains(key), "{key}");
    }
}

#[test]
fn the_limit_of_all_tenants_counts_for_each() {
    let limits = "[limits]\nrate = { requests = 2, per = \"1h\" }\n";
    let path = file("limits.toml", &format!("{limits}{MODELS}"));
    let server = Server::start(&["--config", &path]);
    for key in ["one", "two"] {
        let statuses = [(); 3].map(|()| server.ask_as(Some(key), &body("acme/good")).status);
        assert_eq!(statuses, [200, 200, 429], "{key}");
    }
    assert_eq!(server.ask_as(Some("bad"), &body("acme/good")).status, 401);
}

#[test]
fn limits_count_the_turns_of_a_websocket_as_well() {
    let limits = "[limits]\nrate = { requests = 3, per = \"1h\" }\n";
    let path = file("socket-limits.toml", &format!("{limits}{MODELS}"));
    let server = Server::start(&["--config", &path]);
    // The handshake counts, and so does each message, whether it generates or not.
    let mut socket = Socket::open(&server, "one");
    for (generate, expected) in [
        (true, "response.completed"),
        (false, "response.completed"),
        (false, "error"),
        (true, "error"),
    ] {
        let end = socket.ask(json!({"model": "fast", "input": "Hi", "generate": generate}));
        assert_eq!(end["type"], expected, "{end}");
        if expected == "error" {
            assert_eq!(end["status"], 429);
        }
    }
    assert_eq!(server.ask_as(Some("one"), &body("fast")).status, 429);
}

#[test]
fn a_websocket_is_its_keys() {
    let server = start("socket-models.toml", &[]);
    let mut socket = Socket::open(&server, "sk-globex");
    let refused = socket.ask(json!({"model": "globex/two", "input": "Hi"}));
    assert_eq!(refused["status"], 403, "{refused}");
    assert_eq!(refused["error"]["code"], "model_not_allowed");
    let answer = socket.ask(json!({"model": "acme/good", "input": "Hi"}));
    assert_eq!(answer["type"], "response.completed", "{answer}");
}

#[test]
fn without_a_file_lists_and_checks_need_what_a_response_needs() {
    let server = Server::start(&[]);
    for (key, status, code) in [
        (None, 401, "missing_api_key"),
        (Some("bad"), 401, "invalid_api_key"),
        (Some("test"), 200, ""),
    ] {
        let list = server.get(key, "/v1/models");
        let check = key.map(|key| server.request("POST", "/playground/check", key, ""));
        for answer in [Some(list), check].into_iter().flatten() {
            assert_eq!(answer.status, status, "{key:?}");
            let found = answer.json();
            assert_eq!(found["error"]["code"].as_str().unwrap_or_default(), code);
        }
    }
}
