//! Accepting connections, and shutting down.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use hyper_util::server::graceful::GracefulShutdown;
use openresponses_tower::Shutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::connection::{self, Ending};
use crate::endpoint::{Endpoint, Stopping};
use crate::open_connections::OpenConnections;
use crate::refused_connection;
use crate::shutdown::Signals;
use crate::tls::Tls;

/// How long clients may take to read the end of their stream.
const FINAL_READ: Duration = Duration::from_secs(5);

/// How long the last export of traces and metrics and the last lines of the usage file may take, and after
/// a second signal.
const FLUSH: Duration = Duration::from_secs(5);
const FLUSH_CUT: Duration = Duration::from_secs(1);

/// Where connections come from.
pub(crate) struct Listener {
    pub(crate) listener: TcpListener,
    pub(crate) tls: Option<Tls>,
    /// Those that are open.
    pub(crate) connections: Arc<OpenConnections>,
}

/// Ends all connections.
#[derive(Default)]
struct Ends {
    graceful: GracefulShutdown,
    stop: watch::Sender<()>,
}

impl Ends {
    /// Returns what one connection learns it from.
    fn of_one(&self) -> Ending {
        Ending {
            watcher: self.graceful.watcher(),
            stop: self.stop.subscribe(),
        }
    }

    /// Begins, and resolves when all have ended.
    fn begin(self) -> impl Future<Output = ()> {
        drop(self.stop);
        self.graceful.shutdown()
    }
}

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All streams ended, and their clients were notified.
    Drained,
    /// A second signal arrived, or a client did not read.
    Cut,
}

impl Ended {
    /// Returns how long what is left may take to be written or sent.
    pub(crate) fn flush(self) -> Duration {
        match self {
            Self::Drained => FLUSH,
            Self::Cut => FLUSH_CUT,
        }
    }
}

/// Serves until a signal arrives, and for the time of `drain` after it. Open streams may then continue for that
/// of `grace`, after which they fail. Both are those of the file when the signal arrives. A second signal ends
/// everything at once.
pub(crate) async fn serve(
    listener: Listener,
    service: Endpoint,
    mut signals: Signals,
    shutdown: Shutdown,
) -> Ended {
    let ends = Ends::default();
    accept(&listener, &service, &ends, signals.next()).await;
    let Stopping { drain, grace } = service.stopping();
    service.health().drain();
    let mut again = false;
    let over = async {
        let (signal, time) = (pin!(signals.next()), pin!(sleep(drain)));
        again = matches!(select(signal, time).await, Either::Left(_));
    };
    accept(&listener, &service, &ends, over).await;
    if again {
        return Ended::Cut;
    }
    // No new connections from here on.
    drop(listener);
    shutdown.drain();
    // The HTTP server no longer owns WebSocket connections.
    let mut drained = pin!(join(ends.begin(), shutdown.closed()));
    let mut again = pin!(signals.next());
    for time in [grace, FINAL_READ] {
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
pub(crate) async fn admin(listener: Listener, service: Endpoint) {
    accept(
        &listener,
        &service,
        &Ends::default(),
        std::future::pending(),
    )
    .await;
}

/// Accepts connections until `end` resolves.
async fn accept(from: &Listener, service: &Endpoint, ends: &Ends, until: impl Future<Output = ()>) {
    let mut until = pin!(until);
    loop {
        let accepted = match select(&mut until, pin!(from.listener.accept())).await {
            Either::Left(_) => return,
            Either::Right((accepted, _)) => accepted,
        };
        match accepted {
            Ok(connection) => begin(connection, from, service, ends),
            // An error of one connection, which is closed already.
            Err(error) if is_of_connection(error.kind()) => {}
            // An error of the process, such as too many open files: wait until others close.
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    }
}

/// Serves a connection in a task of its own, unless too many are open.
fn begin(
    (stream, peer): (TcpStream, SocketAddr),
    from: &Listener,
    service: &Endpoint,
    ends: &Ends,
) {
    let Some(admitted) = from.connections.admit(peer.ip()) else {
        tracing::debug!(%peer, "too many connections are open");
        if from.tls.is_none() {
            refused_connection::refuse(stream);
        }
        return;
    };
    let (tls, service) = (from.tls.clone(), service.clone());
    let connection = connection::serve(stream, admitted, tls, service, ends.of_one());
    drop(tokio::spawn(connection));
}

fn is_of_connection(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}
