//! Time stands still unless all wait for it, so every figure is exact.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{SinkExt, StreamExt};
use openresponses_types::Profile;
use openresponses_types::json::JsonLimits;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};

use super::*;
use crate::body_time::BodyTime;
use crate::bounds::{BoundedResource, Bounds};
use crate::error::ErrorKind;
use crate::scope::Scope;
use crate::shutdown::Shutdown;

const SECOND: Duration = Duration::from_secs(1);
const CREATE: &str = r#"{"type":"response.create","model":"m","input":"x"}"#;

/// Refuses each turn after a while.
struct Slow {
    time: Duration,
    dropped: Arc<AtomicBool>,
}

struct OnDrop(Arc<AtomicBool>);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Host for Slow {
    fn authorize(self: Arc<Self>) -> Authorizing {
        Box::pin(ready(Ok(())))
    }

    fn read(self: Arc<Self>, text: Utf8Bytes, reading: Reading) -> MessageReading {
        Box::pin(async move { crate::ws::read_message(&text, reading, |_| Ok(())) })
    }

    fn begin(self: Arc<Self>, _: Box<Create>) -> (Beginning, Option<Box<AccessLine>>) {
        let guard = OnDrop(Arc::clone(&self.dropped));
        let beginning = async move {
            let _guard = guard;
            sleep(self.time).await;
            Err(Error::new(ErrorKind::Timeout, "slow", "x".repeat(1500)))
        };
        (Box::pin(beginning), None)
    }

    fn refused(&self, _: &Refusal) {}
}

/// A connection, and the other end of it.
fn connect(time: Duration, pipe: usize) -> (JoinHandle<()>, DuplexStream, Arc<AtomicBool>) {
    connect_within(&Bounds::new(), time, pipe)
}

fn connect_within(
    bounds: &Bounds,
    time: Duration,
    pipe: usize,
) -> (JoinHandle<()>, DuplexStream, Arc<AtomicBool>) {
    let (near, far) = duplex(pipe);
    let dropped = Arc::new(AtomicBool::new(false));
    let host = Arc::new(Slow {
        time,
        dropped: Arc::clone(&dropped),
    });
    let reading = Reading {
        profile: Profile::Compatible,
        limits: JsonLimits::default(),
        message_limit: 1 << 20,
        message_time: BodyTime {
            base: Some(30 * SECOND),
            rate: 1024,
        },
        stall_limit: Some(45 * SECOND),
    };
    let shutdown = Shutdown::new();
    let tenant = bounds.tenant(&Scope::anonymous());
    let task = tokio::spawn(async move {
        let config = WebSocketConfig::new();
        let [local, share] = [(); 2].map(|()| tenant.nothing(BoundedResource::Memory));
        let local = Arc::new(ConnectionCache::new(usize::MAX, local));
        Connection::new(near, &config, reading, local, share, host, shutdown.watch())
            .await
            .run()
            .await;
    });
    (task, far, dropped)
}

async fn client(far: DuplexStream) -> WebSocketStream<DuplexStream> {
    WebSocketStream::from_raw_socket(far, Role::Client, None).await
}

/// What comes next, and when.
async fn next(client: &mut WebSocketStream<DuplexStream>, start: Instant) -> (Duration, Message) {
    let message = client.next().await.unwrap().unwrap();
    (start.elapsed(), message)
}

fn code(message: &Message) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(message.to_text().ok()?).ok()?;
    Some(value["error"]["code"].as_str()?.to_owned())
}

#[tokio::test(start_paused = true)]
async fn a_client_that_answers_stays_to_the_limit() {
    let start = Instant::now();
    let (task, far, _) = connect(SECOND, 1 << 16);
    let mut client = client(far).await;
    for n in 1..240 {
        let (at, message) = next(&mut client, start).await;
        assert!(message.is_ping(), "{message:?}");
        assert_eq!(at.as_secs(), n * 15);
    }
    let (at, message) = next(&mut client, start).await;
    assert_eq!(
        code(&message).unwrap(),
        "websocket_connection_limit_reached"
    );
    assert_eq!(at.as_secs(), 3600);
    let (at, message) = next(&mut client, start).await;
    assert!(message.is_close());
    assert_eq!(at.as_secs(), 3600);
    assert!(matches!(
        client.next().await,
        None | Some(Err(WebSocketError::ConnectionClosed))
    ));
    task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_runs_at_the_limit_may_end() {
    let start = Instant::now();
    let (_task, far, _) = connect(100 * SECOND, 1 << 16);
    let mut client = client(far).await;
    loop {
        let (at, _) = next(&mut client, start).await;
        if at.as_secs() == 3585 {
            break;
        }
    }
    client.send(CREATE.into()).await.unwrap();
    client.send(CREATE.into()).await.unwrap();
    let mut seen = Vec::new();
    loop {
        let (at, message) = next(&mut client, start).await;
        match code(&message) {
            Some(code) => seen.push((at.as_secs(), code)),
            None if message.is_close() => break,
            None => assert!(message.is_ping()),
        }
    }
    let expected = ["slow", "websocket_connection_limit_reached"];
    assert_eq!(seen, expected.map(|code| (3685, code.to_owned())));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_answer_takes_its_turn_along() {
    let start = Instant::now();
    let (task, far, dropped) = connect(1000 * SECOND, 1 << 16);
    let mut client = client(far).await;
    client.send(CREATE.into()).await.unwrap();
    // The connection is still open, but the client does not read.
    task.await.unwrap();
    assert!(dropped.load(Ordering::SeqCst));
    assert_eq!(start.elapsed().as_secs(), 55);
    let mut rest = Vec::new();
    client.get_mut().read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"\x88\x15\x03\xe9silent for too long"));
}

/// Reads 64 bytes of the first message in each `pause` until it is complete or the connection ends.
/// Returns the time and the number of bytes.
async fn read_slowly(pause: Duration) -> (Duration, usize) {
    let (_task, far, _) = connect(SECOND, 64);
    let mut client = client(far).await;
    client.send(CREATE.into()).await.unwrap();
    sleep(2 * SECOND).await;
    let start = Instant::now();
    let mut read = 0;
    while read < 1500 {
        sleep(pause).await;
        // Pings show that the client is there, and not that it reads.
        let _ = client.send(Message::Ping("x".into())).await;
        let mut buffer = [0; 64];
        match client.get_mut().read(&mut buffer).await {
            Ok(more @ 1..) => read += more,
            _ => break,
        }
    }
    (start.elapsed(), read)
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_not_gone() {
    let (time, read) = read_slowly(SECOND).await;
    assert!(read >= 1500, "{read}");
    assert!(time < 45 * SECOND, "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_takes_a_little_now_and_then_is_stalled() {
    let (time, read) = read_slowly(10 * SECOND).await;
    assert!(read < 500, "{read}");
    assert!(time >= 45 * SECOND && time < 80 * SECOND, "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_only_sends_pings_is_stalled() {
    let start = Instant::now();
    let (task, far, dropped) = connect(SECOND, 64);
    let mut client = client(far).await;
    client.send(CREATE.into()).await.unwrap();
    client.send(CREATE.into()).await.unwrap();
    while !task.is_finished() {
        sleep(5 * SECOND).await;
        let _ = client.send(Message::Ping("x".into())).await;
    }
    assert!(dropped.load(Ordering::SeqCst));
    assert!((45..60).contains(&start.elapsed().as_secs()));
}

/// The frames of a text message of `fragments` parts with this content each, without the last.
fn fragments(fragments: usize, content: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for number in 0..fragments {
        bytes.extend([
            u8::from(number == 0),
            0x80 | u8::try_from(content.len()).unwrap(),
        ]);
        bytes.extend([0; 4]);
        bytes.extend(content);
    }
    bytes
}

#[test]
fn what_a_large_message_took_is_free_during_its_turn() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let text = CREATE.replace("\"x\"", &format!("\"{}\"", "x".repeat(1_000_000)));
    let mut alive = None;
    let held = allocation_counter::measure(|| {
        alive = Some(runtime.block_on(async {
            let (task, mut far, dropped) = connect(1000 * SECOND, 1 << 16);
            far.write_all(&[0x81, 0xff]).await.unwrap();
            let length = text.len() as u64;
            far.write_all(&length.to_be_bytes()).await.unwrap();
            far.write_all(&[0; 4]).await.unwrap();
            far.write_all(text.as_bytes()).await.unwrap();
            sleep(SECOND).await;
            assert!(!task.is_finished() && !dropped.load(Ordering::SeqCst));
            (task, far)
        }));
    });
    assert!(held.bytes_max > 1_000_000);
    assert!(held.bytes_current < 500_000, "{}", held.bytes_current);
}

#[test]
fn what_a_whole_fragment_takes_is_counted() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let bounds = Bounds::new();
    let mut alive = None;
    let length = 1_000_000_u64;
    let held = allocation_counter::measure(|| {
        alive = Some(runtime.block_on(async {
            let (task, mut far, _) = connect_within(&bounds, SECOND, 1 << 16);
            far.write_all(&[0x01, 0xff]).await.unwrap();
            far.write_all(&length.to_be_bytes()).await.unwrap();
            far.write_all(&[0; 4]).await.unwrap();
            for _ in 0..1000 {
                far.write_all(&[b'x'; 1000]).await.unwrap();
            }
            sleep(SECOND).await;
            assert!(!task.is_finished());
            (task, far)
        }));
    });
    let held = u64::try_from(held.bytes_current).unwrap();
    let counted = bounds
        .usage()
        .into_iter()
        .find(|usage| usage.resource == BoundedResource::Memory)
        .unwrap()
        .held;
    // The connection and its pipe are not counted.
    assert!(
        counted >= 2 * length && held < counted + (200 << 10),
        "{held} bytes, {counted} counted"
    );
}

/// The close frame that ends a connection, and when it came.
async fn closed(client: &mut WebSocketStream<DuplexStream>, start: Instant) -> (u64, u16) {
    loop {
        let (at, message) = next(client, start).await;
        if let Message::Close(Some(close)) = message {
            return (at.as_secs(), close.code.into());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn half_a_message_is_not_kept_for_long() {
    for content in ["", "x"] {
        let start = Instant::now();
        let (_task, mut far, _) = connect(SECOND, 1 << 16);
        far.write_all(&fragments(1, content.as_bytes()))
            .await
            .unwrap();
        let mut client = client(far).await;
        let (at, code) = closed(&mut client, start).await;
        assert_eq!((at, code), (30, 1008));
    }
    // Pings between the fragments earn no time.
    let start = Instant::now();
    let (task, mut far, _) = connect(SECOND, 1 << 16);
    far.write_all(&fragments(1, b"x")).await.unwrap();
    let mut client = client(far).await;
    while !task.is_finished() {
        sleep(SECOND).await;
        let _ = client.send(Message::Ping("x".into())).await;
    }
    assert!((30..34).contains(&start.elapsed().as_secs()));
}

#[tokio::test(start_paused = true)]
async fn bytes_earn_a_message_time() {
    let start = Instant::now();
    let (_task, mut far, _) = connect(SECOND, 1 << 16);
    far.write_all(&fragments(100, &[b'x'; 100])).await.unwrap();
    let (at, code) = closed(&mut client(far).await, start).await;
    assert_eq!((at, code), (39, 1008));
}

#[tokio::test(start_paused = true)]
async fn empty_fragments_are_bounded() {
    let start = Instant::now();
    let (_task, mut far, _) = connect(SECOND, 1 << 21);
    far.write_all(&fragments(300_000, b"")).await.unwrap();
    let (at, code) = closed(&mut client(far).await, start).await;
    assert_eq!((at, code), (0, 1008));
    // Small ones with content are as many as 4 MiB take.
    let (task, mut far, _) = connect(SECOND, 1 << 20);
    far.write_all(&fragments(16_000, &[b'x'; 64]))
        .await
        .unwrap();
    sleep(SECOND).await;
    assert!(!task.is_finished());
}
