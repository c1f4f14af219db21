//! Tools that run on the server.

use serde_json::{Value, json};

use crate::process::{Server, file};

fn types(response: &Value) -> Vec<&str> {
    let items = response["output"].as_array().unwrap().iter();
    items.map(|item| item["type"].as_str().unwrap()).collect()
}

#[test]
fn the_sample_tool_runs_where_it_is_enabled() {
    let body = json!({"model": "any", "input": "How warm is it in Paris? call temperature {\"city\":\"Paris\"}"});
    let server = Server::start(&["--sample-tool"]);
    let answer = server.ask(&body.to_string()).json();
    assert_eq!(types(&answer), ["sample:temperature", "message"]);
    let item = &answer["output"][0];
    assert_eq!(item["status"], "completed");
    assert_eq!(item["arguments"], "{\"city\":\"Paris\"}");
    assert_eq!(item["output"], "31 degrees in Paris");
    let text = answer["output"][1]["content"][0]["text"].as_str().unwrap();
    assert_eq!(text, "Tool result: 31 degrees in Paris");
    let metrics = server.get(None, "/metrics");
    let line = r#"openresponses_tool_calls_total{tool="temperature",outcome="ok"} 1"#;
    assert!(metrics.text().contains(line), "{}", metrics.text());

    let server = Server::start(&[]);
    let answer = server.ask(&body.to_string()).json();
    assert_eq!(types(&answer), ["message"]);
}

#[test]
fn the_file_restricts_who_may_use_a_tool() {
    let path = file(
        "tools-who.toml",
        r#"
        [tools.temperature]
        kind = "sample"
        models = ["acme/*"]
        [providers.acme]
        kind = "embedded"
        any_model = true
        [providers.globex]
        kind = "embedded"
        any_model = true
        "#,
    );
    let server = Server::start(&["--config", &path]);
    for (model, expected) in [
        ("acme/any", &["sample:temperature", "message"][..]),
        ("globex/any", &["message"][..]),
    ] {
        let answer = server.ask(&json!({"model": model, "input": "Hi"}).to_string());
        assert_eq!(types(&answer.json()), expected, "{model}");
    }
}

#[test]
fn each_round_is_an_attempt_of_its_own() {
    let path = file(
        "tools-rounds.toml",
        r#"
        [tools.temperature]
        kind = "sample"
        [providers.one]
        kind = "embedded"
        [models."acme/second"]
        providers = [{ provider = "one", model = "fault-error-start" }, { provider = "one", model = "any" }]
        "#,
    );
    let server = Server::start(&["--config", &path]);
    let answer = server
        .ask(&json!({"model": "acme/second", "input": "Hi"}).to_string())
        .json();
    let rounds = answer["provider_metadata"]["tool_loop"]["rounds"]
        .as_array()
        .unwrap();
    assert_eq!(rounds.len(), 2);
    let attempts =
        |metadata: &Value| metadata["gateway"]["routing"]["totalProviderAttemptCount"].as_u64();
    assert_eq!(attempts(&rounds[0]["provider_metadata"]), Some(2));
    assert_eq!(attempts(&answer["provider_metadata"]), Some(2));
    let usage = |value: &Value| value["total_tokens"].as_u64().unwrap();
    assert_eq!(
        usage(&answer["usage"]),
        usage(&rounds[0]["usage"]) + usage(&rounds[1]["usage"])
    );
}

#[test]
fn the_log_has_no_key_of_a_server_that_is_away() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let log = file("tools-away.log", "");
    let config = file(
        "tools-away.toml",
        &format!(
            r#"
            [tools.away]
            kind = "mcp"
            url = "http://name-secret:word-secret@{address}/mcp?apiKey=key-secret"
            [providers.one]
            kind = "embedded"
            any_model = true
            "#
        ),
    );
    let server = Server::start(&["--config", &config, "--log", "info", "--log-file", &log]);
    let answer = server.ask(&json!({"model": "one/any", "input": "Hi"}).to_string());
    assert_eq!(types(&answer.json()), ["message"]);
    // The answer is written after the warning.
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.contains("an MCP server is left out"), "{text}");
    assert!(text.contains(&address.to_string()), "{text}");
    assert!(!text.contains("secret"), "{text}");
}
