//! Servers that share a Redis server, which each case starts: `redis-server` from the path. Without
//! it the cases are reported as ignored.

#![allow(clippy::unwrap_used, clippy::panic)]

#[path = "../server/isolation.rs"]
mod isolation;
mod killed;
#[allow(dead_code)]
#[path = "../../../openresponses-store-sql/tests/store/postgres.rs"]
mod postgres;
#[allow(dead_code)]
#[path = "../server/process.rs"]
mod process;
#[allow(dead_code)]
#[path = "../../../openresponses-store-redis/tests/store/support/server.rs"]
mod redis;
#[allow(dead_code)]
#[path = "../server/socket.rs"]
mod socket;

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Trial};
use serde_json::{Value, json};

use process::{Answer, Server};
use socket::Socket;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let missing = !redis::installed("redis-server", "--version");
    if missing {
        eprintln!("redis-server is not installed: these tests are ignored");
    }
    let trials = [
        ("a_conversation_hops_between_servers", hops as fn()),
        ("a_conversation_hops_between_sockets", hops_between_sockets),
        ("tenants_are_apart", tenants_are_apart),
        ("redis_is_killed_and_comes_back", killed_and_back),
        ("redis_is_killed_in_the_middle", killed_in_the_middle),
        ("a_server_comes_back", a_server_comes_back),
        ("the_password_is_not_shown", the_password_is_not_shown),
        ("an_approval_counts_once", an_approval_counts_once),
        ("redis_background_responses_of_a_killed_server_fail", || {
            killed::fail(&redis::Server::start().url(), "redis");
        }),
        (
            "redis_background_responses_of_a_killed_server_restart",
            || {
                killed::restart(&redis::Server::start().url(), "redis");
            },
        ),
    ];
    let trials = trials.map(|(name, case)| trial(name, missing, case));
    let mut trials = Vec::from(trials);
    trials.extend(databases());
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &str, missing: bool, case: impl FnOnce() + Send + 'static) -> Trial {
    let trial = Trial::test(name, move || {
        case();
        Ok(())
    });
    trial.with_ignored_flag(missing)
}

/// The cases with databases, as far as this build has them.
fn databases() -> Vec<Trial> {
    let mut trials = Vec::new();
    if cfg!(feature = "sqlite") {
        trials.extend(CHOICES.map(|(choice, case)| {
            trial(&format!("sqlite_{choice}"), false, move || {
                let directory = postgres::Directory::new();
                let url = format!("sqlite:{}/responses.db", directory.0.display());
                case(&url, "sqlite");
            })
        }));
    }
    if cfg!(feature = "postgres") {
        let missing = !postgres::installed();
        if missing {
            eprintln!("PostgreSQL is not installed: its tests are ignored");
        }
        trials.extend(CHOICES.map(|(choice, case)| {
            trial(&format!("postgres_{choice}"), missing, move || {
                case(&postgres::Server::start().url(), "postgres");
            })
        }));
    }
    trials
}

/// A case with the address of a store and its name.
type Case = fn(&str, &str);

const CHOICES: [(&str, Case); 2] = [
    ("background_responses_of_a_killed_server_fail", killed::fail),
    (
        "background_responses_of_a_killed_server_restart",
        killed::restart,
    ),
];

fn server(redis: &redis::Server) -> Server {
    Server::start(&["--store", &redis.url()])
}

/// A turn of the tenant `test`.
fn say(server: &Server, previous: &Value, text: &str) -> Answer {
    let body = json!({"model": "any", "input": text, "previous_response_id": previous});
    server.ask(&body.to_string())
}

fn text(response: &Value) -> &str {
    response["output"][0]["content"][0]["text"]
        .as_str()
        .unwrap()
}

fn path(response: &Value) -> String {
    format!("/v1/responses/{}", response["id"].as_str().unwrap())
}

/// Returns the user's texts in all turns up to a response.
fn asked(server: &Server, response: &Value) -> Vec<String> {
    let path = format!("{}/input_items?order=asc&limit=100", path(response));
    let list = server.request("GET", &path, "test", "").json();
    let items = list["data"].as_array().unwrap().iter();
    let asked = items.filter(|item| item["role"] == "user");
    asked
        .map(|item| item["content"][0]["text"].as_str().unwrap().to_owned())
        .collect()
}

const WORDS: [&str; 4] = ["one", "two", "three", "four"];

fn hops() {
    let redis = redis::Server::start();
    let servers = [server(&redis), server(&redis)];
    let mut previous = Value::Null;
    for (turn, word) in WORDS.iter().enumerate() {
        let answer = say(&servers[turn % 2], &previous, word);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let response = answer.json();
        assert_eq!(response["store"], true);
        // The model repeats the last message.
        let expected = match turn {
            0 => "Echo: one".to_owned(),
            _ => format!("Echo: {word} (earlier: {})", WORDS[turn - 1]),
        };
        assert_eq!(text(&response), expected);
        assert_eq!(asked(&servers[(turn + 1) % 2], &response), WORDS[..=turn]);
        let other = &servers[(turn + 1) % 2];
        let found = other.request("GET", &path(&response), "test", "");
        assert_eq!(found.json(), response);
        previous = response["id"].clone();
    }
    let last = format!("/v1/responses/{}", previous.as_str().unwrap());
    let deleted = servers[0].request("DELETE", &last, "test", "");
    assert_eq!(deleted.status, 200);
    let gone = say(&servers[1], &previous, "five");
    assert_eq!(gone.error()["code"], "previous_response_not_found");
}

/// A tool's call is asked about at one server and approved at another, which then has it run.
fn an_approval_counts_once() {
    let redis = redis::Server::start();
    let settings = format!(
        "[store]\nkind = \"redis\"\nredis.url = \"{}\"\n\
         [tools.temperature]\nkind = \"sample\"\napproval = \"always\"\n",
        redis.url()
    );
    let path = process::file("replicas-tools.toml", &settings);
    let start = || Server::start(&["--config", &path]);
    let (one, other) = (start(), start());
    let input = "call temperature {\"city\":\"Paris\"}";
    let asked = say(&one, &Value::Null, input).json();
    let request = &asked["output"][0];
    assert_eq!(request["type"], "sample:approval_request", "{asked}");
    let answer = json!({
        "type": "sample:approval_response", "approval_request_id": request["id"], "approve": true,
    });
    let body = json!({"model": "any", "input": [answer], "previous_response_id": asked["id"]});
    // The server that asked is away.
    drop(one);
    let approved = other.ask(&body.to_string());
    assert_eq!(approved.status, 200, "{}", approved.text());
    let item = &approved.json()["output"][0];
    assert_eq!(item["type"], "sample:temperature");
    assert_eq!(item["output"], "31 degrees in Paris");
    for server in [&other, &start()] {
        let again = server.ask(&body.to_string());
        assert_eq!(again.status, 400, "{}", again.text());
        let message = again.error()["message"].as_str().unwrap().to_owned();
        assert_eq!(message, "The approval request was answered before.");
    }
}

fn hops_between_sockets() {
    let redis = redis::Server::start();
    let servers = [server(&redis), server(&redis)];
    let mut sockets = servers
        .each_ref()
        .map(|server| Socket::open(server, "test"));
    let mut previous = Value::Null;
    for (turn, word) in WORDS.iter().enumerate() {
        let end = sockets[turn % 2].say(&previous, word);
        assert_eq!(end["type"], "response.completed", "{end}");
        previous = end["response"]["id"].clone();
    }
    // Continues over HTTP.
    let last = say(&servers[0], &previous, "five").json();
    assert_eq!(text(&last), "Echo: five (earlier: four)");
    assert_eq!(asked(&servers[1], &last), [&WORDS[..], &["five"]].concat());
}

fn tenants_are_apart() {
    let redis = redis::Server::start();
    let servers = [server(&redis), server(&redis)];
    // Also on the server that created the response.
    isolation::check(&servers[0], &servers[1]);
    isolation::check(&servers[0], &servers[0]);
}

fn killed_and_back() {
    let mut redis = redis::Server::with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let server = server(&redis);
    let mut socket = Socket::open(&server, "test");
    let first = say(&server, &Value::Null, "one").json();
    redis.kill();
    for _ in 0..3 {
        let start = Instant::now();
        let refused = say(&server, &first["id"], "two");
        assert_eq!(refused.status, 503);
        assert_eq!(refused.error()["code"], "store_unavailable");
        assert!(refused.headers.contains_key("retry-after"));
        let read = server.request("GET", &path(&first), "test", "");
        assert_eq!(read.status, 503);
        let end = socket.say(&first["id"], "two");
        assert_eq!(
            (&end["type"], &end["status"]),
            (&json!("error"), &json!(503))
        );
        let unstored = say(&server, &Value::Null, "alone");
        assert_eq!(unstored.status, 200);
        assert_eq!(unstored.json()["store"], false);
        assert!(start.elapsed() < Duration::from_secs(2));
    }
    redis.up();
    let start = Instant::now();
    while say(&server, &first["id"], "two").status != 200 {
        assert!(start.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(20));
    }
    let end = socket.say(&first["id"], "two");
    assert_eq!(text(&end["response"]), "Echo: two (earlier: one)");
}

/// A response that cannot be stored is delivered with `store: false`, and an error is logged.
fn killed_in_the_middle() {
    let mut redis = redis::Server::start();
    let log = std::env::temp_dir().join(format!("openresponses-log-{}", redis.port));
    let server = Server::start(&["--store", &redis.url(), "--log-file", log.to_str().unwrap()]);
    let body = json!({"model": "slow", "input": "x"});
    let mut whole = server.connect();
    whole.send(&process::post(&body.to_string()));
    let mut streamed = body.clone();
    streamed["stream"] = json!(true);
    let mut stream = server.connect();
    stream.send(&process::post(&streamed.to_string()));
    let mut socket = Socket::open(&server, "test");
    socket.send(&{
        let mut message = body.clone();
        message["type"] = json!("response.create");
        message.to_string()
    });
    assert_eq!(stream.head().0, 200);
    let created = String::from_utf8(stream.chunk()).unwrap();
    assert!(created.contains("\"store\":true"), "{created}");
    while socket.next()["type"] != "response.output_text.delta" {}
    redis.kill();

    let mut events = String::new();
    loop {
        let chunk = stream.chunk();
        if chunk.is_empty() {
            break;
        }
        events += std::str::from_utf8(&chunk).unwrap();
    }
    let end = events
        .lines()
        .find_map(|line| line.strip_prefix("data: {\"type\":\"response.completed\""));
    assert!(end.unwrap().contains("\"store\":false"));
    assert!(events.ends_with("data: [DONE]\n\n"));
    let response = whole.answer().json();
    assert_eq!(
        (&response["status"], &response["store"]),
        (&json!("completed"), &json!(false))
    );
    let end = socket.end();
    assert_eq!(end["type"], "response.completed");
    assert_eq!(end["response"]["store"], false);
    // The connection keeps the response that was not stored.
    let next = socket.say(&end["response"]["id"], "on");
    assert_eq!(text(&next["response"]), "Echo: on (earlier: x)");

    let logged = std::fs::read_to_string(&log).unwrap();
    assert!(
        logged.matches("the response was not stored").count() >= 3,
        "{logged}"
    );
    std::fs::remove_file(log).unwrap();
}

fn a_server_comes_back() {
    let redis = redis::Server::start();
    let before = server(&redis);
    let first = say(&before, &Value::Null, "one").json();
    drop(before);
    let after = server(&redis);
    let second = say(&after, &first["id"], "two").json();
    assert_eq!(text(&second), "Echo: two (earlier: one)");
}

fn the_password_is_not_shown() {
    let ran = Command::new(env!("CARGO_BIN_EXE_openresponses-server"))
        .args(["--listen", "127.0.0.1:0", "--store"])
        .arg("redis://user:hunter2@127.0.0.1:no")
        .output()
        .unwrap();
    assert!(!ran.status.success());
    let output = String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap();
    assert!(output.contains("Redis"), "{output}");
    assert!(!output.contains("hunter2"), "{output}");
}
