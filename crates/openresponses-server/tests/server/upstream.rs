//! Upstream model servers, set by a flag or by the file.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::process::{Server, file, program};

/// A Chat Completions server with a fixed answer that records requests.
struct Chat {
    base: String,
    asked: Arc<Mutex<Vec<String>>>,
}

const ANSWER: &str = r#"{"choices":[{"index":0,"message":{"role":"assistant","content":"Hi"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":1}}"#;
const MODELS: &str = r#"{"object":"list","data":[{"id":"llama"},{"id":"qwen"}]}"#;

impl Chat {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&asked);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let all = Arc::clone(&all);
                thread::spawn(move || answer(stream.unwrap(), &all));
            }
        });
        Self {
            base: format!("http://{address}/v1"),
            asked,
        }
    }

    fn last(&self) -> String {
        self.asked.lock().unwrap().last().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, asked: &Mutex<Vec<String>>) {
    let mut text = String::new();
    let mut chunk = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut chunk) {
        text.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.to_lowercase().lines().find_map(|line| {
            let length = line.strip_prefix("content-length: ")?;
            length.parse::<usize>().ok()
        });
        if body.len() < length.unwrap_or(0) {
            continue;
        }
        let answer = if head.starts_with("GET ") {
            MODELS
        } else {
            ANSWER
        };
        asked.lock().unwrap().push(std::mem::take(&mut text));
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
            answer.len()
        );
        stream.write_all(answer.as_bytes()).unwrap();
    }
}

#[test]
fn a_flag_puts_a_server_behind_the_endpoint() {
    let chat = Chat::start();
    let server = Server::start(&["--upstream", &chat.base]);
    let answer = server.ask(r#"{"model":"meta-llama/Llama-3","input":"Hello"}"#);
    assert_eq!(answer.status, 200);
    let response = answer.json();
    assert_eq!(response["output"][0]["content"][0]["text"], "Hi");
    assert_eq!(response["usage"]["total_tokens"], 3);
    let asked = chat.last();
    assert!(
        asked.starts_with("POST /v1/chat/completions HTTP/1.1"),
        "{asked}"
    );
    assert!(asked.contains(r#""model":"meta-llama/Llama-3""#), "{asked}");
    // The client's key is not the server's.
    assert!(!asked.to_lowercase().contains("authorization"), "{asked}");
}

/// The ids in the list of models.
fn ids(server: &Server, key: Option<&str>) -> Vec<String> {
    let list = server.get(key, "/v1/models").json();
    let all = list["data"].as_array().unwrap().iter();
    all.map(|model| model["id"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_models_of_the_server_are_listed() {
    let chat = Chat::start();
    let server = Server::start(&["--upstream", &chat.base]);
    assert_eq!(ids(&server, Some("test")), ["llama", "qwen"]);
    assert_eq!(ids(&Server::start(&[]), Some("test")), ["embedded"]);
}

#[test]
fn the_models_of_servers_in_the_file_are_listed_under_their_names() {
    let chat = Chat::start();
    let settings = format!(
        "[providers.local]\nkind = \"chat\"\nbase_url = \"{0}\"\n\
         [providers.closed]\nkind = \"chat\"\nbase_url = \"{0}\"\nany_model = false\n\
         [providers.away]\nkind = \"chat\"\nbase_url = \"http://127.0.0.1:9\"\n\
         [models.\"local/llama\"]\nproviders = [\"local\"]\n",
        chat.base
    );
    let server = Server::start(&["--config", &file("listed.toml", &settings)]);
    assert_eq!(ids(&server, Some("test")), ["local/llama", "local/qwen"]);
    let one = server.get(Some("test"), "/v1/models/local%2Fqwen").json();
    assert_eq!(one["owned_by"], "local");
    assert_eq!(
        server.get(Some("test"), "/v1/models/local/other").status,
        404
    );
    let checked = program()
        .args([
            "--config",
            &file("listed.toml", &settings),
            "--check-upstreams",
        ])
        .output()
        .unwrap();
    let stdout = String::from_utf8_lossy(&checked.stdout);
    assert!(stdout.contains("local: llama, qwen\n"), "{stdout}");
    assert!(stdout.contains("closed: llama, qwen\n"), "{stdout}");
    let away = stdout
        .lines()
        .find(|line| line.starts_with("away: FAILED: "));
    assert!(away.unwrap().contains("refused"), "{stdout}");
    assert_eq!(checked.status.code(), Some(1));
}

#[test]
fn the_list_of_models_needs_a_key_where_the_endpoint_does() {
    let key = file("models.key", "sk-models\n");
    let settings = format!("[[keys]]\ntenant = \"acme\"\nfile = \"{key}\"\n");
    let server = Server::start(&["--config", &file("keyed.toml", &settings)]);
    assert_eq!(server.get(None, "/v1/models").status, 401);
    assert_eq!(server.get(Some("sk-models"), "/v1/models").status, 200);
}

#[test]
fn the_file_names_servers_and_only_their_prefix_is_removed() {
    let chat = Chat::start();
    let key = file("upstream.key", "sk-file\n");
    let settings = format!(
        "[providers.local]\nkind = \"chat\"\nbase_url = \"{}\"\nkey_file = \"{key}\"\n\
         headers = {{ x-team = \"search\" }}\n",
        chat.base
    );
    let path = file("upstream.toml", &settings);
    let server = Server::start(&["--config", &path]);
    let ask = |model: &str| server.ask(&format!(r#"{{"model":"{model}","input":"Hello"}}"#));
    assert_eq!(ask("local/meta-llama/Llama-3").status, 200);
    let asked = chat.last();
    assert!(asked.contains(r#""model":"meta-llama/Llama-3""#), "{asked}");
    assert!(asked.contains("authorization: Bearer sk-file"), "{asked}");
    assert!(asked.contains("x-team: search"), "{asked}");
    assert_eq!(ask("meta-llama/Llama-3").status, 404);
}

#[test]
fn a_server_is_asked_for_a_stream_unless_the_file_denies_it() {
    let chat = Chat::start();
    let settings = format!(
        "[providers.streams]\nkind = \"chat\"\nbase_url = \"{0}\"\n\
         [providers.lacks]\nkind = \"chat\"\nbase_url = \"{0}\"\nalways_stream = false\n",
        chat.base
    );
    let server = Server::start(&["--config", &file("streams.toml", &settings)]);
    for (model, is_streamed) in [("streams/any", true), ("lacks/any", false)] {
        let answer = server.ask(&format!(r#"{{"model":"{model}","input":"Hello"}}"#));
        assert_eq!(answer.status, 200);
        let asked = chat.last();
        assert_eq!(asked.contains(r#""stream":true"#), is_streamed, "{asked}");
    }
}

#[test]
fn servers_of_the_protocol_are_asked_over_websockets() {
    let behind = Server::start(&[]);
    let settings = format!(
        "[providers.behind]\nkind = \"openresponses\"\nbase_url = \"http://{}/v1\"\n\
         key_file = \"{}\"\nwebsocket = true\n",
        behind.address,
        file("websocket.key", "test\n"),
    );
    let server = Server::start(&["--config", &file("websocket.toml", &settings)]);
    for input in ["Hello", "Again"] {
        let answer = server.ask(&format!(r#"{{"model":"behind/any","input":"{input}"}}"#));
        assert_eq!(answer.status, 200, "{}", answer.text());
        let text = answer.json()["output"][0]["content"][0]["text"].clone();
        assert_eq!(text, format!("Echo: {input}"));
    }
    let refused = server.ask(r#"{"model":"behind/fault-error-start","input":"Hello"}"#);
    assert!(refused.status >= 400, "{}", refused.text());
    // Both turns went over one connection.
    let metrics = behind.get(None, "/metrics").text().to_owned();
    let opened = r#"openresponses_http_responses_total{route="responses",status="101"} 1"#;
    assert!(metrics.contains(opened), "{metrics}");
    assert!(
        !metrics.contains(r#"route="responses",status="200""#),
        "{metrics}"
    );
}

#[test]
fn an_invalid_server_is_refused_with_its_place() {
    for (settings, expected) in [
        (
            "kind = \"chat\"\n",
            "providers.a: a server needs a `base_url`",
        ),
        (
            "kind = \"chat\"\nbase_url = \"example.com\"\n",
            "providers.a.base_url: expected an address",
        ),
        (
            "kind = \"chat\"\nbase_url = \"http://a\"\nquirks = \"x\"\n",
            "providers.a.quirks: it must be one of common, openai",
        ),
        (
            "kind = \"anthropic\"\nbase_url = \"http://a\"\nquirks = \"openai\"\n",
            "providers.a.quirks: it must be one of common, adaptive, local",
        ),
        (
            "kind = \"gemini\"\nbase_url = \"http://a\"\nmax_tokens = 9\n",
            "providers.a.max_tokens: only servers of the kind `anthropic` have it",
        ),
        (
            "kind = \"chat\"\nbase_url = \"http://a\"\nkey_env = \"NO_SUCH_KEY\"\n",
            "providers.a.key_env: the variable NO_SUCH_KEY is not set",
        ),
        (
            "kind = \"chat\"\nbase_url = \"http://a\"\nwebsocket = true\n",
            "providers.a.websocket: only servers of the kind `openresponses` have it",
        ),
        (
            "kind = \"chat\"\nbase_url = \"http://a/v1/chat/completions/\"\n",
            "providers.a.base_url: expected what stands before the path of a call: \"http://a/v1\"",
        ),
        (
            "kind = \"chat\"\nbase_url = \"http://a/v1?key=1\"\n",
            "providers.a.base_url: expected an address such as",
        ),
        (
            &format!(
                "kind = \"chat\"\nbase_url = \"http://a\"\nkey_file = \"{}\"\n",
                file("two-lines.key", "sk-1\r\nx: y\n")
            ),
            "providers.a: the key is empty, or has bytes that a header cannot have",
        ),
        (
            &format!(
                "kind = \"chat\"\nbase_url = \"http://a\"\nkey_file = \"{}\"\n",
                file("empty.key", "\n")
            ),
            "providers.a: the key is empty, or has bytes that a header cannot have",
        ),
        (
            &format!(
                "kind = \"chat\"\nbase_url = \"https://a\"\nca_file = \"{}\"\n",
                file("no-certificate.pem", "a key\n")
            ),
            "providers.a.ca_file: no certificates: the PEM file has none",
        ),
        (
            "kind = \"chat\"\nbase_url = \"http://a\"\nheaders = { x-a = \"b\\r\\nc: d\" }\n",
            "providers.a.headers.x-a: it cannot be a header",
        ),
        (
            "kind = \"openresponses\"\nbase_url = \"http://a\"\nalways_stream = false\n",
            "providers.a.always_stream: servers of the kind `openresponses` are always asked",
        ),
        (
            "kind = \"anthropic\"\nbase_url = \"http://a\"\nmax_tokens = 0\n",
            "providers.a.max_tokens: invalid value: integer `0`, expected a nonzero",
        ),
        (
            &format!(
                "kind = \"chat\"\nbase_url = \"http://a\"\nforward_client_key = true\n\
                 [[keys]]\ntenant = \"acme\"\nfile = \"{}\"\n",
                file("forwarded.key", "sk-forwarded\n")
            ),
            "providers.a.forward_client_key: with `keys` or `issuers` the bearer token is that of this server",
        ),
        ("kind = \"x\"\n", "providers.a.kind: unknown word"),
        (
            "kind = \"embedded\"\nbase_url = \"http://a\"\n",
            "providers.a.base_url: the embedded model is not a server",
        ),
        (
            "kind = \"embedded\"\nhide_errors = true\n",
            "providers.a.hide_errors: the embedded model is not a server",
        ),
        (
            "kind = \"embedded\"\nheaders = { x-a = \"b\" }\n",
            "providers.a.headers: the embedded model is not a server",
        ),
    ] {
        let path = file("bad-upstream.toml", &format!("[providers.a]\n{settings}"));
        let ran = program().args(["--config", &path]).output().unwrap();
        let stderr = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
    }
}

const HELLO: &str = r#"{"model":"m","input":"Hello"}"#;

#[test]
fn a_proxy_of_the_environment_is_used() {
    let proxy = Chat::start();
    let address = proxy.base.trim_end_matches("/v1").replace("http://", "");
    // The name does not resolve: only a proxy can reach it.
    let arguments = ["--upstream", "http://model.invalid/v1"];
    let url = format!("http://user:word@{address}");
    let server = Server::start_with(&arguments, &[("HTTP_PROXY", &url)]);
    assert_eq!(server.ask(HELLO).status, 200);
    assert_eq!(server.ask(HELLO).status, 200);
    let asked = proxy.last().to_lowercase();
    for line in [
        "post http://model.invalid/v1/chat/completions http/1.1\r\n",
        "\nhost: model.invalid\r\n",
        // `user:word`
        "\nproxy-authorization: basic dxnlcjp3b3jk\r\n",
    ] {
        assert!(asked.contains(line), "{line} in {asked}");
    }
}

#[test]
fn hosts_that_need_no_proxy_are_asked_themselves() {
    let (chat, proxy) = (Chat::start(), Chat::start());
    let url = proxy.base.trim_end_matches("/v1");
    let variables = [("HTTP_PROXY", url), ("NO_PROXY", "127.0.0.1")];
    let server = Server::start_with(&["--upstream", &chat.base], &variables);
    assert_eq!(server.ask(HELLO).status, 200);
    let asked = chat.last();
    assert!(asked.starts_with("POST /v1/chat/completions "), "{asked}");
    assert!(!asked.to_lowercase().contains("proxy-"), "{asked}");
    assert!(proxy.asked.lock().unwrap().is_empty());
}

/// The first bytes that a proxy gets, which then hangs up.
fn first_bytes(upstream: &str, scheme: &str, variable: &str) -> Vec<u8> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("{scheme}://{}", listener.local_addr().unwrap());
    let server = Server::start_with(&["--upstream", upstream], &[(variable, &url)]);
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 64];
        let read = stream.read(&mut bytes).unwrap();
        bytes[..read].to_vec()
    });
    assert_eq!(server.ask(HELLO).status, 502);
    asked.join().unwrap()
}

#[test]
fn servers_with_tls_are_reached_through_a_tunnel_and_socks_is_spoken() {
    let tunnel = first_bytes("https://model.invalid/v1", "http", "HTTPS_PROXY");
    let text = String::from_utf8_lossy(&tunnel).into_owned();
    assert!(
        text.starts_with("CONNECT model.invalid:443 HTTP/1.1"),
        "{text}"
    );
    let socks = first_bytes("http://model.invalid/v1", "socks5h", "ALL_PROXY");
    assert_eq!(socks[0], 5, "{socks:?}");
}

#[test]
fn a_server_of_the_protocol_compacts_and_counts_for_this_one() {
    let inner = Server::start(&[]);
    let base = format!("http://{}/v1", inner.address);
    let arguments = [
        "--upstream",
        &base,
        "--upstream-kind",
        "openresponses",
        "--upstream-key-env",
        "INNER_KEY",
    ];
    let outer = Server::start_with(&arguments, &[("INNER_KEY", "test")]);
    for server in [&inner, &outer] {
        let body = r#"{"model":"m","input":"one two three"}"#;
        let compacted = server.request("POST", "/v1/responses/compact", "test", body);
        assert_eq!(compacted.status, 200, "{}", compacted.text());
        let compacted = compacted.json();
        assert_eq!(compacted["object"], "response.compaction");
        let last = compacted["output"].as_array().unwrap().last().unwrap();
        assert_eq!(last["type"], "compaction");
        // The next turn continues from it.
        let input = serde_json::json!({"model": "m", "input": compacted["output"]});
        assert_eq!(server.ask(&input.to_string()).status, 200);
        let counted = server.request("POST", "/v1/responses/input_tokens", "test", body);
        assert_eq!(counted.json()["input_tokens"], 3);
    }
    let chat = Chat::start();
    let refusing = Server::start(&["--upstream", &chat.base]);
    let body = r#"{"model":"m","input":"one"}"#;
    let refused = refusing.request("POST", "/v1/responses/compact", "test", body);
    assert_eq!(refused.status, 400);
    assert_eq!(refused.error()["code"], "compaction_not_supported");
}
