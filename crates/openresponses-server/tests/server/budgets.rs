//! Budgets of keys, their headers, and the file that bills are made from.

use serde_json::{Value, json};

use crate::process::{Answer, Server, file, program};
use crate::socket::Socket;

const ACME: &str = "sk-acme-example";
const GLOBEX: &str = "sk-globex-example";

/// A gateway with a budget of the first of two keys.
fn config(budget: &str, more: &str) -> String {
    format!(
        r#"
[[keys]]
tenant = "acme"
name = "production"
sha256 = "246c6a889938d703aa7ba351c2a6abcbba304db0c338c25b9939a23cafb13851"
budget = {budget}
[[keys]]
tenant = "globex"
sha256 = "ed58cadec0543a6b98f5547cbf5c426dd0ba4d83316248a8f1df95907a371263"
[providers.one]
kind = "embedded"
[models."x/echo"]
providers = [{{ provider = "one", model = "echo" }}]
[models."x/rate-limited"]
providers = [{{ provider = "one", model = "rate-limited" }}]
[prices."x/*"]
input = 100.0
output = 1000.0
{more}"#
    )
}

/// Two words of input, and three of output, with `Echo:` before them. Five tokens of input and sixteen
/// of output are reserved.
const BODY: &str = r#"{"model":"x/echo","input":"two words","max_output_tokens":16}"#;

fn limits(answer: &Answer, resource: &str) -> [String; 2] {
    let header = |name| answer.headers[&format!("x-ratelimit-{name}-{resource}")].clone();
    [header("limit"), header("remaining")]
}

#[test]
fn a_key_beyond_its_budget_is_refused_and_told_when_to_come_back() {
    for (budget, resource, most, left) in [
        ("{ requests = 2, per = \"1d\" }", "requests", "2", "1"),
        ("{ tokens = 10, per = \"1d\" }", "tokens", "10", "0"),
        ("{ cost = 0.0064, per = \"1d\" }", "cost", "0.0064", "0"),
    ] {
        let path = file(&format!("budget-{resource}.toml"), &config(budget, ""));
        let server = Server::start(&["--config", &path]);
        let first = server.ask_as(Some(ACME), BODY);
        assert_eq!(first.status, 200, "{}", first.text());
        assert_eq!(limits(&first, resource), [most, left]);
        assert_eq!(first.json()["usage"]["total_tokens"], 5);
        assert_eq!(server.ask_as(Some(ACME), BODY).status, 200);
        let refused = server.ask_as(Some(ACME), BODY);
        assert_eq!(refused.status, 429);
        assert_eq!(limits(&refused, resource), [most, "0"]);
        let error = refused.error();
        assert_eq!(error["code"], format!("{resource}_budget_exceeded"));
        let wait: u64 = refused.headers["retry-after"].parse().unwrap();
        assert!((1..=24 * 3_600).contains(&wait), "{wait}");
        // Another key, and what is free.
        assert_eq!(server.ask_as(Some(GLOBEX), BODY).status, 200);
        let id = first.json()["id"].as_str().unwrap().to_owned();
        let stored = server.get(Some(ACME), &format!("/v1/responses/{id}"));
        assert_eq!(stored.status, 200);
    }
}

#[test]
fn streams_websockets_and_background_count_alike() {
    let budget = "{ requests = 3, tokens = 1_000, per = \"1d\" }";
    let path = file("budget-transports.toml", &config(budget, ""));
    let server = Server::start(&["--config", &path]);
    let with = |member: &str| {
        let mut body: Value = serde_json::from_str(BODY).unwrap();
        body[member] = json!(true);
        server.ask_as(Some(ACME), &body.to_string())
    };
    let streamed = with("stream");
    assert_eq!(limits(&streamed, "requests"), ["3", "2"]);
    let mut socket = Socket::open(&server, ACME);
    let ask = || json!({"model": "x/echo", "input": "two words"});
    assert_eq!(socket.ask(ask())["type"], "response.completed");
    let queued = with("background");
    assert_eq!(queued.status, 200, "{}", queued.text());
    let path = format!("/v1/responses/{}", queued.json()["id"].as_str().unwrap());
    while server.get(Some(ACME), &path).json()["status"] != "completed" {}
    for refused in [with("stream"), with("background")] {
        assert_eq!(refused.status, 429, "{}", refused.text());
        assert_eq!(limits(&refused, "tokens")[1], "985");
    }
    let end = socket.ask(ask());
    assert_eq!(end["error"]["code"], "requests_budget_exceeded", "{end}");
    assert_eq!(end["status"], 429);
}

#[test]
fn each_model_call_is_a_line_of_the_usage_file_and_counts_for_its_key() {
    let lines = file("budget-usage.jsonl", "");
    let more = "[usage]\nfile = \"budget-usage.jsonl\"\n";
    let budget = "{ requests = 2, per = \"1d\" }";
    let path = file("budget-usage.toml", &config(budget, more));
    let server = Server::start(&["--config", &path]);
    let answer = server.ask_as(Some(ACME), BODY);
    let failed = BODY.replace("echo", "rate-limited");
    assert_eq!(server.ask_as(Some(ACME), &failed).status, 429);
    // Refused ones reach no model.
    assert_eq!(server.ask_as(Some(ACME), BODY).status, 429);
    assert_eq!(server.ask_as(Some(ACME), r#"{"model":1}"#).status, 429);
    let text = std::fs::read_to_string(lines).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let [good, bad] = lines.as_slice() else {
        panic!("{text}")
    };
    let expected = json!({
        "time": good["time"],
        "tenant": "acme",
        "key": "production",
        "operation": "chat",
        "model": "x/echo",
        "provider": "one",
        "provider_model": "echo",
        "response_id": answer.json()["id"],
        "request_id": answer.headers["x-request-id"],
        "status": "ok",
        "input_tokens": 2,
        "cached_tokens": 0,
        "output_tokens": 3,
        "reasoning_tokens": 0,
        "cost": "0.0032",
        "duration_ms": good["duration_ms"],
    });
    assert_eq!(*good, expected);
    let time = good["time"].as_str().unwrap();
    assert!(time.starts_with("20") && time.ends_with('Z'), "{time}");
    assert_eq!(bad["status"], "rate_limit_exceeded");
    assert_eq!(bad["input_tokens"], Value::Null);
    let metrics = server.get(None, "/metrics");
    for line in [
        r#"openresponses_tenant_tokens_total{tenant="acme",key="production",kind="output"} 3"#,
        r#"openresponses_tenant_cost_nanos_total{tenant="acme",key="production"} 3200000"#,
    ] {
        assert!(metrics.text().contains(line), "{line}\n{}", metrics.text());
    }
}

/// A pipe that is full takes nothing, like a disk that hangs.
#[cfg(target_os = "linux")]
#[test]
fn a_usage_file_that_hangs_holds_up_no_thread_and_loses_no_line() {
    use std::io::{BufRead as _, BufReader, Write as _};

    let more = "[usage]\nfile = \"budget-pipe.fifo\"\n";
    let path = file(
        "budget-pipe.toml",
        &config("{ requests = 9, per = \"1d\" }", more),
    );
    let pipe = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("budget-pipe.fifo");
    let _ = std::fs::remove_file(&pipe);
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let mut options = std::fs::OpenOptions::new();
    let mut pipe = options.read(true).write(true).open(&pipe).unwrap();
    let full = vec![b'\n'; 64 * 1024];
    pipe.write_all(&full).unwrap();
    let one_thread = [("TOKIO_WORKER_THREADS", "1")];
    let server = Server::start_with(&["--config", &path], &one_thread);
    let answers = [(); 2].map(|()| server.ask_as(Some(ACME), BODY));
    assert_eq!(server.get(None, "/healthz").status, 200);
    let lines = BufReader::new(pipe).lines().map(Result::unwrap);
    let mut lines = lines.filter(|line| !line.is_empty());
    for answer in answers {
        assert_eq!(answer.status, 200);
        let line: Value = serde_json::from_str(&lines.next().unwrap()).unwrap();
        assert_eq!(line["response_id"], answer.json()["id"]);
    }
}

#[cfg(unix)]
#[test]
fn a_reload_loses_no_line_and_no_count_not_even_of_a_key_that_is_gone_for_a_while() {
    let lines = file("budget-reload.jsonl", "");
    let moved = file("budget-reload.1.jsonl", "");
    let log = file("budget-reload.log", "");
    let more = "[usage]\nfile = \"budget-reload.jsonl\"\n[server]\nwatch = \"0s\"\n";
    let with = |budget: &str| config(budget, more);
    let path = file(
        "budget-reload.toml",
        &with("{ requests = 2, per = \"1d\" }"),
    );
    let server = Server::start(&["--config", &path, "--log", "info", "--log-file", &log]);
    let count = || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.matches("the file was reloaded").count()
    };
    let reload = |text: &str| {
        let before = count();
        std::fs::write(&path, text).unwrap();
        server.signal("HUP");
        while count() == before {}
    };
    assert_eq!(server.ask_as(Some(ACME), BODY).status, 200);
    // As a rotation of logs does it.
    std::fs::rename(&lines, &moved).unwrap();
    let text = with("{ requests = 2, per = \"1d\" }");
    reload(&text.replace("246c6a889938d703", "0000000000000000"));
    assert_eq!(server.ask_as(Some(ACME), BODY).status, 401);
    reload(&text);
    assert_eq!(server.ask_as(Some(ACME), BODY).status, 200);
    assert_eq!(server.ask_as(Some(ACME), BODY).status, 429);
    // A larger budget continues with what was used.
    reload(&with("{ requests = 3, per = \"1d\" }"));
    let third = server.ask_as(Some(ACME), BODY);
    assert_eq!(limits(&third, "requests"), ["3", "0"]);
    assert_eq!(server.ask_as(Some(ACME), BODY).status, 429);
    let count = |path: &str| std::fs::read_to_string(path).unwrap().lines().count();
    assert_eq!([count(&moved), count(&lines)], [1, 2]);
}

#[cfg(feature = "redis")]
#[test]
fn a_redis_that_is_gone_refuses_or_allows_by_a_setting() {
    for (setting, status) in [("", 503), ("outage = \"allow\"\n", 200)] {
        // Nothing listens at this port.
        let more = format!(
            "[budgets]\nstore = \"redis\"\n{setting}[store.redis]\nurl = \"redis://127.0.0.1:1\"\n"
        );
        let text = config("{ requests = 1, per = \"1d\" }", &more);
        let path = file(&format!("budget-gone-{status}.toml"), &text);
        let server = Server::start(&["--config", &path]);
        for _ in 0..2 {
            let answer = server.ask_as(Some(ACME), BODY);
            assert_eq!(answer.status, status, "{}", answer.text());
        }
        let output = program().args(["--config", &path, "--check"]).output();
        let output = output.unwrap();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(shown.contains("budgets: "), "{shown}");
        assert_eq!(output.status.code(), Some(2));
    }
}

#[test]
fn a_budget_or_price_that_makes_no_sense_is_refused() {
    let whole = "{ requests = 1, per = \"1d\" }";
    let with_price = |line: &str| format!("[prices.\"y/*\"]\n{line}\n");
    for (budget, more, expected) in [
        (
            "{ per = \"1d\" }",
            String::new(),
            "keys[0].budget: it must limit",
        ),
        (
            "[]",
            String::new(),
            "keys[0].budget: it must limit something",
        ),
        (
            "{ tokens = 0, per = \"1d\" }",
            String::new(),
            "keys[0].budget: { requests = NUMBER, tokens = NUMBER",
        ),
        (
            "{ tokens = -5, per = \"1d\" }",
            String::new(),
            "keys[0].budget",
        ),
        (
            "{ cost = -1.0, per = \"1d\" }",
            String::new(),
            "keys[0].budget: `cost` must be above zero",
        ),
        (
            "{ cost = nan, per = \"1d\" }",
            String::new(),
            "keys[0].budget: `cost` must be above zero",
        ),
        (
            "{ tokens = 1, per = \"1500ms\" }",
            String::new(),
            "keys[0].budget: `per` must be whole seconds",
        ),
        (
            whole,
            with_price("input = -1.0\noutput = 1.0"),
            "prices.\"y/*\": a price for a million tokens must be from 0 to 1000000",
        ),
        (
            whole,
            with_price("input = 1.0\noutput = inf"),
            "prices.\"y/*\": a price for a million tokens must be from 0 to 1000000",
        ),
        (
            whole,
            with_price("input = 1.0"),
            "prices.\"y/*\": it needs both `input` and `output`",
        ),
        (
            whole,
            "[budgets]\nstore = \"redis\"\n".into(),
            "budgets.store: it needs `url` or `url_env` in [store.redis]",
        ),
        (
            "{ cost = 1.0, per = \"1d\" }",
            "[models.\"y/free\"]\nproviders = [\"one\"]\n".into(),
            "prices: a budget limits cost, and \"y/free\" at \"one\" has no price",
        ),
    ] {
        let path = file("budget-bad.toml", &config(budget, &more));
        let output = program().args(["--config", &path, "--check"]).output();
        let output = output.unwrap();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(shown.contains(expected), "{budget} {more}: {shown}");
        assert_eq!(output.status.code(), Some(2));
    }
}
