//! What loading a turn takes on the wire.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use openresponses_store_sql::{SqlStore, SqlStoreOptions};
use openresponses_tower::Scope;
use openresponses_tower::store::{Conversation, ResponseStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{Database, answered};

/// `Sync` and nothing before it: the pool tests a connection that comes back, which no call waits for.
const SYNC: &[u8] = b"S\0\0\0\x04";

/// What a proxy has seen.
#[derive(Clone, Default)]
struct Seen {
    /// How often the client has spoken after the server.
    trips: Arc<AtomicUsize>,
    /// Bytes of the server.
    received: Arc<AtomicUsize>,
    server_was_last: Arc<AtomicBool>,
}

impl Seen {
    fn take(&self) -> (usize, usize) {
        let trips = self.trips.swap(0, Ordering::SeqCst);
        (trips, self.received.swap(0, Ordering::SeqCst))
    }
}

/// Starts a proxy to a port of this machine. Returns its port.
async fn proxy(to: u16, seen: Seen) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let server = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
            let ((from_client, to_client), (from_server, to_server)) =
                (client.into_split(), server.into_split());
            let (sends, answers) = (seen.clone(), seen.clone());
            tokio::spawn(copy(from_client, to_server, move |bytes| {
                if bytes != SYNC && sends.server_was_last.swap(false, Ordering::SeqCst) {
                    sends.trips.fetch_add(1, Ordering::SeqCst);
                }
            }));
            tokio::spawn(copy(from_server, to_client, move |bytes| {
                answers.server_was_last.store(true, Ordering::SeqCst);
                answers.received.fetch_add(bytes.len(), Ordering::SeqCst);
            }));
        }
    });
    port
}

async fn copy(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, seen: impl Fn(&[u8])) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let bytes = &buffer[..length];
        seen(bytes);
        if to.write_all(bytes).await.is_err() {
            return;
        }
    }
}

/// Loading takes at most three round trips, whatever the number of turns, and bytes in proportion to
/// them.
pub(crate) async fn loading_takes_three_round_trips(database: Database) {
    let Database::Postgres(server) = &database else {
        unreachable!("a case of PostgreSQL");
    };
    let store = database.store().await;
    let scope = Scope::new("a");
    let mut conversation = Conversation::default();
    let mut own = Vec::new();
    for number in 0..1000 {
        let record = answered(&format!("resp_{number}"), &conversation, &"x".repeat(1000));
        conversation = record.saved().conversation().clone();
        own.push(record.parts().bytes());
        store.save(&scope, record).await.unwrap();
    }
    let seen = Seen::default();
    let port = proxy(server.port(), seen.clone()).await;
    let url = server.url_at(port);
    // One connection, since a second would have to be made while the first is tested.
    let options = SqlStoreOptions::new().migrate(false).connections(1);
    let proxied = SqlStore::connect_lazy(&url, options).unwrap();
    proxied.ping().await.unwrap();
    for turns in [1, 10, 100, 1000, 1000] {
        seen.take();
        let id = format!("resp_{}", turns - 1);
        let found = proxied.load(&scope, &id).await.unwrap().unwrap();
        assert_eq!(found.conversation().len(), 2 * turns);
        let (trips, bytes) = seen.take();
        let needed: usize = own[..turns].iter().sum();
        println!("n = {turns}: {trips} round trips, {bytes} bytes for {needed}");
        assert!((1..=3).contains(&trips), "{trips}");
        assert!(bytes < needed + needed / 2 + 2000, "{bytes} for {needed}");
    }
}
