//! A gRPC service and Open Responses on one port. The gRPC service is the standard health check.

use http::{Request, Response};
use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;

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

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // tonic's server does not upgrade connections, so clients that request a WebSocket are refused.
    let config = Config::new().websocket(None);
    let (_reporter, health) = tonic_health::server::health_reporter();
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?.with_nodelay(Some(true));
    println!("http://{}/v1/responses", incoming.local_addr()?);
    Server::builder()
        // gRPC is HTTP/2 alone; most clients of Open Responses speak HTTP/1.1.
        .accept_http1(true)
        .layer(OpenResponsesLayer::new(Greeter, config))
        .add_service(health)
        .serve_with_incoming(incoming)
        .await?;
    Ok(())
}
