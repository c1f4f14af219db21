//! The page at `/`, without a browser: `tests/playground` has the tests in one.

use std::io::BufRead as _;

use serde_json::json;

use crate::process::{Server, file};

const LEGAL: &str = r#"{"model":"any","input":"two words","stream":true}"#;

#[test]
fn the_page_is_served_with_a_policy_and_without_a_key() {
    let server = Server::start(&[]);
    let page = server.get(None, "/");
    assert_eq!(page.status, 200);
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let policy = &page.headers["content-security-policy"];
    assert!(
        policy.starts_with("default-src 'none'; script-src 'sha256-"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(
        page.text()
            .contains(r#"<meta name="prefix" content="/v1">"#)
    );
}

#[test]
fn it_can_be_turned_off() {
    let path = file("no-page.toml", "[server]\nplayground = false\n");
    for server in [
        Server::start(&["--no-playground"]),
        Server::start(&["--config", &path]),
    ] {
        assert_eq!(server.get(None, "/").status, 404);
        assert_eq!(
            server
                .request("POST", "/playground/check", "test", "")
                .status,
            404
        );
    }
}

#[test]
fn a_transcript_is_checked() {
    let server = Server::start(&[]);
    let check = |transcript: &str| {
        server
            .request("POST", "/playground/check", "test", transcript)
            .json()
    };
    let legal = server.ask(LEGAL);
    let report = check(legal.text());
    assert_eq!(report["violations"], json!([]), "{report}");
    assert!(report["events"].as_u64().unwrap() > 5);

    let cut = legal.text().replace("data: [DONE]\n\n", "");
    let report = check(&cut);
    assert_eq!(
        report["violations"][0]["rule"], "done-marker-missing",
        "{report}"
    );
    let wrong = legal
        .text()
        .replace("\"sequence_number\":3", "\"sequence_number\":30");
    let report = check(&wrong);
    assert_eq!(
        report["violations"][0]["rule"], "sequence-number",
        "{report}"
    );
    let report = check("event: x\ndata: {");
    assert!(
        report["violations"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["rule"] == "framing"),
        "{report}"
    );
}

#[test]
fn a_transcript_needs_a_key_where_requests_do() {
    let digest = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8";
    let keys = format!("[[keys]]\ntenant = \"a\"\nsha256 = \"{digest}\"\n");
    let path = file("page-keys.toml", &keys);
    let server = Server::start(&["--config", &path]);
    let check = |key| server.request("POST", "/playground/check", key, "").status;
    assert_eq!((check("other"), check("password")), (401, 200));
}

#[test]
fn a_transcript_is_limited() {
    let server = Server::start(&[]);
    let long = ":".repeat((1 << 20) + 1);
    let refused = server.request("POST", "/playground/check", "test", &long);
    assert_eq!(refused.status, 413);
    assert_eq!(refused.error()["code"], "request_too_large");
    assert_eq!(refused.headers["connection"], "close");
    // Without an announced length.
    let mut connection = server.connect();
    connection.send(
        "POST /playground/check HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer test\r\n\
         transfer-encoding: chunked\r\n\r\n",
    );
    connection.send(&format!("{:x}\r\n{long}\r\n", long.len()));
    let refused = connection.answer();
    assert_eq!(refused.status, 413);
    assert_eq!(refused.headers["connection"], "close");
}

/// Bodies that are slow do not keep others from being read.
#[test]
fn transcripts_that_do_not_arrive_leave_room_for_others() {
    let server = Server::start(&[]);
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let mut connection = server.connect();
            connection.send(
                "POST /playground/check HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer test\r\n\
                 content-length: 100\r\nexpect: 100-continue\r\n\r\n",
            );
            let mut line = String::new();
            connection.0.read_line(&mut line).unwrap();
            // The server reads.
            assert_eq!(line, "HTTP/1.1 100 Continue\r\n");
            connection
        })
        .collect();
    let checked = server.request("POST", "/playground/check", "test", "");
    assert_eq!(checked.status, 200);
    drop(slow);
}
