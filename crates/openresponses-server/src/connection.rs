//! One connection, over HTTP/1.1 or HTTP/2.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::select;
use hyper::Request;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::Watcher;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::sleep;

use crate::endpoint::Endpoint;
use crate::open_connections::OpenConnection;
use crate::refused_connection;
use crate::refused_head::RefusedHead;
use crate::tls::Tls;
use crate::unsent::Unsent;
use crate::watched_socket::WatchedSocket;

/// The time limit for the head of a request.
const HEAD: Duration = Duration::from_secs(20);

/// The silence after which an HTTP/2 connection is pinged, and the time limit for the reply.
const SILENCE: Duration = Duration::from_secs(20);

/// When the server stops, a connection is closed that has had nothing to answer for so long. It may have sent a part of
/// a head, for which hyper waits.
const LULL: Duration = Duration::from_secs(1);

/// After how many stall limits an HTTP/2 connection that sends nothing of what it has is closed. Its streams
/// come before it: each fails after its limit and the time that its bytes earn, and frees what it holds.
const STUCK: u32 = 4;

/// How long sent data may stay unacknowledged: the client has vanished or does not read.
#[cfg(target_os = "linux")]
const UNREAD: Duration = Duration::from_secs(45);

/// How much of a stream the system and hyper each buffer for a client that does not read, in bytes;
/// Linux doubles it. The defaults are up to 4 MiB and 400 KiB, which the model would produce in
/// advance. Over HTTP/1.1 it also limits the head of a request.
const AHEAD: usize = 64 * 1024;

/// Serves a connection until one side closes it.
pub(crate) async fn serve(
    stream: TcpStream,
    admitted: OpenConnection,
    tls: Option<Tls>,
    service: Endpoint,
    ending: Ending,
) {
    // Events are small and should leave at once.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_send_buffer_size(AHEAD);
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(UNREAD));
    let socket = WatchedSocket::new(stream, admitted);
    let (gone, rest) = (socket.clone().gone(), socket.clone());
    let refused = RefusedHead::default();
    match tls {
        None => http(refused.watch(socket), gone, service, ending).await,
        Some(tls) => {
            if let Some(stream) = tls.accept(socket).await {
                http(refused.watch(stream), gone, service, ending).await;
            }
        }
    }
    if refused.is_seen() {
        refused_connection::discard(rest).await;
    }
}

/// Serves HTTP until one side closes the connection, or the client is `gone` or takes nothing of what it is
/// sent.
async fn http(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    gone: impl Future<Output = ()>,
    service: Endpoint,
    Ending { watcher, stop }: Ending,
) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(AHEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        // Required for WebSockets.
        .enable_connect_protocol()
        .keep_alive_interval(SILENCE)
        .keep_alive_timeout(SILENCE)
        .max_send_buf_size(AHEAD);
    let spoken = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&spoken);
    let limit = service.stall_limit();
    let unsent = Unsent::default();
    let counted = unsent.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        heard.store(true, Ordering::Relaxed);
        let (answer, counted) = (service.call(request), counted.request());
        async move { Ok::<_, Infallible>(answer.await?.map(|body| counted.body(body))) }
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let connection = watcher.watch(connection);
    // Errors here are the client's: it disconnected or does not speak HTTP.
    let gone = pin!(gone);
    let silent = pin!(silent(&spoken));
    let stuck = pin!(async {
        match limit {
            Some(limit) => unsent.clone().stuck(limit.saturating_mul(STUCK)).await,
            None => std::future::pending().await,
        }
    });
    let idle = pin!(async {
        stopped(stop).await;
        unsent.clone().idle(LULL).await;
    });
    let lost = select(gone, select(silent, select(stuck, idle)));
    drop(select(pin!(connection), lost).await);
}

/// How a connection learns that the server stops.
pub(crate) struct Ending {
    pub(crate) watcher: Watcher,
    /// Its sender is dropped then.
    pub(crate) stop: watch::Receiver<()>,
}

async fn stopped(mut stop: watch::Receiver<()>) {
    while stop.changed().await.is_ok() {}
}

/// Resolves when no request arrived in time. hyper's own limit starts only once the HTTP version is
/// known.
async fn silent(spoken: &AtomicBool) {
    sleep(HEAD).await;
    if spoken.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}
