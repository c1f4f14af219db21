//! Reloading the file while the server runs.

use std::io::Read;

use serde_json::json;

use crate::process::{Connection, Server, file, post};
use crate::socket::Socket;

const STREAMS: usize = 100;

/// A gateway that listens for the key of a tenant and serves a model.
fn config(key: &str, model: &str) -> String {
    let digest = match key {
        "sk-acme-example" => "246c6a889938d703aa7ba351c2a6abcbba304db0c338c25b9939a23cafb13851",
        _ => "ed58cadec0543a6b98f5547cbf5c426dd0ba4d83316248a8f1df95907a371263",
    };
    format!(
        r#"
[[keys]]
tenant = "acme"
sha256 = "{digest}"
[providers.one]
kind = "embedded"
[models."{model}"]
providers = [{{ provider = "one", model = "echo" }}]
[models."acme/slow"]
providers = [{{ provider = "one", model = "slow" }}]
"#
    )
}

struct Reloaded {
    server: Server,
    path: String,
    log: String,
}

impl Reloaded {
    fn start(name: &str, settings: &str, text: &str) -> Self {
        let path = file(&format!("{name}.toml"), &format!("{settings}{text}"));
        let log = file(&format!("{name}.log"), "");
        let arguments = ["--config", &path, "--log", "info", "--log-file", &log];
        let server = Server::start(&arguments);
        Self { server, path, log }
    }

    fn logged(&self, text: &str) -> usize {
        std::fs::read_to_string(&self.log)
            .unwrap()
            .matches(text)
            .count()
    }

    /// Writes the file, sends SIGHUP and waits for the end of the reload.
    fn reload(&self, text: &str) {
        let count =
            || self.logged("the file was reloaded") + self.logged("the file was not reloaded");
        let before = count();
        std::fs::write(&self.path, text).unwrap();
        self.server.signal("HUP");
        while count() == before {}
    }

    fn status(&self, key: &str, model: &str) -> u16 {
        let body = json!({"model": model, "input": "x"}).to_string();
        self.server.ask_as(Some(key), &body).status
    }

    fn stream(&self) -> Connection {
        let body = json!({"model": "acme/slow", "input": "x", "stream": true}).to_string();
        let mut connection = self.server.connect();
        connection.send(&post(&body).replace("Bearer test", "Bearer sk-acme-example"));
        assert_eq!(connection.head().0, 200);
        connection
    }
}

fn rest(connection: &mut Connection) -> String {
    let mut events = Vec::new();
    loop {
        let chunk = connection.chunk();
        if chunk.is_empty() {
            return String::from_utf8(events).unwrap();
        }
        events.extend(chunk);
    }
}

const NEVER: &str = "[server]\nwatch = \"0s\"\n";

#[test]
fn five_reloads_drop_none_of_a_hundred_streams() {
    let reloaded = Reloaded::start(
        "reload-streams",
        NEVER,
        &config("sk-acme-example", "acme/a"),
    );
    let mut streams: Vec<_> = (0..STREAMS).map(|_| reloaded.stream()).collect();
    let mut socket = Socket::open(&reloaded.server, "sk-acme-example");
    for turn in 0..5 {
        let (key, model) = match turn % 2 {
            0 => ("sk-globex-example", "acme/b"),
            _ => ("sk-acme-example", "acme/a"),
        };
        reloaded.reload(&config(key, model));
        assert_eq!(reloaded.status(key, model), 200);
    }
    // The fifth took the key away, and the first model.
    assert_eq!(reloaded.status("sk-acme-example", "acme/b"), 401);
    assert_eq!(reloaded.status("sk-globex-example", "acme/a"), 404);
    for stream in &mut streams {
        let events = rest(stream);
        assert!(events.contains("event: response.completed\n"), "{events}");
        assert!(events.ends_with("data: [DONE]\n\n"), "{events}");
    }
    // A connection keeps what it began with.
    let end = socket.ask(json!({"model": "acme/a", "input": "x"}));
    assert_eq!(end["type"], "response.completed", "{end}");
}

#[test]
fn a_bad_file_keeps_the_old_one_and_is_explained() {
    let good = config("sk-acme-example", "acme/a");
    let reloaded = Reloaded::start("reload-bad", NEVER, &good);
    for bad in [
        "[server",
        "[models.x]\nproviders = [\"none\"]\n",
        "[limits]\nbody = -1\n",
    ] {
        reloaded.reload(bad);
        assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 200, "{bad}");
    }
    let log = std::fs::read_to_string(&reloaded.log).unwrap();
    assert!(
        log.contains("reload-bad.toml:2:8: limits.body: it must be at least one byte"),
        "{log}"
    );
    assert_eq!(reloaded.logged("the file was not reloaded"), 3);
    std::fs::remove_file(&reloaded.path).unwrap();
    reloaded.server.signal("HUP");
    while reloaded.logged("cannot be read") == 0 {}
    assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 200);
}

#[test]
fn a_changed_file_is_reloaded_without_a_signal() {
    let watch = "[server]\nwatch = \"20ms\"\n";
    let reloaded = Reloaded::start("reload-watch", watch, &config("sk-acme-example", "acme/a"));
    std::fs::write(&reloaded.path, config("sk-globex-example", "acme/b")).unwrap();
    while reloaded.status("sk-globex-example", "acme/b") != 200 {}
    assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 401);
}

#[test]
fn a_file_that_was_missing_is_waited_for() {
    let watch = "[server]\nwatch = \"20ms\"\n";
    let reloaded = Reloaded::start(
        "reload-missing",
        watch,
        &config("sk-acme-example", "acme/a"),
    );
    let keys = format!("{}.keys", reloaded.path);
    _ = std::fs::remove_file(&keys);
    let text = format!(
        "{watch}[[keys]]\nfile = {keys:?}\n{}",
        config("sk-globex-example", "acme/b")
    );
    std::fs::write(&reloaded.path, text).unwrap();
    while reloaded.logged("the file was not reloaded") == 0 {}
    std::fs::write(&keys, "other=sk-other-example\n").unwrap();
    while reloaded.status("sk-globex-example", "acme/b") != 200 {}
}

#[test]
fn streams_from_before_a_reload_count_for_the_concurrency_of_a_provider() {
    let kind = "kind = \"embedded\"\n";
    let text = config("sk-acme-example", "acme/a");
    let text = text.replacen(kind, &format!("{kind}concurrency = 1\n"), 1);
    let reloaded = Reloaded::start("reload-concurrency", NEVER, &text);
    let mut stream = reloaded.stream();
    reloaded.reload(&text);
    assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 503);
    assert!(rest(&mut stream).contains("data: [DONE]"));
    while reloaded.status("sk-acme-example", "acme/a") != 200 {}
}

#[test]
fn counts_of_limits_belong_to_the_keys_wherever_their_entry_stands() {
    let rate = "rate = { requests = 1, per = \"1h\" }\n";
    let text =
        config("sk-acme-example", "acme/a").replacen("[[keys]]\n", &format!("[[keys]]\n{rate}"), 1);
    let reloaded = Reloaded::start("reload-order", NEVER, &text);
    assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 200);
    let digest = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
    let above = format!("[[keys]]\ntenant = \"a\"\nsha256 = \"{digest}\"\n");
    reloaded.reload(&format!("{above}{text}"));
    assert_eq!(reloaded.status("password", "acme/a"), 200);
    assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 429);
}

#[test]
fn a_reload_keeps_stored_responses_and_the_counts_of_limits() {
    let limits = "[limits]\nrate = { requests = 3, per = \"1h\" }\n";
    let text = format!("{limits}{}", config("sk-acme-example", "acme/a"));
    let reloaded = Reloaded::start("reload-state", "", &text);
    let body = json!({"model": "acme/a", "input": "one"}).to_string();
    let first = reloaded
        .server
        .ask_as(Some("sk-acme-example"), &body)
        .json();
    reloaded.reload(&text);
    let next = json!({"model": "acme/a", "input": "two", "previous_response_id": first["id"]});
    let next = reloaded
        .server
        .ask_as(Some("sk-acme-example"), &next.to_string());
    assert_eq!(next.status, 200, "{next:?}");
    assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 200);
    assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 429);
}

/// A tool whose calls need the client's approval.
const APPROVED: &str = "[tools.temperature]\nkind = \"sample\"\napproval = \"always\"\n";

/// Returns the body that approves the call that the model makes.
fn asked_for(server: &Server) -> String {
    let input = "call temperature {\"city\":\"Paris\"}";
    let body = json!({"model": "any", "input": input}).to_string();
    let asked = server.ask(&body).json();
    let request = &asked["output"][0];
    assert_eq!(request["type"], "sample:approval_request", "{asked}");
    let answer = json!({"type": "sample:approval_response",
        "approval_request_id": request["id"], "approve": true});
    json!({"model": "any", "input": [answer], "previous_response_id": asked["id"]}).to_string()
}

#[test]
fn an_approval_counts_once_across_reloads() {
    let reloaded = Reloaded::start("reload-approvals", NEVER, APPROVED);
    let approval = asked_for(&reloaded.server);
    reloaded.reload(&format!("{NEVER}{APPROVED}"));
    let approved = reloaded.server.ask(&approval);
    assert_eq!(approved.status, 200, "{}", approved.text());
    reloaded.reload(&format!("{NEVER}{APPROVED}"));
    let again = reloaded.server.ask(&approval);
    assert_eq!(again.status, 400, "{}", again.text());
    let message = again.error()["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "The approval request was answered before.");
}

#[test]
#[cfg(unix)]
fn the_server_stops_as_the_file_says_then() {
    let text = config("sk-acme-example", "acme/a");
    let server = "[server]\nwatch = \"0s\"\ngrace = ";
    let mut reloaded = Reloaded::start("reload-grace", &format!("{server}\"1h\"\n"), &text);
    reloaded.reload(&format!("{server}\"0s\"\n{text}"));
    let mut stream = reloaded.stream();
    stream.chunk();
    reloaded.server.signal("TERM");
    assert!(rest(&mut stream).contains("server_shutting_down"));
    assert_eq!(reloaded.server.child.wait().unwrap().code(), Some(0));
}

#[test]
#[cfg(feature = "sqlite")]
fn the_store_of_the_start_is_kept_with_its_approvals() {
    let store = |name: &str| {
        let path = file(&format!("reload-{name}.db"), "");
        std::fs::remove_file(&path).unwrap();
        format!("[store]\nkind = \"sql\"\nsql.url = \"sqlite:{path}\"\n")
    };
    let reloaded = Reloaded::start("reload-store", &format!("{NEVER}{}", store("a")), APPROVED);
    let approval = asked_for(&reloaded.server);
    reloaded.reload(&format!("{NEVER}{}{APPROVED}", store("b")));
    let needs_restart = "this setting needs a restart name=\"store\"";
    assert_eq!(reloaded.logged(needs_restart), 1);
    let approved = reloaded.server.ask(&approval);
    assert_eq!(approved.status, 200, "{}", approved.text());
}

#[test]
fn settings_of_the_start_are_named_when_they_change() {
    let text = config("sk-acme-example", "acme/a");
    let reloaded = Reloaded::start("reload-fixed", "", &text);
    reloaded.reload(&format!("[server]\nprefix = \"/v2\"\n{text}"));
    assert_eq!(
        reloaded.logged("this setting needs a restart name=\"server.prefix\""),
        1
    );
    assert_eq!(reloaded.status("sk-acme-example", "acme/a"), 200);
}

/// SIGHUP before, during and after a drain, and twice at once.
#[test]
fn sighup_ends_the_server_in_no_phase() {
    let reloaded = Reloaded::start("reload-drain", "", &config("sk-acme-example", "acme/a"));
    reloaded.server.signal("HUP");
    reloaded.server.signal("HUP");
    let mut stream = reloaded.stream();
    let mut idle = reloaded.server.connect();
    reloaded.server.signal("TERM");
    // Once it is closed, the server drains.
    idle.0.read_to_end(&mut Vec::new()).unwrap();
    reloaded.server.signal("HUP");
    let events = rest(&mut stream);
    assert!(events.ends_with("data: [DONE]\n\n"), "{events}");
    let Reloaded { mut server, .. } = reloaded;
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
