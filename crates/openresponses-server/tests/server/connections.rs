//! Connections before any request has arrived.

use std::io::{Read, Write};

use serde_json::json;

use crate::process::{Connection, Server, file, post};
use crate::socket::Socket;

const ASK: &str = r#"{"model":"m","input":"x"}"#;

fn status(connection: &mut Connection) -> u16 {
    connection.send(&post(ASK));
    connection.answer().status
}

/// Returns what the server sends to a new connection that asks nothing.
fn refusal(server: &Server) -> String {
    let Connection(mut stream) = server.connect();
    let mut received = String::new();
    stream.read_to_string(&mut received).unwrap();
    received
}

/// Returns true if the server answers on a new connection.
fn is_served(server: &Server) -> bool {
    let Connection(mut stream) = server.connect();
    let sent = stream.get_mut().write_all(post(ASK).as_bytes());
    let mut start = [0; 12];
    sent.is_ok() && stream.read_exact(&mut start).is_ok() && start == *b"HTTP/1.1 200"
}

#[test]
fn one_connection_too_many_is_refused_and_the_others_go_on() {
    let settings = "[limits]\nopen_connections = { total = 4, address = 2 }\n";
    let path = file("connections.toml", settings);
    let server = Server::start(&["--config", &path]);
    // The server has accepted a connection once it has answered on it.
    let [mut first, mut second] = [server.connect(), server.connect()];
    assert_eq!((status(&mut first), status(&mut second)), (200, 200));
    let refused = refusal(&server);
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.contains("\r\nretry-after: 1\r\n"), "{refused}");
    assert!(refused.contains(r#""code":"too_many_connections""#));
    assert_eq!(status(&mut first), 200);
    drop(second);
    // The place is free once the server has noticed.
    while !is_served(&server) {}
    assert_eq!(status(&mut first), 200);
}

#[test]
fn the_refusal_reaches_a_client_that_sends_at_once() {
    let path = file(
        "connections_sending.toml",
        "[limits]\nopen_connections = { total = 1 }\n",
    );
    let server = Server::start(&["--config", &path]);
    let mut first = server.connect();
    assert_eq!(status(&mut first), 200);
    let long = post(&format!(
        r#"{{"model":"m","input":"{}"}}"#,
        "x".repeat(100_000)
    ));
    for _ in 0..5 {
        let Connection(mut stream) = server.connect();
        stream.get_mut().write_all(long.as_bytes()).unwrap();
        let mut received = String::new();
        stream.read_to_string(&mut received).unwrap();
        assert!(received.contains("too_many_connections"), "{received}");
    }
}

#[test]
fn websockets_count_as_open_connections() {
    let settings = "[limits]\nopen_connections = { total = 4, address = 2 }\n";
    let path = file("connections_websockets.toml", settings);
    let server = Server::start(&["--config", &path]);
    let turn = || json!({"model": "any", "input": "x"});
    let [mut first, mut second] = [(); 2].map(|()| Socket::open(&server, "test"));
    for socket in [&mut first, &mut second] {
        assert_eq!(socket.ask(turn())["type"], "response.completed");
    }
    assert!(refusal(&server).starts_with("HTTP/1.1 503 "));
    assert_eq!(first.ask(turn())["type"], "response.completed");
    drop(second);
    while !is_served(&server) {}
}

#[test]
fn open_and_refused_connections_are_metrics() {
    let settings = "[limits]\nopen_connections = { total = 4, address = 2 }\n";
    let path = file("connections_measured.toml", settings);
    let server = Server::start(&["--config", &path]);
    let [mut first, mut second] = [server.connect(), server.connect()];
    assert_eq!((status(&mut first), status(&mut second)), (200, 200));
    assert!(refusal(&server).starts_with("HTTP/1.1 503 "));
    first.send("GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n");
    let metrics = first.answer();
    for line in [
        r#"openresponses_bounds_held{resource="open_connections"} 2"#,
        r#"openresponses_bounds_limit{resource="open_connections",of="total"} 4"#,
        r#"openresponses_bounds_limit{resource="open_connections",of="address"} 2"#,
        r#"openresponses_bounds_refused_total{resource="open_connections",of="address"} 1"#,
        r#"openresponses_bounds_refused_total{resource="open_connections",of="total"} 0"#,
    ] {
        assert!(metrics.text().contains(line), "{line}\n{}", metrics.text());
    }
}

#[test]
fn a_connection_counts_while_the_rest_of_a_refused_body_is_read() {
    let settings = "[limits]\nopen_connections = { total = 4, address = 1 }\n";
    let path = file("connections_unread.toml", settings);
    let server = Server::start(&["--config", &path]);
    let mut connection = server.connect();
    connection.send(
        "PUT /v1/responses HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000000000\r\n\r\n",
    );
    let answer = connection.answer();
    assert_eq!(answer.status, 405);
    assert_eq!(answer.headers["connection"], "close");
    let Connection(stream) = connection;
    let mut sending = stream.into_inner();
    let closing = sending.try_clone().unwrap();
    let sender = std::thread::spawn(move || while sending.write_all(&[b' '; 4096]).is_ok() {});
    assert!(refusal(&server).starts_with("HTTP/1.1 503 "));
    closing.shutdown(std::net::Shutdown::Both).unwrap();
    sender.join().unwrap();
    while !is_served(&server) {}
}
