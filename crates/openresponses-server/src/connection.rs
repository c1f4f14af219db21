//! One connection: HTTP/1.1 or HTTP/2, whichever the client speaks.

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
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::endpoint::Endpoint;
use crate::lingering_close::{Lingering, Unread, Watched};
use crate::watched_socket::WatchedSocket;

/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(20);

/// After which silence an HTTP/2 connection is asked whether it is still there, and how long it may
/// take to answer.
const SILENCE: Duration = Duration::from_secs(20);

/// How long what was sent may stay unread: the client has vanished without a word, or does not read.
#[cfg(target_os = "linux")]
const UNREAD: Duration = Duration::from_secs(45);

/// How much of a stream the system and hyper each take ahead of a client that does not read, in
/// bytes; Linux takes twice as many. Left alone they take up to 4 MiB and 400 KiB, and the model talks
/// on for as long. Over HTTP/1.1 the head of a request is bounded by it too.
const AHEAD: usize = 64 * 1024;

/// Serves a connection until one side closes it.
pub(crate) async fn serve(stream: TcpStream, service: Endpoint, watcher: Watcher) {
    // Events are small, and each is wanted at once.
    let _ = stream.set_nodelay(true);
    let _ = SockRef::from(&stream).set_send_buffer_size(AHEAD);
    #[cfg(target_os = "linux")]
    let _ = SockRef::from(&stream).set_tcp_user_timeout(Some(UNREAD));
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(AHEAD);
    builder
        .http2()
        .timer(TokioTimer::new())
        // WebSockets are opened with it.
        .enable_connect_protocol()
        .keep_alive_interval(SILENCE)
        .keep_alive_timeout(SILENCE)
        .max_send_buf_size(AHEAD);
    let spoken = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&spoken);
    let unread = Unread::default();
    let stream = WatchedSocket::new(stream);
    let gone = stream.clone().gone();
    let stream = Lingering::new(stream, unread.clone());
    let service = service_fn(move |request: Request<Incoming>| {
        heard.store(true, Ordering::Relaxed);
        service.call(request.map(|body| Watched::new(body, unread.clone())))
    });
    let connection = builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
    let connection = watcher.watch(connection);
    // An error here is the client's: it has gone, or it does not speak HTTP.
    let gone = pin!(gone);
    let silent = pin!(silent(&spoken));
    drop(select(pin!(connection), select(gone, silent)).await);
}

/// Done when nothing was asked in time. hyper's own limit only begins once it knows which version
/// of HTTP the client speaks.
async fn silent(spoken: &AtomicBool) {
    sleep(HEAD).await;
    if spoken.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}
