//! The loop that takes connections, and its end.

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

/// How long clients may take to read that their stream was ended.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Whatever was open came to an end that its client was told.
    Drained,
    /// There was a second signal, or a client that does not read.
    Cut,
}

/// Serves until a signal comes, and for `drain` longer. Open streams may then go on for `grace`, after
/// which they fail. A second signal ends all of it at once.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Endpoint,
    mut signals: Signals,
    drain: Duration,
    grace: Duration,
    shutdown: Shutdown,
) -> Ended {
    let graceful = GracefulShutdown::new();
    accept(&listener, &service, &graceful, signals.next()).await;
    service.health().drain();
    let mut again = false;
    let over = async {
        let (signal, time) = (pin!(signals.next()), pin!(sleep(drain)));
        again = matches!(select(signal, time).await, Either::Left(_));
    };
    accept(&listener, &service, &graceful, over).await;
    if again {
        return Ended::Cut;
    }
    // No new connections from here on.
    drop(listener);
    shutdown.drain();
    // WebSocket connections are none of the HTTP server's any more.
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

/// Takes connections until something happens.
async fn accept(
    listener: &TcpListener,
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
                let connection = connection::serve(stream, service.clone(), graceful.watcher());
                drop(tokio::spawn(connection));
            }
            // Of one connection: it has gone already.
            Err(error) if is_of_connection(error.kind()) => {}
            // Of the whole process, such as too many open files: others have to close first.
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
