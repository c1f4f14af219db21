//! Connections that are in no use.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use openresponses_upstream::HttpClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::time::{Instant, pause, sleep};

use crate::server::options;

#[tokio::test]
async fn a_connection_is_closed_when_its_time_is_over_though_nobody_asks() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let kept = Duration::from_secs(30);
    let client = HttpClient::new(options().keep_connections(kept)).unwrap();
    let served = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut head = [0; 1024];
        assert_ne!(stream.read(&mut head).await.unwrap(), 0);
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer).await.unwrap();
        stream
    };
    let asked = async {
        let request = Request::get(format!("http://{address}/")).body(Bytes::new());
        let response = client.send(request.unwrap()).await.unwrap();
        response.into_body().read(100).await.unwrap();
    };
    let (mut stream, ()) = tokio::join!(served, asked);
    pause();
    let begin = Instant::now();
    let read = tokio::select! {
        read = stream.read_u8() => read,
        () = sleep(100 * kept) => panic!("the connection stays open"),
    };
    assert!(read.is_err());
    let passed = begin.elapsed();
    assert!(passed > kept / 2 && passed <= 2 * kept, "{passed:?}");
    drop(client);
}
