//! A file that configures a gateway.

use serde_json::{Value, json};

use crate::process::{Answer, Server, file};

/// Models that fail in each way, and one that answers.
pub(crate) const MODELS: &str = r#"
[providers.one]
kind = "embedded"

[providers.two]
kind = "embedded"
lacks = ["tools"]

[models."acme/good"]
providers = ["one"]

[models."acme/second"]
providers = [{ provider = "one", model = "fault-error-start" }, { provider = "two", model = "any" }]

[models."acme/down"]
providers = [{ provider = "one", model = "rate-limited" }]
fallbacks = ["acme/good"]

[models."acme/broken"]
providers = [{ provider = "one", model = "fail-midstream" }]

[models."acme/stalls"]
providers = [{ provider = "one", model = "fault-stall" }]

[models."globex/two"]
providers = ["two"]

[aliases]
fast = "acme/good"
"#;

fn start(name: &str, more: &str) -> Server {
    let path = file(name, &format!("{more}\n{MODELS}"));
    Server::start(&["--config", &path])
}

fn ask(server: &Server, model: &str, more: Value) -> Answer {
    let mut body = json!({"model": model, "input": "Hi"});
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    server.ask(&body.to_string())
}

/// The attempts as `provider/model: outcome`.
fn attempts(response: &Value) -> Vec<String> {
    let routing = &response["provider_metadata"]["gateway"]["routing"];
    let models = routing["modelAttempts"].as_array().unwrap().iter();
    models
        .flat_map(|model| model["providerAttempts"].as_array().unwrap())
        .map(|one| {
            let outcome = one.get("error").unwrap_or(&Value::Null);
            let outcome = outcome.as_str().unwrap_or("ok");
            let (provider, model) = (&one["provider"], &one["providerApiModelId"]);
            format!(
                "{}/{}: {outcome}",
                provider.as_str().unwrap(),
                model.as_str().unwrap()
            )
        })
        .collect()
}

/// The response of a stream's last event, and the text of its deltas.
fn streamed(answer: &Answer) -> (Value, String) {
    assert_eq!(answer.headers["content-type"], "text/event-stream");
    let events: Vec<Value> = answer
        .text()
        .lines()
        .filter_map(|line| line.strip_prefix("data: ").filter(|data| *data != "[DONE]"))
        .map(|data| serde_json::from_str(data).unwrap())
        .collect();
    let deltas = events
        .iter()
        .filter_map(|event| event["delta"].as_str())
        .collect();
    (events.last().unwrap()["response"].clone(), deltas)
}

#[test]
fn falls_back_to_the_next_provider_and_to_the_next_model() {
    let server = start("fallback.toml", "");
    for (model, tried) in [
        ("acme/good", vec!["one/good: ok"]),
        ("good", vec!["one/good: ok"]),
        ("fast", vec!["one/good: ok"]),
        (
            "acme/second",
            vec!["one/fault-error-start: upstream_error", "two/any: ok"],
        ),
        (
            "acme/down",
            vec!["one/rate-limited: rate_limit_exceeded", "one/good: ok"],
        ),
    ] {
        let whole = ask(&server, model, json!({})).json();
        assert_eq!(attempts(&whole), tried, "{model}");
        assert_eq!(whole["model"], model);
        assert_eq!(whole["output"][0]["content"][0]["text"], "Echo: Hi");
        let (response, text) = streamed(&ask(&server, model, json!({"stream": true})));
        assert_eq!(attempts(&response), tried, "{model}");
        assert_eq!(text, "Echo: Hi");
    }
    let more = json!({"providerOptions": {"gateway": {"models": ["globex/two"]}}});
    let answer = ask(&server, "acme/down", more).json();
    assert_eq!(attempts(&answer)[1], "two/two: ok");
}

#[test]
fn each_setting_of_the_gateway_has_an_effect() {
    let settings = r#"
        [gateway]
        default_model = "fast"
        bare_names = "refuse"
        report = false
        attempts = 1
        [gateway.unsupported]
        tools = "strip"
    "#;
    let server = start("settings.toml", settings);
    let answer = server.ask(r#"{"input":"Hi"}"#).json();
    assert_eq!(answer["model"], "fast");
    assert_eq!(answer.get("provider_metadata"), None);
    assert_eq!(ask(&server, "good", json!({})).status, 404);
    assert_eq!(ask(&server, "acme/second", json!({})).status, 502);
    let tools = json!({"tools": [{"type": "function", "name": "f"}]});
    let answer = ask(&server, "globex/two", tools.clone()).json();
    assert_eq!(answer["output"][0]["type"], "message");

    let refusing = start(
        "failover.toml",
        "[gateway]\nfailover = [\"rate_limited\"]\n",
    );
    assert_eq!(
        ask(&refusing, "globex/two", tools).error()["param"],
        "tools"
    );
    assert_eq!(ask(&refusing, "acme/down", json!({})).status, 200);
    let refused = ask(&refusing, "acme/second", json!({}));
    assert_eq!(
        (refused.status, &refused.error()["code"]),
        (502, &json!("upstream_error"))
    );
}

#[test]
fn the_models_are_listed() {
    let server = start("listed.toml", "[server]\nprefix = \"/api\"");
    let list = server.get(Some("anything"), "/api/models").json();
    let ids: Vec<&str> = list["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert!(
        ids.contains(&"acme/good") && ids.contains(&"fast"),
        "{list}"
    );
    assert_eq!(server.get(Some("anything"), "/api/models/fast").status, 200);
    assert_eq!(server.get(Some("anything"), "/api/models/none").status, 404);
    assert_eq!(server.get(None, "/api/models").status, 401);
    assert_eq!(server.get(Some("anything"), "/v1/models").status, 404);
}

#[test]
fn limits_of_a_provider_count_what_streams() {
    let more = r#"
        [providers.narrow]
        kind = "embedded"
        concurrency = 1
        [models."acme/narrow"]
        providers = [{ provider = "narrow", model = "fault-stall" }]
    "#;
    let server = start("narrow.toml", more);
    let body = r#"{"model":"acme/narrow","input":"x","stream":true}"#;
    let mut first = server.connect();
    first.send(&crate::process::post(body));
    assert_eq!(first.head().0, 200);
    let second = server.ask(body);
    assert_eq!(second.status, 503);
    assert_eq!(second.headers["retry-after"], "1");
}

#[test]
fn without_models_the_file_leaves_the_embedded_model_alone() {
    let path = file("plain.toml", "[limits]\nbody = 200\n");
    let server = Server::start(&["--config", &path]);
    let answer = server.ask(r#"{"model":"any","input":"Hi"}"#).json();
    assert_eq!(answer["output"][0]["content"][0]["text"], "Echo: Hi");
    assert_eq!(answer.get("provider_metadata"), None);
    let long = json!({"model": "any", "input": "x".repeat(200)}).to_string();
    assert_eq!(server.ask(&long).status, 413);
    let models = server.get(Some("test"), "/v1/models").json();
    assert_eq!(models["data"][0]["id"], "embedded");
}

#[test]
fn the_sample_answers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/gateway.toml");
    let server = Server::start(&["--config", path]);
    let ask = |key, model: &str| {
        server.ask_as(
            Some(key),
            &json!({"model": model, "input": "Hi"}).to_string(),
        )
    };
    let answer = ask("sk-acme-example", "anthropic/claude-sonnet-4.5").json();
    assert_eq!(
        attempts(&answer),
        [
            "anthropic/fault-error-start: upstream_error",
            "bedrock/us.anthropic.claude-sonnet-4-5: ok"
        ]
    );
    assert_eq!(ask("sk-globex-example", "fast").status, 200);
    assert_eq!(
        ask("sk-globex-example", "anthropic/claude-sonnet-4.5").status,
        403
    );
}
