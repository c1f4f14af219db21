//! Resident memory over many turns, as the system counts it. Not among the usual tests, because it
//! takes a minute: `cargo test -p openresponses-server --test server -- --ignored --nocapture`.

#![cfg(target_os = "linux")]

use std::fs;

use serde_json::{Value, json};

use crate::process::{Server, file, post};
use crate::socket::Socket;

const TURNS: u64 = 10_000;

/// Allowed growth after the warm-up, in KiB.
const MAX_GROWTH_KIB: i64 = 4 * 1024;

/// The server's resident memory in KiB.
fn resident(server: &Server) -> i64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmRSS:"))
        .unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Prints and checks the memory growth over a number of turns, after a warm-up.
fn flat(what: &str, server: &Server, warm: u64, mut turn: impl FnMut(u64)) {
    let mut after = 0;
    for number in 1..=TURNS {
        turn(number);
        if number == warm {
            after = resident(server);
        }
        if number % (TURNS / 10) == 0 {
            println!("{what}: {number}, {} KiB", resident(server));
        }
    }
    let more = resident(server) - after;
    println!("{what}: {more} KiB more since the {warm}th");
    assert!(more < MAX_GROWTH_KIB, "{what}");
}

#[test]
#[ignore = "takes a minute"]
fn independent_turns_on_one_socket_leave_nothing() {
    let server = Server::start(&[]);
    let mut socket = Socket::open(&server, "test");
    flat("turns that are not stored", &server, TURNS / 10, |number| {
        let input = format!("{number} {}", "word ".repeat(100));
        let end = socket.ask(json!({"model": "any", "input": input, "store": false}));
        assert_eq!(end["type"], "response.completed");
    });
}

/// Each chain takes some 10 KB, so the store is full after some 1,600, and all that is in it was
/// replaced before the 5,000th.
#[test]
#[ignore = "takes a minute"]
fn a_full_store_does_not_grow() {
    let bounded = file("bounded.toml", "[store.memory]\nsize = \"16MiB\"\n");
    let server = Server::start(&["--config", &bounded]);
    let mut connection = server.connect();
    let text = "x".repeat(2_000);
    let mut first = Value::Null;
    flat("stored chains", &server, TURNS / 2, |number| {
        let mut previous = Value::Null;
        for turn in 0..2 {
            let input = format!("{number} {turn} {text}");
            let body = json!({"model": "any", "input": input, "previous_response_id": previous});
            connection.send(&post(&body.to_string()));
            let response = connection.answer().json();
            assert_eq!(response["store"], true);
            previous = response["id"].clone();
        }
        if number == 1 {
            first = previous;
        }
    });
    // The store is bounded: the oldest response was evicted.
    let path = format!("/v1/responses/{}", first.as_str().unwrap());
    assert_eq!(server.request("GET", &path, "test", "").status, 404);
}
