//! The server, asked as any client asks it.

use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::handshake;
use hyper::{Request, body::Bytes};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::answer::Answer;

/// The server's own answer.
pub(crate) async fn answer(server: &str, request: &Value) -> Answer {
    let authority = server.strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(authority).await.unwrap();
    let (mut sender, connection) = handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::post("/v1/responses")
        .header("host", authority)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(request.to_string())))
        .unwrap();
    let response = sender.send_request(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    connection.abort();
    let body = String::from_utf8(body.to_vec()).unwrap();
    assert!(status.is_success(), "{status}: {body}");
    Answer::read(&body)
}
