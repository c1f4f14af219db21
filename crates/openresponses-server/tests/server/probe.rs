use std::io::Read as _;
use std::net::Shutdown;
use std::time::Duration;

use crate::process::{Connection, Server, post};

fn active(server: &Server) -> u64 {
    let mut connection = server.connect();
    connection.send("GET /probe HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let (status, _) = connection.head();
    assert_eq!(status, 200);
    let mut body = String::new();
    connection.0.read_to_string(&mut body).unwrap();
    serde_json::from_str::<serde_json::Value>(&body).unwrap()["active"]
        .as_u64()
        .unwrap()
}

/// Waits until no call is alive; the test runner ends a test that waits forever.
fn until_none(server: &Server) {
    while active(server) > 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn stalled(server: &Server) -> Connection {
    let mut connection = server.connect();
    connection.send(&post(
        r#"{"model":"fault-stall","input":"x","stream":true}"#,
    ));
    assert_eq!(connection.head().0, 200);
    connection
}

#[test]
fn a_disconnecting_client_leaves_no_call_in_progress() {
    let server = Server::start(&[]);
    assert_eq!(active(&server), 0);
    let streams: Vec<Connection> = (0..200).map(|_| stalled(&server)).collect();
    assert_eq!(active(&server), 200);
    drop(streams);
    until_none(&server);
}

#[test]
fn heartbeats_detect_a_disconnect_hidden_by_pipelined_bytes() {
    let server = Server::start(&["--heartbeat", "0.05"]);
    let mut connection = stalled(&server);
    // Pipelined bytes hide the end of the connection.
    connection.send("GET /probe HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.0.get_ref().shutdown(Shutdown::Both).unwrap();
    drop(connection);
    until_none(&server);
}

/// An answer in one piece has no heartbeats.
#[test]
fn a_disconnect_before_the_answer_is_detected_despite_pipelined_bytes() {
    let server = Server::start(&[]);
    let mut connection = server.connect();
    connection.send(&post(r#"{"model":"fault-stall","input":"x"}"#));
    while active(&server) == 0 {
        std::thread::sleep(Duration::from_millis(5));
    }
    connection.send("GET /probe HTTP/1.1\r\nhost: x\r\n\r\n");
    drop(connection);
    until_none(&server);
}
