//! Signals while the server starts, and while it checks its file.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use crate::process::{Server, file, program};

const SIGHUP: i32 = 1;
const SIGTERM: i32 = 15;

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill")
        .args(["-s", name, &child.id().to_string()])
        .status();
    assert!(status.unwrap().success());
}

/// Starts the server and sends it a signal after a while.
fn start_and(name: &str, after: Duration) -> Child {
    let child = program()
        .args(["--listen", "127.0.0.1:0"])
        .env("RUST_LOG", "error")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(after);
    signal(&child, name);
    child
}

/// Moments from the first instruction of the process to well after it listens.
fn moments() -> impl Iterator<Item = Duration> {
    (0..24).map(|step| Duration::from_micros(100 * step * step))
}

#[test]
fn sigterm_ends_the_server_in_every_moment_of_its_start() {
    let mut ends = Vec::new();
    for after in moments() {
        let end = start_and("TERM", after).wait().unwrap();
        // Before the handlers are there the signal itself ends the process.
        let is_good = end.code() == Some(0) || end.signal() == Some(SIGTERM);
        assert!(is_good, "{after:?}: {end}");
        ends.push(end);
    }
    let drained = |end: &&ExitStatus| end.code() == Some(0);
    assert!(ends.iter().any(|end| drained(&end)), "{ends:?}");
}

#[test]
fn sighup_ends_no_server_that_has_its_handlers() {
    let mut served = 0;
    for after in moments() {
        let mut child = start_and("HUP", after);
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        if line.is_empty() {
            // The signal came before the handlers.
            assert_eq!(child.wait().unwrap().signal(), Some(SIGHUP), "{after:?}");
            continue;
        }
        served += 1;
        signal(&child, "TERM");
        assert_eq!(child.wait().unwrap().code(), Some(0), "{after:?}");
    }
    assert!(served > 0);
}

#[test]
fn a_signal_ends_a_check_whose_server_does_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let text =
        format!("[providers.slow]\nkind = \"chat\"\nbase_url = \"http://127.0.0.1:{port}/v1\"\n");
    let path = file("signals-check.toml", &text);
    for name in ["TERM", "INT", "HUP"] {
        let mut child = program()
            .args(["--check-upstreams", "--config", &path])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It asks once it has read the file.
        let asked = listener.accept().unwrap();
        signal(&child, name);
        assert_eq!(child.wait().unwrap().code(), Some(2), "{name}");
        let mut text = String::new();
        let stderr = child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut text).unwrap();
        assert!(text.contains("the check was interrupted"), "{text}");
        drop(asked);
    }
}

/// A signal that arrives before the server listens counts as soon as it does.
#[test]
fn sigterm_while_the_store_is_away_ends_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let store = format!("redis://{}", listener.local_addr().unwrap());
    let mut server = Server::start(&["--store", &store]);
    server.signal("TERM");
    assert_eq!(server.child.wait().unwrap().code(), Some(0));
}
