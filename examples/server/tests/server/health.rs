use crate::process::Server;

#[test]
fn healthy() {
    let server = Server::start(&[]);
    let answer = server.get(None, "/healthz");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json()["status"], "ok");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let mut connection = server.connect();
    connection.send("POST /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n");
    assert_eq!(connection.answer().status, 404);
}

#[cfg(unix)]
#[test]
fn while_it_drains_requests_are_answered_and_load_balancers_told() {
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
    // Who does not want to wait says so again.
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
