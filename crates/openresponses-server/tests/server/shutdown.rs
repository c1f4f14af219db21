#![cfg(unix)]

use std::io::Read;
use std::net::TcpStream;

use crate::process::{Server, head, post};

const SLOW: &str = r#"{"model":"slow","input":"x","stream":true}"#;

#[test]
fn a_signal_lets_open_streams_end() {
    for signal in ["TERM", "INT"] {
        let mut server = Server::start(&[]);
        let mut idle = server.connect();
        let mut connection = server.connect();
        connection.send(&post(SLOW));
        let (status, _) = connection.head();
        assert_eq!(status, 200);
        connection.chunk();
        server.signal(signal);
        // An idle connection is closed; once it is, the signal has arrived.
        let mut nothing = Vec::new();
        idle.0.read_to_end(&mut nothing).unwrap();
        assert!(TcpStream::connect(&server.address).is_err());
        let mut events = Vec::new();
        loop {
            let chunk = connection.chunk();
            if chunk.is_empty() {
                break;
            }
            events.extend(chunk);
        }
        assert!(events.ends_with(b"data: [DONE]\n\n"));
        assert_eq!(server.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn streams_over_the_grace_period_end_with_an_error() {
    let mut server = Server::start(&["--grace", "1"]);
    let mut streamed = server.connect();
    streamed.send(&post(SLOW));
    streamed.head();
    let mut whole = server.connect();
    whole.send(&post(&SLOW.replace("true", "false")));
    // By then the second request has arrived, too.
    for _ in 0..5 {
        streamed.chunk();
    }
    server.signal("TERM");
    let mut events = String::new();
    loop {
        let chunk = streamed.chunk();
        if chunk.is_empty() {
            break;
        }
        events.push_str(std::str::from_utf8(&chunk).unwrap());
    }
    assert!(events.contains("event: error\n"));
    assert!(events.contains("event: response.failed\n"));
    assert!(events.contains(r#""code":"server_shutting_down""#));
    assert!(events.ends_with("data: [DONE]\n\n"));
    let refused = whole.answer();
    assert_eq!(refused.status, 503);
    assert_eq!(refused.error()["code"], "server_shutting_down");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_body_that_does_not_arrive_does_not_outlast_the_grace_period() {
    let mut server = Server::start(&["--grace", "1"]);
    let mut connection = server.connect();
    let head = head(1000).replace("\r\n\r\n", "\r\nexpect: 100-continue\r\n\r\n");
    connection.send(&head);
    // The server reads the body.
    assert_eq!(connection.head().0, 100);
    connection.send("{");
    server.signal("TERM");
    let refused = connection.answer();
    assert_eq!(refused.status, 503);
    assert_eq!(refused.error()["code"], "server_shutting_down");
    assert_eq!(refused.headers["connection"], "close");
    assert_eq!(refused.headers["retry-after"], "1");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn connections_without_a_request_hold_the_end_for_no_grace_period() {
    let mut server = Server::start(&["--grace", "3600"]);
    let mut partial = server.connect();
    partial.send("POST /v1/resp");
    // HTTP/2 whose client answers nothing.
    let mut silent = server.connect();
    silent.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0");
    silent.0.read_exact(&mut [0; 9]).unwrap();
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_second_signal_ends_at_once() {
    let mut server = Server::start(&[]);
    let mut idle = server.connect();
    let mut connection = server.connect();
    connection.send(&post(SLOW));
    connection.head();
    server.signal("TERM");
    let mut nothing = Vec::new();
    idle.0.read_to_end(&mut nothing).unwrap();
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(1));
    let mut rest = Vec::new();
    // Reset or closed, but not ended.
    let _ = connection.0.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"data: [DONE]\n\n\r\n0\r\n\r\n"));
}
