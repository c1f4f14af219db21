#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use hyper_util::service::TowerToHyperService;
use libfuzzer_sys::fuzz_target;
use openresponses_testing::EmbeddedModel;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, OpenResponses};
use openresponses_types::StreamEvent;
use openresponses_types::check::Checker;
use openresponses_types::response::WebSocketError;
use openresponses_types::sequence::{CountingIds, FixedClock};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf};
use tokio::runtime::{Builder, Runtime};

const HANDSHAKE: &[u8] = b"GET /v1/responses HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n\
    upgrade: websocket\r\nsec-websocket-version: 13\r\n\
    sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";

/// Longer than any limit of a connection.
const LONG: Duration = Duration::from_secs(2 * 60 * 60);

/// One thread, and time that passes when all wait.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    Builder::new_current_thread().enable_time().start_paused(true).build().expect("a runtime")
});

fn serve(io: DuplexStream) {
    let config = Config::new()
        .store(MemoryStore::new(MemoryStoreLimits::default()))
        .ids(CountingIds::default())
        .clock(FixedClock(1));
    let service = TowerToHyperService::new(OpenResponses::new(EmbeddedModel::new(), config));
    let connection = hyper::server::conn::http1::Builder::new()
        .serve_connection(TokioIo::new(io), service)
        .with_upgrades();
    tokio::spawn(async move { drop(connection.await) });
}

/// A frame of a client, masked with zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match u16::try_from(payload.len()) {
        Ok(length @ 0..126) => frame.push(0x80 | length as u8),
        Ok(length) => {
            frame.push(0x80 | 126);
            frame.extend(length.to_be_bytes());
        }
        Err(_) => {
            frame.push(0x80 | 127);
            frame.extend((payload.len() as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}

/// What a line makes the client send. A line without one of these words is a text message.
fn bytes(line: &[u8]) -> Vec<u8> {
    let words: [(&[u8], u8); 7] = [
        (b"@ping", 0x89),
        (b"@pong", 0x8a),
        (b"@close", 0x88),
        (b"@binary", 0x82),
        (b"@half", 0x01),
        (b"@more", 0x00),
        (b"@rest", 0x80),
    ];
    if let Some(raw) = line.strip_prefix(b"@raw") {
        return raw.to_vec();
    }
    for (word, first) in words {
        if let Some(payload) = line.strip_prefix(word) {
            return frame(first, payload);
        }
    }
    frame(0x81, line)
}

async fn write(mut io: WriteHalf<DuplexStream>, script: &[u8]) {
    let _ = io.write_all(HANDSHAKE).await;
    for line in script.split(|byte| *byte == b'\n') {
        // The fuzzer ends at any panic, also at that of a model.
        if line.windows(11).any(|word| word == b"fault-panic") {
            continue;
        }
        match line.strip_prefix(b"@wait") {
            Some(length) => tokio::time::sleep(Duration::from_secs(length.len() as u64)).await,
            None => drop(io.write_all(&bytes(line)).await),
        }
    }
    let _ = io.write_all(&frame(0x88, &1000_u16.to_be_bytes())).await;
    // The server closes, not the client.
    std::future::pending().await
}

async fn read(mut io: ReadHalf<DuplexStream>) -> Vec<u8> {
    let mut received = Vec::new();
    let _ = io.read_to_end(&mut received).await;
    received
}

/// Checks the frames of the server: all are legal, and turns follow one another.
fn check(received: &[u8]) {
    let end = received.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let (head, mut rest) = received.split_at(end);
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(head));
    let mut turn: Option<Checker> = None;
    let mut closed = false;
    while let Some((first, length, at)) = next(rest) {
        let Some(payload) = rest.get(at..at + length) else { break };
        rest = &rest[at + length..];
        assert!(!closed, "a frame after the close frame");
        match first {
            0x81 => text(payload, &mut turn),
            0x88 => {
                closed = true;
                if let [high, low, ..] = payload {
                    let code = u16::from_be_bytes([*high, *low]);
                    assert!(matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999), "{code}");
                }
            }
            0x89 | 0x8a => {}
            other => panic!("a frame with the first byte {other:x}"),
        }
    }
}

/// The first byte of the next frame, the length of its payload, and where that starts.
fn next(rest: &[u8]) -> Option<(u8, usize, usize)> {
    let [first, length, behind @ ..] = rest else { return None };
    match length {
        126 => Some((*first, usize::from(u16::from_be_bytes(*behind.first_chunk()?)), 4)),
        127 => Some((*first, u64::from_be_bytes(*behind.first_chunk()?) as usize, 10)),
        length => {
            assert!(*length < 126, "a masked frame");
            Some((*first, usize::from(*length), 2))
        }
    }
}

fn text(payload: &[u8], turn: &mut Option<Checker>) {
    let shown = String::from_utf8_lossy(payload);
    if turn.is_none() && WebSocketError::from_json(payload).is_ok() {
        return;
    }
    let event = StreamEvent::from_json(payload).unwrap_or_else(|error| panic!("{error}: {shown}"));
    let checker = turn.get_or_insert_with(|| Checker::new().expect_done_marker(false));
    checker.push(&event, None);
    if checker.is_ended() {
        let found = turn.take().map(Checker::finish).unwrap_or_default();
        assert!(found.is_empty(), "{found:?}: {shown}");
    }
}

// The lines are what a client sends over one connection. The server answers with legal frames and
// legal turns, one after the other, and closes in the end.
fuzz_target!(|script: &[u8]| {
    RUNTIME.block_on(async {
        let (client, server) = tokio::io::duplex(64 * 1024);
        serve(server);
        let (reading, writing) = tokio::io::split(client);
        let script = script.to_vec();
        let writing = tokio::spawn(async move { write(writing, &script).await });
        let received = tokio::time::timeout(LONG, read(reading)).await;
        writing.abort();
        check(&received.expect("the server closes"));
    });
});
