//! Answers to requests whose body was not read, over connections that clients use again.

use std::net::SocketAddr;

use axum::Router;
use bytes::Bytes;
use http::request::Parts;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponsesLayer, OutputStream, Scope};
use openresponses_types::sequence::Delta;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::common::Model;

const GOOD: &str = r#"{"model":"m","input":"Hello"}"#;

async fn start() -> SocketAddr {
    let model = Model(|| {
        Ok(OutputStream::from_deltas([
            Delta::text("Hi"),
            Delta::complete(),
        ]))
    });
    let authorize = |head: &Parts| {
        let key = head.headers.get("authorization").cloned();
        std::future::ready(key.map_or(Err(Error::missing_api_key()), |_| Ok(Scope::new("a"))))
    };
    let config = Config::new()
        .store(MemoryStore::new(MemoryStoreLimits::default()))
        .body_limit(1 << 20)
        .authorize(authorize);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().layer(OpenResponsesLayer::new(model, config));
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

/// An HTTP/1.1 connection, byte for byte.
struct Connection(TcpStream);

impl Connection {
    async fn open() -> Self {
        Self(TcpStream::connect(start().await).await.unwrap())
    }

    async fn send(&mut self, head: &str, body: &[u8]) {
        let head = format!("{head}\r\nhost: localhost\r\n\r\n");
        self.0.write_all(head.as_bytes()).await.unwrap();
        self.0.write_all(body).await.unwrap();
    }

    async fn send_good(&mut self) {
        let head = format!(
            "POST /v1/responses HTTP/1.1\r\nauthorization: Bearer a\r\ncontent-type: application/json\r\ncontent-length: {}",
            GOOD.len()
        );
        self.send(&head, GOOD.as_bytes()).await;
    }

    /// The next answer's status, head and body.
    async fn answer(&mut self, has_body: bool) -> (u16, String, Vec<u8>) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.unwrap().parse().unwrap();
        let mut body = vec![0; if has_body { length } else { 0 }];
        self.0.read_exact(&mut body).await.unwrap();
        (head[9..12].parse().unwrap(), head, body)
    }

    async fn is_closed(&mut self) -> bool {
        self.0.read(&mut [0]).await.unwrap() == 0
    }
}

#[tokio::test]
async fn a_small_body_is_discarded_and_the_connection_used_again() {
    let mut connection = Connection::open().await;
    let body = vec![b'x'; 60 * 1024];
    let key = "authorization: Bearer a";
    let json = "content-type: application/json";
    for (line, headers, status) in [
        ("POST /v1/responses", json.to_owned(), 401),
        (
            "POST /v1/responses",
            format!("{key}\r\ncontent-type: text/plain"),
            415,
        ),
        (
            "POST /v1/responses",
            format!("{key}\r\n{json}\r\ncontent-encoding: gzip"),
            415,
        ),
        ("PUT /v1/responses", format!("{key}\r\n{json}"), 405),
        ("POST /v1/responses/a/b/c", format!("{key}\r\n{json}"), 404),
        (
            "GET /v1/responses/resp_none",
            format!("{key}\r\n{json}"),
            404,
        ),
        (
            "DELETE /v1/responses/resp_none",
            format!("{key}\r\n{json}"),
            404,
        ),
    ] {
        let head = format!(
            "{line} HTTP/1.1\r\n{headers}\r\ncontent-length: {}",
            body.len()
        );
        connection.send(&head, &body).await;
        let (found, head, _) = connection.answer(true).await;
        assert_eq!(found, status, "{line}");
        assert!(!head.contains("connection: close"), "{head}");
        connection.send_good().await;
        assert_eq!(connection.answer(true).await.0, 200, "{line}");
    }
    // Chunked, so that its size is not known.
    connection
        .send(
            "PUT /v1/responses HTTP/1.1\r\ntransfer-encoding: chunked",
            b"4\r\nbody\r\n0\r\n\r\n",
        )
        .await;
    assert_eq!(connection.answer(true).await.0, 405);
    connection.send_good().await;
    assert_eq!(connection.answer(true).await.0, 200);
}

#[tokio::test]
async fn the_refusal_of_a_large_body_reaches_a_client_that_sends_all_of_it_first() {
    for (headers, status) in [("", 401), ("\r\nauthorization: Bearer a", 413)] {
        let mut connection = Connection::open().await;
        let body = vec![b' '; 8 << 20];
        let head = format!(
            "POST /v1/responses HTTP/1.1\r\ncontent-type: application/json{headers}\r\ncontent-length: {}",
            body.len()
        );
        connection.send(&head, &body).await;
        let (found, head, body) = connection.answer(true).await;
        assert_eq!(found, status);
        assert!(head.contains("connection: close"), "{head}");
        assert!(serde_json::from_slice::<Value>(&body).unwrap()["error"].is_object());
        assert!(connection.is_closed().await);
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_not_waited_for() {
    for headers in ["", "\r\nexpect: 100-continue"] {
        let mut connection = Connection::open().await;
        let head = format!("POST /v1/responses HTTP/1.1\r\ncontent-length: 10{headers}");
        connection.send(&head, b"").await;
        let (status, head, _) = connection.answer(true).await;
        assert_eq!(status, 401);
        assert!(head.contains("connection: close"), "{head}");
    }
}

/// After a malformed body nothing on the connection can be read.
#[tokio::test]
async fn a_malformed_body_ends_the_connection_after_its_answer() {
    let extension = format!("4;{}\r\nbody\r\n0\r\n\r\n", "x".repeat(32 << 10));
    let trailer = format!("4\r\nbody\r\n0\r\nx: {}\r\n\r\n", "x".repeat(32 << 10));
    for (line, status) in [("POST", 400), ("PUT", 405)] {
        for body in ["zz\r\n", "fffffffffffffffff\r\n", &extension, &trailer] {
            let mut connection = Connection::open().await;
            let head = format!(
                "{line} /v1/responses HTTP/1.1\r\nauthorization: Bearer a\r\n\
                 content-type: application/json\r\ntransfer-encoding: chunked"
            );
            connection.send(&head, body.as_bytes()).await;
            let (found, head, _) = connection.answer(true).await;
            assert_eq!(found, status);
            assert!(head.contains("connection: close"), "{line} {head}");
        }
    }
}

#[tokio::test]
async fn head_is_get_without_content() {
    let mut connection = Connection::open().await;
    connection.send_good().await;
    let (_, _, body) = connection.answer(true).await;
    let id = serde_json::from_slice::<Value>(&body).unwrap()["id"].clone();
    let id = id.as_str().unwrap();
    for path in [
        format!("/v1/responses/{id}"),
        format!("/v1/responses/{id}/input_items"),
        "/v1/responses/resp_none".into(),
        "/v1/responses".into(),
        "/v1/responses/resp_none/cancel".into(),
        "/v1/responses/resp_none/more".into(),
    ] {
        let mut answers = Vec::new();
        for method in ["GET", "HEAD"] {
            let head = format!("{method} {path} HTTP/1.1\r\nauthorization: Bearer a");
            connection.send(&head, b"").await;
            let (status, head, body) = connection.answer(method == "GET").await;
            assert_eq!(body.is_empty(), method == "HEAD");
            let length = head.lines().find(|line| line.starts_with("content-length"));
            answers.push((status, length.map(str::to_owned)));
        }
        assert_eq!(answers[0], answers[1], "{path}");
    }
}

#[tokio::test]
async fn over_http2_the_other_streams_go_on() {
    let stream = TcpStream::connect(start().await).await.unwrap();
    let (mut client, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut ask = async |method: Method, path: &str, key: bool, body: Vec<u8>| {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("http://localhost{path}"))
            .header("content-type", "application/json");
        if key {
            request = request.header("authorization", "Bearer a");
        }
        let request = request.body(Full::new(Bytes::from(body))).unwrap();
        client.ready().await.unwrap();
        let answer = client.send_request(request).await.unwrap();
        assert!(!answer.headers().contains_key("connection"));
        let (status, length) = (
            answer.status(),
            answer.headers().get("content-length").cloned(),
        );
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, length, body)
    };
    for size in [0, 60 * 1024, 4 << 20] {
        let (status, ..) = ask(Method::POST, "/v1/responses", false, vec![b' '; size]).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{size}");
        let (status, ..) = ask(Method::POST, "/v1/responses", true, GOOD.into()).await;
        assert_eq!(status, StatusCode::OK, "{size}");
    }
    let (status, length, body) = ask(Method::HEAD, "/v1/responses/resp_1", true, vec![]).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(length.unwrap().to_str().unwrap().parse::<u64>().unwrap() > 0);
    assert!(body.is_empty());
}
