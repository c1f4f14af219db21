//! HTTP/2 servers, frame by frame: what they have not processed (RFC 9113, section 8.7), and
//! connections that fall silent, are unused or full.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use openresponses_tower::ErrorKind;
use openresponses_types::sequence::Delta;
use openresponses_upstream::Upstream;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::secure::{HI, STOP, acceptor, trusting, upstream_at};
use crate::server::{HELLO, all, ask};

const PREFACE: usize = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len();

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;

const ACK: u8 = 1;

const MAX_CONCURRENT_STREAMS: u16 = 3;

const NO_ERROR: u32 = 0;
const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;
const CANCEL: u32 = 8;
const ENHANCE_YOUR_CALM: u32 = 11;

/// What a server does with a request.
#[derive(Clone, Copy, Debug)]
enum Reaction {
    /// Says "Hi".
    Answer,
    /// Begins to say "Hi".
    Begin,
    /// Says nothing more, like a router that has dropped the flow.
    Ignore,
    /// Resets the stream for this reason.
    Reset(u32),
    /// Goes away for this reason without having processed this stream.
    GoAwayBefore(u32),
    /// Goes away after this stream, and closes the connection without an answer.
    GoAwayAfter,
}

use Reaction::{Answer, Begin, GoAwayAfter, GoAwayBefore, Ignore, Reset};

/// A server whose connections do this with their requests, the last script with all later ones.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

async fn serve(scripts: &[&'static [Reaction]]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let connections = Arc::new(AtomicUsize::new(0));
    let (count, scripts) = (Arc::clone(&connections), scripts.to_vec());
    let acceptor = acceptor(&["h2"]);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let n = count.fetch_add(1, Ordering::Relaxed);
            let script = scripts[n.min(scripts.len() - 1)];
            tokio::spawn(connection(acceptor.clone(), stream, script));
        }
    });
    Server { port, connections }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = vec![length[1], length[2], length[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

fn go_away(last: u32, reason: u32) -> Vec<u8> {
    let payload = [last.to_be_bytes(), reason.to_be_bytes()].concat();
    frame(GOAWAY, 0, 0, &payload)
}

fn begun(stream: u32) -> Vec<u8> {
    // `:status: 200` and a literal `content-type`, by their numbers in HPACK's static table.
    let kind = b"text/event-stream";
    let headers = [&[0x88, 0x0f, 31 - 15, 17][..], kind].concat();
    [
        frame(HEADERS, 4, stream, &headers),
        frame(DATA, 0, stream, HI.as_bytes()),
    ]
    .concat()
}

fn hi(stream: u32) -> Vec<u8> {
    [begun(stream), frame(DATA, 1, stream, STOP.as_bytes())].concat()
}

async fn connection(acceptor: TlsAcceptor, stream: TcpStream, script: &[Reaction]) {
    let mut io = acceptor.accept(stream).await.unwrap();
    io.read_exact(&mut [0; PREFACE]).await.unwrap();
    // One stream at once.
    let most = [
        &MAX_CONCURRENT_STREAMS.to_be_bytes()[..],
        &1_u32.to_be_bytes(),
    ]
    .concat();
    io.write_all(&frame(SETTINGS, 0, 0, &most)).await.unwrap();
    for reaction in script {
        let Some(stream) = request(&mut io).await else {
            return;
        };
        let reply = match *reaction {
            Answer => hi(stream),
            Begin => begun(stream),
            Ignore => return while io.read_u8().await.is_ok() {},
            Reset(reason) => frame(RST_STREAM, 0, stream, &reason.to_be_bytes()),
            GoAwayBefore(reason) => go_away(stream - 1, reason),
            GoAwayAfter => go_away(stream, NO_ERROR),
        };
        io.write_all(&reply).await.unwrap();
        if matches!(reaction, GoAwayAfter) {
            io.shutdown().await.unwrap();
        }
    }
    // The connection stays open.
    while request(&mut io).await.is_some() {}
}

/// Returns the stream of the next request.
async fn request(io: &mut TlsStream<TcpStream>) -> Option<u32> {
    loop {
        let mut head = [0; 9];
        io.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let length = u32::from_be_bytes([0, a, b, c]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        io.read_exact(&mut payload).await.ok()?;
        if kind == PING && flags == 0 {
            io.write_all(&frame(PING, ACK, 0, &payload)).await.ok()?;
        }
        if kind == HEADERS {
            return Some(u32::from_be_bytes(stream));
        }
    }
}

async fn asked(server: &Server) -> Result<(), openresponses_tower::Error> {
    let upstream = upstream_at(server.port, trusting());
    let (deltas, error) = all(ask(&upstream, HELLO).await?).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(deltas, [Delta::text("Hi"), Delta::complete()]);
    Ok(())
}

#[tokio::test]
async fn a_request_that_was_not_processed_is_sent_over_a_new_connection() {
    for refusal in [
        &[Reset(REFUSED_STREAM)][..],
        &[GoAwayBefore(NO_ERROR)],
        &[GoAwayBefore(ENHANCE_YOUR_CALM)],
    ] {
        let server = serve(&[refusal, &[Answer]]).await;
        asked(&server).await.unwrap();
        assert_eq!(server.connections.load(Ordering::Relaxed), 2, "{refusal:?}");
    }
}

#[tokio::test]
async fn a_pooled_connection_that_goes_away_is_replaced() {
    for script in [
        &[Answer, Reset(REFUSED_STREAM)][..],
        &[Answer, GoAwayBefore(NO_ERROR)],
    ] {
        let server = serve(&[script, &[Answer]]).await;
        let upstream = upstream_at(server.port, trusting());
        for connections in [1, 2] {
            let output = ask(&upstream, HELLO).await.unwrap();
            assert!(all(output).await.1.is_none());
            assert_eq!(server.connections.load(Ordering::Relaxed), connections);
        }
    }
}

#[tokio::test]
async fn a_request_that_may_have_been_processed_is_not_sent_again() {
    for failure in [
        &[Reset(CANCEL)][..],
        &[Reset(INTERNAL_ERROR)],
        &[GoAwayAfter],
    ] {
        let server = serve(&[failure, &[Answer]]).await;
        let error = asked(&server).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Upstream);
        assert_eq!(server.connections.load(Ordering::Relaxed), 1, "{failure:?}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_everything_is_asked_twice() {
    let server = serve(&[&[Reset(REFUSED_STREAM)]]).await;
    let error = asked(&server).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
    assert_eq!(server.connections.load(Ordering::Relaxed), 2);
}

async fn says_hi(upstream: &Upstream) {
    let (deltas, error) = all(ask(upstream, HELLO).await.unwrap()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(deltas, [Delta::text("Hi"), Delta::complete()]);
}

#[tokio::test]
async fn a_connection_that_takes_no_more_streams_is_joined_by_another() {
    let server = serve(&[&[Begin], &[Answer, Answer, Answer]]).await;
    let upstream = upstream_at(server.port, trusting());
    let running = ask(&upstream, HELLO).await.unwrap();
    for _ in 0..3 {
        says_hi(&upstream).await;
    }
    // The second connection serves one after the other.
    assert_eq!(server.connections.load(Ordering::Relaxed), 2);
    drop(running);
}

#[tokio::test]
async fn an_unused_connection_is_kept_as_long_as_the_host_says() {
    for (options, connections) in [
        (trusting(), 1),
        (trusting().keep_connections(Duration::ZERO), 2),
    ] {
        let server = serve(&[&[Answer, Answer]]).await;
        let upstream = upstream_at(server.port, options);
        says_hi(&upstream).await;
        says_hi(&upstream).await;
        assert_eq!(server.connections.load(Ordering::Relaxed), connections);
    }
}

#[tokio::test]
async fn a_connection_on_which_a_request_got_no_answer_is_left() {
    let server = serve(&[&[Answer, Ignore], &[Answer]]).await;
    let options = trusting().first_byte_timeout(Duration::from_secs(3));
    let upstream = upstream_at(server.port, options);
    says_hi(&upstream).await;
    let error = ask(&upstream, HELLO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    says_hi(&upstream).await;
    assert_eq!(server.connections.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn a_connection_without_a_sign_of_life_ends_before_the_answer_is_due() {
    let server = serve(&[&[Answer, Ignore], &[Answer]]).await;
    let options = trusting().ping_after(Duration::from_secs(1));
    let upstream = upstream_at(server.port, options.first_byte_timeout(None));
    says_hi(&upstream).await;
    let error = ask(&upstream, HELLO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
    says_hi(&upstream).await;
    assert_eq!(server.connections.load(Ordering::Relaxed), 2);
}
