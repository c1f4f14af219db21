//! One of two servers with one store is killed (`kill -9`) in the middle of background responses.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::process::{self, Server};
use crate::{path, say, text};

const LEASE: Duration = Duration::from_secs(2);

/// The most leases after which a response is ended or run again. One lapses after the last heartbeat
/// of its holder, and within a third of another one is looked for; the others are for busy machines.
const LEASES: u32 = 5;

/// Two servers, of which one is killed, and what it had acknowledged.
struct Killed {
    other: Server,
    /// A finished response.
    kept: Value,
    /// Background responses, each in progress or queued.
    jobs: Vec<Value>,
    /// A streamed one, and the events of it that a client has.
    streamed: Value,
    events: String,
    at: Instant,
}

impl Killed {
    fn new(store: &str, kind: &str, choice: &str) -> Self {
        let settings = format!(
            "[server]\nbackground_lease = \"{}s\"\nbackground_interrupted = \"{choice}\"\n",
            LEASE.as_secs()
        );
        let file = process::file(&format!("replicas-{choice}-{kind}.toml"), &settings);
        let start = || Server::start(&["--config", &file, "--store", store]);
        let (mut one, other) = (start(), start());
        let kept = say(&one, &Value::Null, "kept").json();
        assert_eq!(kept["store"], true);
        let body = json!({
            "model": "slow", "input": "x", "background": true, "previous_response_id": kept["id"],
        });
        let mut streamed = body.clone();
        streamed["stream"] = json!(true);
        let mut stream = one.connect();
        stream.send(&process::post(&streamed.to_string()));
        assert_eq!(stream.head().0, 200);
        let mut events = String::new();
        while !events.contains("event: response.output_text.delta") {
            events += std::str::from_utf8(&stream.chunk()).unwrap();
        }
        let created = events.lines().find_map(|line| line.strip_prefix("data: "));
        let created: Value = serde_json::from_str(created.unwrap()).unwrap();
        let first = one.ask(&body.to_string()).json();
        while get(&other, &first)["status"] != "in_progress" {
            std::thread::sleep(Duration::from_millis(10));
        }
        let mut jobs = vec![first];
        jobs.extend((0..3).map(|_| one.ask(&body.to_string()).json()));
        one.child.kill().unwrap();
        one.child.wait().unwrap();
        Self {
            other,
            kept,
            jobs,
            streamed: created["response"].clone(),
            events,
            at: Instant::now(),
        }
    }

    /// Waits for the end of all responses.
    fn ends(&self, kind: &str) -> Vec<Value> {
        let all = self.jobs.iter().chain([&self.streamed]);
        let ends = all.map(|response| {
            let mut found = get(&self.other, response);
            while ["queued", "in_progress"].contains(&found["status"].as_str().unwrap()) {
                std::thread::sleep(Duration::from_millis(50));
                found = get(&self.other, response);
            }
            found
        });
        let ends = ends.collect();
        println!(
            "{kind}: ended {:.1} leases after the server was killed",
            self.leases()
        );
        assert_eq!(get(&self.other, &self.kept), self.kept);
        ends
    }

    /// Returns the time since the server was killed, in leases.
    fn leases(&self) -> f64 {
        self.at.elapsed().as_secs_f64() / LEASE.as_secs_f64()
    }

    /// Checks that not more time has passed than for finding out.
    fn assert_in_time(&self) {
        let leases = self.leases();
        assert!(leases < f64::from(LEASES), "{leases:.1} leases");
    }

    /// Returns the events of the stream, from the server that was not killed.
    fn read(&self, query: &str) -> process::Answer {
        let path = format!("{}?stream=true{query}", path(&self.streamed));
        self.other.request("GET", &path, "test", "")
    }
}

fn get(server: &Server, response: &Value) -> Value {
    let found = server.request("GET", &path(response), "test", "");
    assert_eq!(found.status, 200, "{}", found.text());
    found.json()
}

/// The responses end as failed.
pub(crate) fn fail(store: &str, kind: &str) {
    let killed = Killed::new(store, kind, "fail");
    let ends = killed.ends(kind);
    killed.assert_in_time();
    for end in ends {
        assert_eq!(end["status"], "failed");
        assert_eq!(end["error"]["code"], "background_interrupted");
    }
    let whole = killed.read("").text().to_owned();
    // What a client has is the beginning of what all others get.
    assert!(whole.starts_with(&killed.events), "{whole}");
    assert!(whole.contains("event: response.failed\n"), "{whole}");
    assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");
    let rest = killed.read("&starting_after=0").text().to_owned();
    assert!(whole.ends_with(&rest) && !rest.contains("response.created"));
}

/// The responses are run again, and complete.
pub(crate) fn restart(store: &str, kind: &str) {
    let killed = Killed::new(store, kind, "restart");
    while killed.read("&starting_after=0").status != 400 {
        std::thread::sleep(Duration::from_millis(50));
    }
    killed.assert_in_time();
    for end in killed.ends(kind) {
        assert_eq!(end["status"], "completed", "{end}");
        let text = text(&end);
        assert!(
            text.starts_with("1 2 3 ") && text.ends_with(" 32"),
            "{text}"
        );
        assert_eq!(end["previous_response_id"], killed.kept["id"]);
    }
    let refused = killed.read("&starting_after=0");
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert_eq!(refused.error()["code"], "response_restarted");
    let whole = killed.read("").text().to_owned();
    assert!(whole.starts_with("event: response.created\n"), "{whole}");
    assert!(whole.contains("event: response.completed\n"), "{whole}");
    assert!(whole.ends_with("data: [DONE]\n\n"), "{whole}");
}
