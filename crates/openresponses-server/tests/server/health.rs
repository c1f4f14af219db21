use crate::process::{Server, file};

#[test]
fn healthy() {
    let server = Server::start(&[]);
    let answer = server.get(None, "/healthz");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["status"], "ok");
    assert_eq!(answer.headers["cache-control"], "no-store");
}

#[test]
fn the_routes_for_operators_are_read_only() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    for path in ["/healthz", "/metrics", "/probe"] {
        for method in ["POST", "PUT", "OPTIONS", "MADEUP"] {
            let head = "host: x\r\ncontent-length: 0\r\n\r\n";
            connection.send(&format!("{method} {path} HTTP/1.1\r\n{head}"));
            let answer = connection.answer();
            assert_eq!(answer.status, 405, "{method} {path}");
            assert_eq!(answer.headers["allow"], "GET, HEAD");
            assert_eq!(answer.json()["error"]["code"], "method_not_allowed");
        }
    }
}

#[test]
fn only_health_is_served_for_any_host() {
    // DNS rebinding: a page in a local browser, under its own host name.
    let path = file(
        "rebound.toml",
        "[server]\nhosts = \"gateway.example\"\n\
         [providers.a]\nkind = \"embedded\"\nany_model = true\n",
    );
    let server = Server::start(&["--config", &path]);
    let mut connection = server.connect();
    for (path, foreign) in [
        ("/healthz", 200),
        ("/metrics", 403),
        ("/probe", 403),
        ("/v1/models", 403),
    ] {
        for (host, expected) in [
            ("page.example", foreign),
            ("gateway.example", 200),
            ("127.0.0.1", 200),
        ] {
            let head = format!("host: {host}\r\nauthorization: Bearer test\r\n\r\n");
            connection.send(&format!("GET {path} HTTP/1.1\r\n{head}"));
            let answer = connection.answer();
            assert_eq!(answer.status, expected, "{path} {host}");
            if expected == 403 {
                assert_eq!(answer.json()["error"]["code"], "host_not_allowed");
            }
        }
    }
}

#[cfg(unix)]
#[test]
fn while_draining_requests_are_answered_and_health_is_503() {
    let mut server = Server::start(&["--drain", "600"]);
    server.signal("TERM");
    let drained = loop {
        let answer = server.get(None, "/healthz");
        if answer.status != 200 {
            break answer;
        }
    };
    assert_eq!(drained.status, 503);
    assert_eq!(drained.json()["status"], "draining");
    assert_eq!(server.ask(r#"{"model":"any","input":"x"}"#).status, 200);
    assert!(server.child.try_wait().unwrap().is_none());
    // A second signal ends the wait.
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(1));
}

#[cfg(unix)]
#[test]
fn the_end_follows_by_itself() {
    let mut server = Server::start(&["--drain", "1"]);
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
