//! WebSockets over HTTP/2: the extended CONNECT of RFC 8441.

use std::net::SocketAddr;

use axum::Router;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http2::SendRequest;
use hyper::ext::Protocol;
use hyper::upgrade::Upgraded;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use openresponses_tower::{Config, OpenResponses, OpenResponsesLayer, WebSocketConfig};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::client::{Client, text, until};
use crate::model::Model;
use crate::server::config;

async fn serve_axum(model: Model, config: Config) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().layer(OpenResponsesLayer::new(model, config));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn serve_hyper(model: Model, config: Config) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = OpenResponses::new(model, config);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let mut builder = Builder::new(TokioExecutor::new());
                builder.http2().enable_connect_protocol();
                let io = TokioIo::new(stream);
                drop(builder.serve_connection_with_upgrades(io, service).await);
            });
        }
    });
    address
}

type Header = (&'static str, &'static str);

const TOKEN: Header = ("authorization", "Bearer a");
const VERSION: Header = ("sec-websocket-version", "13");

/// One connection, over which several WebSockets can be opened.
struct Http2 {
    address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
}

impl Http2 {
    async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let io = TokioIo::new(stream);
        let (sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), io)
            .await
            .unwrap();
        tokio::spawn(connection);
        let mut http2 = Self { address, sender };
        // The server sends its settings before any answer.
        let request = Request::get(http2.url("/")).body(Full::default()).unwrap();
        drop(http2.send(request).await);
        http2
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn send(&mut self, request: Request<Full<Bytes>>) -> Response<Incoming> {
        self.sender.send_request(request).await.unwrap()
    }

    async fn open(&mut self, protocol: &'static str, headers: &[Header]) -> Response<Incoming> {
        let mut request = Request::builder()
            .method(Method::CONNECT)
            .uri(self.url("/v1/responses"))
            .extension(Protocol::from_static(protocol));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Full::default()).unwrap()).await
    }

    async fn socket(&mut self) -> Client<TokioIo<Upgraded>> {
        let answer = self.open("websocket", &[TOKEN, VERSION]).await;
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().contains_key("x-request-id"));
        assert!(!answer.headers().contains_key("sec-websocket-accept"));
        let io = TokioIo::new(hyper::upgrade::on(answer).await.unwrap());
        let socket = WebSocketStream::from_raw_socket(io, Role::Client, None).await;
        Client { socket }
    }
}

#[tokio::test]
async fn turns_over_one_connection() {
    for axum in [true, false] {
        let address = match axum {
            true => serve_axum(Model::default(), config()).await,
            false => serve_hyper(Model::default(), config()).await,
        };
        let mut http2 = Http2::connect(address).await;
        let mut one = http2.socket().await;
        let mut two = http2.socket().await;
        let first = one.respond(json!({"input": "one", "store": false})).await;
        let follow = json!({"input": "two", "store": false, "previous_response_id": first["id"]});
        // Each stream is a connection of its own.
        let code = two.refused(follow.clone()).await;
        assert_eq!(code, "previous_response_not_found");
        assert_eq!(text(&one.respond(follow).await), "one|one|two");
        let long = "0123456789".repeat(50_000);
        assert_eq!(text(&two.respond(json!({"input": long})).await), long);
        // What a provider sees is as over HTTP/1.1.
        let headers = one.respond(json!({"model": "headers"})).await;
        assert_eq!(text(&headers), "authorization");
        // Requests of the usual kind go beside them.
        let body = r#"{"model":"words","input":"x","stream":true}"#;
        let request = Request::post(http2.url("/v1/responses"))
            .header("authorization", "Bearer a")
            .header("content-type", "application/json")
            .body(Full::from(body))
            .unwrap();
        assert_eq!(http2.send(request).await.status(), 200);
    }
}

#[tokio::test]
async fn it_ends_as_any_other() {
    let model = Model::default();
    let address = serve_hyper(model.clone(), config()).await;
    let mut http2 = Http2::connect(address).await;
    let mut client = http2.socket().await;
    client.create(json!({"model": "paused"})).await;
    until(|| model.alive() == 1).await;
    // A ping is answered within a turn, and a client that goes takes its turn along.
    client.in_step().await;
    drop(client);
    until(|| model.alive() == 0).await;

    // So does the end of the whole connection.
    let mut clients = [http2.socket().await, http2.socket().await];
    for client in &mut clients {
        client.create(json!({"model": "silent"})).await;
    }
    until(|| model.alive() == 2).await;
    drop((clients, http2));
    until(|| model.alive() == 0).await;

    let limit = WebSocketConfig::new().connection_limit(std::time::Duration::from_millis(1));
    let address = serve_hyper(model, config().websocket(limit)).await;
    let mut client = Http2::connect(address).await.socket().await;
    let error = client.next().await.unwrap();
    assert_eq!(error["error"]["code"], "websocket_connection_limit_reached");
    assert_eq!(client.closed().await, 1001);
}

#[tokio::test]
async fn what_is_no_handshake_is_refused() {
    let address = serve_hyper(Model::default(), config()).await;
    let mut http2 = Http2::connect(address).await;
    let old = ("sec-websocket-version", "8");
    let basic = ("authorization", "Basic eDp5");
    let evil = ("origin", "https://evil.example");
    let cases: &[(_, &[Header], _, _)] = &[
        ("websocket", &[VERSION], 401, "authorization"),
        (
            "websocket",
            &[VERSION, ("authorization", "Bearer bad")],
            401,
            "authorization",
        ),
        ("websocket", &[basic, VERSION, evil], 401, "authorization"),
        ("websocket", &[TOKEN], 400, "sec-websocket-version"),
        ("websocket", &[TOKEN, old], 426, "sec-websocket-version"),
        ("connect-udp", &[TOKEN, VERSION], 405, "method"),
    ];
    for (protocol, headers, status, param) in cases {
        let answer = http2.open(protocol, headers).await;
        assert_eq!(answer.status(), *status, "{protocol} {headers:?}");
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        let error: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(error["error"]["param"], *param, "{protocol} {headers:?}");
    }

    let open = serve_hyper(Model::default(), Config::new()).await;
    let mut http2 = Http2::connect(open).await;
    assert_eq!(
        http2.open("websocket", &[VERSION, evil]).await.status(),
        403
    );
    let none = serve_hyper(Model::default(), Config::new().websocket(None)).await;
    let mut http2 = Http2::connect(none).await;
    assert_eq!(http2.open("websocket", &[VERSION]).await.status(), 426);
}
