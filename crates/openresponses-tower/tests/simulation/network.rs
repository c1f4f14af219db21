//! A server and its clients on a simulated network.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use openresponses_tower::{Config, OpenResponses, Provider};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use turmoil::Sim;
use turmoil::net::{TcpListener, TcpStream};

const STREAMED: &str = r#"{"model":"m","input":"x","stream":true}"#;

pub(crate) fn simulation<'a>(seed: u64, latency: Duration) -> Sim<'a> {
    turmoil::Builder::new()
        .rng_seed(seed)
        .enable_random_order()
        .simulation_duration(Duration::from_secs(600))
        .tick_duration(Duration::from_millis(20))
        .min_message_latency(Duration::from_millis(1))
        .max_message_latency(latency)
        .tcp_capacity(4096)
        .build()
}

/// The endpoint, as a host runs it that follows the requirements of the crate.
pub(crate) struct Server<P>(OpenResponses<Arc<P>>);

impl<P: Provider> Server<P> {
    pub(crate) fn new(provider: P) -> Self {
        Self(OpenResponses::new(Arc::new(provider), Config::new()))
    }

    pub(crate) fn start(self, sim: &mut Sim<'_>) {
        sim.host("server", move || {
            let service = self.0.clone();
            async move {
                let listener = TcpListener::bind("0.0.0.0:80").await?;
                loop {
                    let (stream, _) = listener.accept().await?;
                    let service = TowerToHyperService::new(service.clone());
                    tokio::spawn(async move {
                        let mut builder = Builder::new(TokioExecutor::new());
                        builder
                            .http1()
                            .timer(TokioTimer::new())
                            .header_read_timeout(Duration::from_secs(20));
                        builder
                            .http2()
                            .timer(TokioTimer::new())
                            .keep_alive_interval(Duration::from_secs(20))
                            .keep_alive_timeout(Duration::from_secs(20));
                        let io = TokioIo::new(stream);
                        let _ = builder.serve_connection_with_upgrades(io, service).await;
                    });
                }
            }
        });
    }
}

type Streamed = Result<String, Box<dyn std::error::Error>>;

fn request() -> Request<Full<Bytes>> {
    Request::post("http://server/v1/responses")
        .header("host", "server")
        .header("content-type", "application/json")
        .body(Full::from(STREAMED))
        .unwrap()
}

async fn text(body: hyper::body::Incoming) -> Streamed {
    Ok(String::from_utf8(
        body.collect().await?.to_bytes().to_vec(),
    )?)
}

pub(crate) async fn stream_over_http1() -> Streamed {
    let stream = TcpStream::connect("server:80").await?;
    let (mut client, connection) = http1::handshake(TokioIo::new(stream)).await?;
    tokio::spawn(connection);
    text(client.send_request(request()).await?.into_body()).await
}

pub(crate) async fn stream_over_http2() -> Streamed {
    let stream = TcpStream::connect("server:80").await?;
    let io = TokioIo::new(stream);
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), io).await?;
    tokio::spawn(connection);
    text(client.send_request(request()).await?.into_body()).await
}

pub(crate) fn socket_request() -> Request<()> {
    "ws://server/v1/responses".into_client_request().unwrap()
}

/// The start of a request with a body of this size.
pub(crate) fn post(size: usize) -> String {
    format!(
        "POST /v1/responses HTTP/1.1\r\nhost: server\r\ncontent-type: application/json\r\ncontent-length: {size}\r\n\r\n{{"
    )
}
