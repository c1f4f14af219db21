//! A raw hyper server with Open Responses in front of its own service. Requests outside
//! `/v1/responses` pass through unchanged.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tower_layer::Layer;

struct Greeter;

impl Provider for Greeter {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let words = ["Hello ".into(), "from ".into(), turn.into_body().model];
        let deltas = words
            .map(Delta::Text)
            .into_iter()
            .chain([Delta::complete()]);
        Ok(Response::new(OutputStream::from_deltas(deltas)))
    }
}

/// The service that was there before.
async fn own(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let text = format!("This is {}.", request.uri().path());
    Ok(Response::new(Full::from(text)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let layer = OpenResponsesLayer::new(Greeter, Config::new());
    let service = TowerToHyperService::new(layer.layer(tower::service_fn(own)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/v1/responses", listener.local_addr()?);
    loop {
        let (stream, _) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // Without a free descriptor (EMFILE) the next call would fail at once, too.
                eprintln!("a connection is not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Events are small and should leave at once. It fails for a client that has gone already.
        drop(stream.set_nodelay(true));
        let connection = http1::Builder::new()
            // Without a timer hyper waits for a client's headers without limit.
            .timer(TokioTimer::new())
            .header_read_timeout(Duration::from_secs(10))
            .serve_connection(TokioIo::new(stream), service.clone())
            // Clients may ask for a WebSocket.
            .with_upgrades();
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                eprintln!("a connection ended early: {error}");
            }
        });
    }
}
