//! Accepting connections, and shutting down.

use std::io::ErrorKind;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use hyper_util::server::graceful::GracefulShutdown;
use openresponses_tower::Shutdown;
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::connection;
use crate::endpoint::Endpoint;
use crate::shutdown::Signals;
use crate::tls::Tls;

/// How long clients may take to read the end of their stream.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All streams ended, and their clients were notified.
    Drained,
    /// A second signal arrived, or a client did not read.
    Cut,
}

/// Serves until a signal arrives and for `drain` after it. Open streams may then continue for
/// `grace`, after which they fail. A second signal ends everything at once.
pub(crate) async fn serve(
    (listener, tls): (TcpListener, Option<Tls>),
    service: Endpoint,
    mut signals: Signals,
    drain: Duration,
    grace: Duration,
    shutdown: Shutdown,
) -> Ended {
    let graceful = GracefulShutdown::new();
    let tls = tls.as_ref();
    accept((&listener, tls), &service, &graceful, signals.next()).await;
    service.health().drain();
    let mut again = false;
    let over = async {
        let (signal, time) = (pin!(signals.next()), pin!(sleep(drain)));
        again = matches!(select(signal, time).await, Either::Left(_));
    };
    accept((&listener, tls), &service, &graceful, over).await;
    if again {
        return Ended::Cut;
    }
    // No new connections from here on.
    drop(listener);
    shutdown.drain();
    // The HTTP server no longer owns WebSocket connections.
    let mut drained = pin!(join(graceful.shutdown(), shutdown.closed()));
    let mut again = pin!(signals.next());
    for time in [grace, LAST_WORDS] {
        let late = pin!(sleep(time));
        match select(&mut drained, select(&mut again, late)).await {
            Either::Left(_) => return Ended::Drained,
            Either::Right((Either::Left(_), _)) => return Ended::Cut,
            Either::Right((Either::Right(_), _)) => shutdown.end(),
        }
    }
    Ended::Cut
}

/// Answers operational routes until the process ends.
pub(crate) async fn admin(listener: TcpListener, tls: Option<Tls>, service: Endpoint) {
    let graceful = GracefulShutdown::new();
    let listener = (&listener, tls.as_ref());
    accept(listener, &service, &graceful, std::future::pending()).await;
}

/// Accepts connections until `end` resolves.
async fn accept(
    (listener, tls): (&TcpListener, Option<&Tls>),
    service: &Endpoint,
    graceful: &GracefulShutdown,
    until: impl Future<Output = ()>,
) {
    let mut until = pin!(until);
    loop {
        let accepted = match select(&mut until, pin!(listener.accept())).await {
            Either::Left(_) => return,
            Either::Right((accepted, _)) => accepted,
        };
        match accepted {
            Ok((stream, _)) => {
                let (tls, service) = (tls.cloned(), service.clone());
                let connection = connection::serve(stream, tls, service, graceful.watcher());
                drop(tokio::spawn(connection));
            }
            // An error of one connection, which is closed already.
            Err(error) if is_of_connection(error.kind()) => {}
            // An error of the process, such as too many open files: wait until others close.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

fn is_of_connection(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}
