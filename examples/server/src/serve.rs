//! The loop that takes connections, and its end.

use std::io::ErrorKind;
use std::pin::pin;
use std::time::Duration;

use futures_util::future::{Either, select};
use hyper_util::server::graceful::GracefulShutdown;
use openresponses_tower::{OpenResponses, Provider};
use tokio::net::TcpListener;
use tokio::time::sleep;

use crate::connection;
use crate::shutdown::Signals;

/// How long open streams may go on after a signal.
const GRACE: Duration = Duration::from_secs(30);

/// How the server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Whatever was open came to its end.
    Drained,
    /// The grace was over, or there was a second signal.
    Cut,
}

/// Serves until a signal comes, then lets open streams come to their end. A second signal ends them
/// at once.
pub(crate) async fn serve<P: Provider>(
    listener: TcpListener,
    service: OpenResponses<P>,
    mut signals: Signals,
) -> Ended {
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = match select(pin!(signals.next()), pin!(listener.accept())).await {
            Either::Left(_) => break,
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
    // No new connections from here on.
    drop(listener);
    let drained = pin!(graceful.shutdown());
    let (again, late) = (pin!(signals.next()), pin!(sleep(GRACE)));
    match select(drained, select(again, late)).await {
        Either::Left(_) => Ended::Drained,
        Either::Right(_) => Ended::Cut,
    }
}

fn is_of_connection(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    )
}
