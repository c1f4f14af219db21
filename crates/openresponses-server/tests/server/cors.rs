//! Requests of pages of other origins.

use std::collections::BTreeMap;

use crate::process::{Answer, Server, file, post, program};

const CHAT: &str = "https://chat.example.com";
const BODY: &str = r#"{"model":"any","input":"Hello"}"#;

fn start(name: &str, settings: &str) -> Server {
    let path = file(&format!("cors-{name}.toml"), settings);
    Server::start(&["--config", &path])
}

fn preflight(server: &Server, origin: &str) -> Answer {
    let mut connection = server.connect();
    connection.send(&format!(
        "OPTIONS /v1/responses HTTP/1.1\r\nhost: localhost\r\norigin: {origin}\r\n\
         access-control-request-method: POST\r\n\
         access-control-request-headers: authorization,content-type,x-stainless-lang\r\n\r\n"
    ));
    connection.answer()
}

#[test]
fn a_preflight_with_a_body_does_not_break_its_connection() {
    let text = format!("[cors]\norigins = [\"{CHAT}\"]\n");
    let server = start("body", &text);
    let mut connection = server.connect();
    let preflight = |length: usize| {
        format!(
            "OPTIONS /v1/responses HTTP/1.1\r\nhost: localhost\r\norigin: {CHAT}\r\n\
             access-control-request-method: POST\r\ncontent-length: {length}\r\n\r\n"
        )
    };
    connection.send(&(preflight(1000) + &"x".repeat(1000)));
    let answer = connection.answer();
    assert_eq!(allowed(&answer.headers), Some(CHAT));
    assert_eq!(answer.headers.get("connection"), None);
    // The connection can be used for the next, whose body is too long to be read.
    connection.send(&(preflight(100_000) + "x"));
    let answer = connection.answer();
    assert_eq!((answer.status, allowed(&answer.headers)), (200, Some(CHAT)));
    assert_eq!(answer.headers["connection"], "close");
}

fn ask(server: &Server, origin: &str, key: &str) -> Answer {
    let mut connection = server.connect();
    let request = post(BODY).replace("Bearer test", &format!("Bearer {key}"));
    connection.send(&request.replacen("\r\n", &format!("\r\norigin: {origin}\r\n"), 1));
    connection.answer()
}

fn allowed(headers: &BTreeMap<String, String>) -> Option<&str> {
    headers
        .get("access-control-allow-origin")
        .map(String::as_str)
}

#[test]
fn a_listed_origin_may_call_and_read_the_headers_that_clients_need() {
    let text = format!("[cors]\norigins = [\"{CHAT}\"]\n");
    let server = start("listed", &text);
    let answer = preflight(&server, CHAT);
    assert_eq!(answer.status, 200);
    assert_eq!(allowed(&answer.headers), Some(CHAT));
    let header = |name: &str| answer.headers[name].as_str();
    assert_eq!(
        header("access-control-allow-headers"),
        "authorization,content-type,x-stainless-lang"
    );
    assert!(header("access-control-allow-methods").contains("POST"));
    assert_eq!(header("access-control-max-age"), "600");
    assert!(
        !answer
            .headers
            .contains_key("access-control-allow-credentials")
    );
    // An answer, and a refusal.
    for (key, status) in [("test", 200), ("bad", 401)] {
        let answer = ask(&server, CHAT, key);
        assert_eq!(answer.status, status);
        assert_eq!(allowed(&answer.headers), Some(CHAT));
        let exposed = &answer.headers["access-control-expose-headers"];
        for name in [
            "x-request-id",
            "retry-after",
            "x-ratelimit-remaining-tokens",
        ] {
            assert!(exposed.split(',').any(|one| one == name), "{exposed}");
        }
    }
}

#[test]
fn other_origins_and_the_null_origin_are_not_allowed() {
    let server = start("others", &format!("[cors]\norigins = [\"{CHAT}\"]\n"));
    for origin in [
        "null",
        "https://evil.example",
        "https://chat.example.com.evil.example",
    ] {
        assert_eq!(
            allowed(&preflight(&server, origin).headers),
            None,
            "{origin}"
        );
        assert_eq!(
            allowed(&ask(&server, origin, "test").headers),
            None,
            "{origin}"
        );
    }
}

#[test]
fn any_origin_is_allowed_without_credentials() {
    let server = start("any", "[cors]\norigins = \"any\"\n");
    for origin in [CHAT, "null"] {
        let answer = ask(&server, origin, "test");
        assert_eq!(allowed(&answer.headers), Some("*"));
        assert!(
            !answer
                .headers
                .contains_key("access-control-allow-credentials")
        );
    }
}

#[test]
fn credentials_are_allowed_to_listed_origins() {
    let text = format!("[cors]\norigins = [\"{CHAT}\"]\ncredentials = true\nmax_age = \"1m\"\n");
    let server = start("credentials", &text);
    let answer = preflight(&server, CHAT);
    assert_eq!(answer.headers["access-control-allow-credentials"], "true");
    assert_eq!(answer.headers["access-control-max-age"], "60");
    assert_eq!(allowed(&answer.headers), Some(CHAT));
}

#[test]
fn it_is_off_unless_an_origin_is_allowed() {
    let server = Server::start(&[]);
    assert_eq!(allowed(&preflight(&server, CHAT).headers), None);
    assert_eq!(allowed(&ask(&server, CHAT, "test").headers), None);
}

#[test]
fn settings_that_would_let_every_page_act_are_refused() {
    for (settings, expected) in [
        (
            "origins = \"any\"\ncredentials = true",
            ":2:11: cors.origins: with credentials origins must be listed",
        ),
        (
            "credentials = true",
            ":2:15: cors.credentials: it has no effect without `origins`",
        ),
        (
            "origins = [\"null\"]",
            ":2:11: cors.origins[0]: it must be as browsers send it",
        ),
        (
            "origins = [\"*\"]",
            ":2:11: cors.origins[0]: it must be as browsers send it",
        ),
        ("origins = \"*\"", ":2:11: cors.origins"),
    ] {
        let path = file("cors-bad.toml", &format!("[cors]\n{settings}\n"));
        let output = program().args(["--config", &path, "--check"]).output();
        let output = output.unwrap();
        let shown = String::from_utf8_lossy(&output.stderr);
        assert!(shown.contains(expected), "{settings}: {shown}");
        assert_eq!(output.status.code(), Some(2));
    }
}
