//! The server's memory for streams, as reported by the system.

use std::io::Read;
use std::time::Duration;

use serde_json::json;

use crate::process::{Connection, Server, post};
use crate::socket::Socket;

/// The server's resident memory, in bytes.
fn resident(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id()));
    let status = status.unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes: usize = line
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    kibibytes * 1024
}

/// Peak memory of the server until it stops growing.
fn settled(server: &Server) -> usize {
    let (mut most, mut still) = (0, 0);
    while still < 20 {
        std::thread::sleep(Duration::from_millis(50));
        let now = resident(server);
        still = if now > most { 0 } else { still + 1 };
        most = most.max(now);
    }
    most
}

/// Memory of the server for each of several clients that do not read.
fn held_for_each<C>(connect: impl Fn(&Server) -> C) -> usize {
    const CLIENTS: usize = 10;
    let server = Server::start(&[]);
    assert_eq!(server.ask(r#"{"model":"any","input":"x"}"#).status, 200);
    let before = resident(&server);
    let clients: Vec<C> = (0..CLIENTS).map(|_| connect(&server)).collect();
    let each = settled(&server).saturating_sub(before) / CLIENTS;
    drop(clients);
    println!("{} KiB for an unread stream", each / 1024);
    each
}

/// A model that produces 8 MiB is polled only as far as its client reads.
#[test]
fn an_unread_stream_holds_at_most_a_mebibyte() {
    let over_http = held_for_each(|server| {
        let mut connection = server.connect();
        connection.send(&post(r#"{"model":"flood","input":"x","stream":true}"#));
        connection
    });
    assert!(over_http <= 1 << 20, "{over_http} bytes");
    let turn = json!({"type": "response.create", "model": "flood", "input": "x"});
    let over_websocket = held_for_each(|server| {
        let mut socket = Socket::open(server, "test");
        socket.send(&turn.to_string());
        socket
    });
    assert!(over_websocket <= 1 << 20, "{over_websocket} bytes");
}

#[test]
fn many_streams_at_once_are_whole_and_light() {
    const STREAMS: usize = 300;
    let server = Server::start(&[]);
    assert_eq!(server.ask(r#"{"model":"any","input":"x"}"#).status, 200);
    let before = resident(&server);
    let mut streams: Vec<Connection> = (0..STREAMS).map(|_| server.connect()).collect();
    let body = post(r#"{"model":"slow","input":"x","stream":true,"store":false}"#);
    let body = body.replace("content-type", "connection: close\r\ncontent-type");
    for stream in &mut streams {
        stream.send(&body);
    }
    for stream in &mut streams {
        assert_eq!(stream.head().0, 200);
    }
    let each = resident(&server).saturating_sub(before) / STREAMS;
    println!("{} KiB for a stream", each / 1024);
    assert!(each <= 64 * 1024, "{each} bytes");
    for mut stream in streams {
        let mut text = String::new();
        stream.0.read_to_string(&mut text).unwrap();
        assert_eq!(
            text.matches("\nevent: response.output_text.delta\n")
                .count(),
            32
        );
        assert_eq!(text.matches("event: response.completed\n").count(), 1);
        assert!(text.contains("data: [DONE]\n\n"));
    }
}
