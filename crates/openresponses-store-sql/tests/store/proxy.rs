//! A proxy between a store and its database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// `Sync` and nothing before it: the pool tests a connection that comes back, which no call waits for.
const SYNC: &[u8] = b"S\0\0\0\x04";

/// What a proxy has seen.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// How often the client has spoken after the server.
    trips: Arc<AtomicUsize>,
    /// Bytes of the server.
    received: Arc<AtomicUsize>,
    server_was_last: Arc<AtomicBool>,
}

impl Seen {
    pub(crate) fn take(&self) -> (usize, usize) {
        let trips = self.trips.swap(0, Ordering::SeqCst);
        (trips, self.received.swap(0, Ordering::SeqCst))
    }
}

/// Starts a proxy to a port of this machine, which keeps what the client sends for a while. Returns its
/// port.
pub(crate) async fn proxy(to: u16, seen: Seen, delay: Duration) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            let (sends, answers) = (seen.clone(), seen.clone());
            let sent = move |bytes: &[u8]| {
                if bytes != SYNC && sends.server_was_last.swap(false, Ordering::SeqCst) {
                    sends.trips.fetch_add(1, Ordering::SeqCst);
                }
            };
            let received = move |bytes: &[u8]| {
                answers.server_was_last.store(true, Ordering::SeqCst);
                answers.received.fetch_add(bytes.len(), Ordering::SeqCst);
            };
            tokio::spawn(copy(from_client, to_server, sent, delay));
            tokio::spawn(copy(from_server, to_client, received, Duration::ZERO));
        }
    });
    port
}

async fn copy(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    seen: impl Fn(&[u8]),
    delay: Duration,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..length];
        seen(bytes);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}
