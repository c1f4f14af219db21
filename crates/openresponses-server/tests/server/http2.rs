use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper::client::conn::http2::{Builder, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::task::JoinHandle;

use crate::process::{Server, file};

/// Runs a test over an HTTP/2 connection.
fn speak(server: &Server, exchange: impl AsyncFnOnce(SendRequest<Full<Bytes>>)) {
    let builder = Builder::new(TokioExecutor::new());
    speak_with(&builder, server, async |sender, _| exchange(sender).await);
}

/// Runs a test over an HTTP/2 connection with settings. The test also gets the connection's end.
fn speak_with(
    builder: &Builder<TokioExecutor>,
    server: &Server,
    exchange: impl AsyncFnOnce(SendRequest<Full<Bytes>>, JoinHandle<hyper::Result<()>>),
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(&server.address)
            .await
            .unwrap();
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.unwrap();
        exchange(sender, tokio::spawn(connection)).await;
    });
}

#[test]
fn speaks_http2_as_well() {
    let server = Server::start(&[]);
    speak(&server, async |mut sender| {
        let ask = |body: &'static str| {
            Request::post(format!("http://{}/v1/responses", server.address))
                .header("authorization", "Bearer test")
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(body)))
                .unwrap()
        };
        // Several requests at a time on one connection.
        let slow = sender.send_request(ask(r#"{"model":"slow","input":"x","stream":true}"#));
        let slow = slow.await.unwrap();
        let fast = sender.send_request(ask(r#"{"model":"any","input":"x"}"#));
        let fast = fast.await.unwrap();
        assert_eq!(fast.status(), 200);
        let events = slow.into_body().collect().await.unwrap().to_bytes();
        assert!(events.ends_with(b"data: [DONE]\n\n"));
    });
}

#[test]
fn a_head_alone_has_no_body() {
    let server = Server::start(&[]);
    speak(&server, async |mut sender| {
        for (path, status) in [("/healthz", 200), ("/metrics", 200), ("/v1/responses", 405)] {
            let request = Request::head(format!("http://{}{path}", server.address))
                .body(Full::new(Bytes::new()))
                .unwrap();
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!(answer.status(), status, "{path}");
            assert!(answer.headers().contains_key("content-length"), "{path}");
            // Data would violate HTTP, which the client reports as an error.
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            assert!(body.is_empty(), "{path}");
        }
    });
}

/// h2 refuses these before hyper sees them, and compresses what it answers, so nothing can be added.
#[test]
fn a_head_that_is_too_large_is_refused_without_content_and_the_connection_goes_on() {
    let server = Server::start(&[]);
    speak(&server, async |mut sender| {
        for (size, status) in [(1, 200), (20 * 1024, 431), (1, 200)] {
            let request = Request::get(format!("http://{}/healthz", server.address))
                .header("x", "y".repeat(size))
                .body(Full::new(Bytes::new()))
                .unwrap();
            let answer = sender.send_request(request).await.unwrap();
            assert_eq!(answer.status(), status, "{size}");
            let body = answer.into_body().collect().await.unwrap().to_bytes();
            assert_eq!(body.is_empty(), status == 431);
        }
    });
}

/// HTTP/2 keeps what its client has no room for, and with it what the request holds.
#[test]
fn a_connection_whose_client_takes_nothing_is_closed() {
    let path = file("stuck.toml", "[limits]\nstall = \"1s\"\n");
    let server = Server::start(&["--config", &path]);
    let mut builder = Builder::new(TokioExecutor::new());
    // Each answer may send one byte.
    builder.initial_stream_window_size(1);
    speak_with(&builder, &server, async |mut sender, connection| {
        let mut unread = Vec::new();
        for stream in [false, true] {
            let body = format!(r#"{{"model":"any","input":"x","stream":{stream}}}"#);
            let request = Request::post(format!("http://{}/v1/responses", server.address))
                .header("authorization", "Bearer test")
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from(body)))
                .unwrap();
            unread.push(sender.send_request(request).await.unwrap());
        }
        // The client answers pings, so that only the server can end it.
        let _ = connection.await.unwrap();
        drop(unread);
    });
    let free = r#"openresponses_bounds_held{resource="requests"} 0"#;
    while !server.get(None, "/metrics").text().contains(free) {}
}
