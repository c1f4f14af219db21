//! Time stands still unless all wait for it, so every figure is exact.

use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{SinkExt, StreamExt};
use openresponses_types::Profile;
use openresponses_types::json::JsonLimits;
use tokio::io::{AsyncReadExt, DuplexStream, duplex};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message};

use super::*;
use crate::error::ErrorKind;
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
    fn begin(self: Arc<Self>, _: Box<Create>) -> Beginning {
        let guard = OnDrop(Arc::clone(&self.dropped));
        Box::pin(async move {
            let _guard = guard;
            sleep(self.time).await;
            Err(Error::new(ErrorKind::Timeout, "slow", "x".repeat(1500)))
        })
    }
}

/// A connection, and the other end of it.
fn connect(time: Duration, pipe: usize) -> (JoinHandle<()>, DuplexStream, Arc<AtomicBool>) {
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
    };
    let shutdown = Shutdown::new();
    let task = tokio::spawn(async move {
        let config = WebSocketConfig::new();
        let local = Arc::new(ConnectionCache::new(usize::MAX));
        let share = Reservation::unbounded();
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
    drop(client);
}

/// What a slow reader takes shows that it is there, although it has not come to the pings yet.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_not_gone() {
    let start = Instant::now();
    let (task, far, _) = connect(SECOND, 64);
    let mut client = client(far).await;
    client.send(CREATE.into()).await.unwrap();
    sleep(2 * SECOND).await;
    let far = client.get_mut();
    let mut read = 0;
    while read < 1500 {
        sleep(50 * SECOND).await;
        let mut buffer = [0; 64];
        let more = far.read(&mut buffer).await.unwrap();
        assert!(more > 0, "{:?}", start.elapsed());
        read += more;
    }
    assert!(!task.is_finished());
    assert!(start.elapsed() > 1000 * SECOND);
    // And then it stops.
    let stopped = Instant::now();
    task.await.unwrap();
    assert_eq!(stopped.elapsed().as_secs(), 55);
}
