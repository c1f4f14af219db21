//! Turns over WebSockets, and over HTTP where the server has none.

use std::sync::{Arc, Mutex};

use futures_util::{SinkExt, StreamExt};
use openresponses_tower::output::Output;
use openresponses_tower::{Error, ErrorKind, OutputStream};
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{BaseUrl, HttpClient, Upstream};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use crate::server::{HELLO, SSE, ask, chunked, options, serve, serve_with, status};

/// What a server saw.
#[derive(Default)]
struct Seen {
    /// The header `authorization` of each connection.
    keys: Vec<String>,
    messages: Vec<Value>,
}

struct Server {
    base: BaseUrl,
    seen: Arc<Mutex<Seen>>,
    closed: mpsc::UnboundedReceiver<()>,
}

/// A server that answers each message with the same ones. A `null` closes the connection.
async fn start(answer: Vec<Value>) -> Server {
    start_with(move |_, _| answer.clone()).await
}

/// A server that answers a message by the number of its connection and its own there. A `null` closes
/// the connection.
async fn start_with(
    answer: impl Fn(usize, usize) -> Vec<Value> + Clone + Send + 'static,
) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let seen = Arc::new(Mutex::new(Seen::default()));
    let (tell, closed) = mpsc::unbounded_channel();
    let all = Arc::clone(&seen);
    tokio::spawn(async move {
        let mut connections = 0..;
        while let (Ok((stream, _)), Some(connection)) =
            (listener.accept().await, connections.next())
        {
            let (all, answer, tell) = (Arc::clone(&all), answer.clone(), tell.clone());
            tokio::spawn(async move {
                let keys = Arc::clone(&all);
                #[allow(clippy::result_large_err)]
                let accept = move |request: &Request, response: Response| {
                    assert_eq!(request.uri().path(), "/v1/responses");
                    let key = request.headers().get("authorization");
                    let key = key.map_or("", |key| key.to_str().unwrap());
                    keys.lock().unwrap().keys.push(key.to_owned());
                    Ok(response)
                };
                let socket = tokio_tungstenite::accept_hdr_async(stream, accept).await;
                let mut socket = socket.unwrap();
                let mut turns = 0..;
                while let Some(Ok(Message::Text(message))) = socket.next().await {
                    let message = serde_json::from_str(&message).unwrap();
                    all.lock().unwrap().messages.push(message);
                    for event in answer(connection, turns.next().unwrap()) {
                        if event.is_null() {
                            return;
                        }
                        let _ = socket.send(Message::text(event.to_string())).await;
                    }
                }
                let _ = tell.send(());
            });
        }
    });
    Server {
        base: BaseUrl::parse(&base).unwrap(),
        seen,
        closed,
    }
}

fn upstream(base: &BaseUrl) -> Upstream {
    let client = HttpClient::new(options()).unwrap();
    let upstream = Upstream::new(Responses::new(), base.clone(), client).key("sk-1");
    upstream.websocket().unwrap()
}

fn response(status: &str) -> Value {
    json!({"id": "resp_1", "object": "response", "created_at": 1, "model": "m", "output": [],
        "status": status})
}

fn created() -> Value {
    json!({"type": "response.created", "sequence_number": 0, "response": response("in_progress")})
}

fn completed() -> Value {
    json!({"type": "response.completed", "sequence_number": 1, "response": response("completed")})
}

/// How many pieces an answer has, and the error that ended it.
async fn count(mut output: OutputStream) -> (usize, Option<Error>) {
    let mut count = 0;
    while let Some(piece) = output.next().await {
        match piece {
            Ok(Output::Frame(..)) => count += 1,
            Ok(other) => panic!("{other:?}"),
            Err(error) => return (count, Some(error)),
        }
    }
    (count, None)
}

/// Asks so many times, and gets a whole answer each time.
async fn complete(upstream: &Upstream, times: usize) {
    for _ in 0..times {
        let (pieces, error) = count(ask(upstream, HELLO).await.unwrap()).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(pieces, 2);
    }
}

#[tokio::test]
async fn turns_are_messages_over_one_connection() {
    let server = start(vec![created(), completed()]).await;
    let upstream = upstream(&server.base);
    complete(&upstream, 3).await;
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen.keys, ["Bearer sk-1"]);
    assert_eq!(seen.messages.len(), 3);
    let message = &seen.messages[0];
    assert_eq!(message["type"], "response.create");
    assert_eq!(message["model"], "m");
    assert_eq!(message["store"], false);
    // The transport streams in any case.
    assert!(message.get("stream").is_none());
}

#[tokio::test]
async fn an_error_message_is_a_refusal_with_the_clients_member() {
    let error = json!({"type": "error", "status": 400, "error": {"type": "invalid_request_error",
        "code": "unsupported_value", "message": "No.", "param": "input[0].content"}});
    let server = start(vec![error]).await;
    let error = ask(&upstream(&server.base), HELLO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.code(), "unsupported_value");
    assert_eq!(error.payload().param.as_str(), Some("input[0]"));
}

#[tokio::test]
async fn a_server_without_websockets_is_asked_over_http() {
    let events = [created(), completed()].map(|event| format!("data: {event}\n\n"));
    let server = serve(chunked(SSE, &events.concat())).await;
    let upstream = upstream(&server.base);
    complete(&upstream, 2).await;
    // Asked for a WebSocket once.
    let heads = server.seen.heads.lock().unwrap().clone();
    let methods: Vec<_> = heads
        .iter()
        .map(|head| head.split(' ').next().unwrap())
        .collect();
    assert_eq!(methods, ["get", "post", "post"]);
}

#[tokio::test]
async fn a_server_that_was_unavailable_is_asked_for_a_websocket_again() {
    let events = [created(), completed()].map(|event| format!("data: {event}\n\n"));
    let events = chunked(SSE, &events.concat());
    let server = serve_with(move |body| match body {
        "" => status("503 Service Unavailable", "", "{}"),
        _ => events.clone(),
    })
    .await;
    let upstream = upstream(&server.base);
    complete(&upstream, 2).await;
    let heads = server.seen.heads.lock().unwrap().clone();
    let is_get = |head: &String| head.starts_with("get");
    assert_eq!(heads.iter().filter(|head| is_get(head)).count(), 2);
}

#[tokio::test]
async fn a_connection_that_breaks_fails_the_response() {
    let server = start(vec![created(), Value::Null]).await;
    let upstream = upstream(&server.base);
    let (pieces, error) = count(ask(&upstream, HELLO).await.unwrap()).await;
    assert_eq!(pieces, 1);
    assert_eq!(error.unwrap().kind(), ErrorKind::Upstream);
}

#[tokio::test]
async fn a_dropped_answer_closes_its_connection() {
    let mut server = start(vec![created()]).await;
    let upstream = upstream(&server.base);
    for _ in 0..200 {
        let mut output = ask(&upstream, HELLO).await.unwrap();
        assert!(output.next().await.unwrap().is_ok());
        assert!(server.closed.try_recv().is_err());
        drop(output);
        server.closed.recv().await.unwrap();
    }
    assert_eq!(server.seen.lock().unwrap().keys.len(), 200);
}

/// What a server sends over a connection that is 60 minutes old.
fn limit_reached() -> Value {
    json!({"type": "error", "status": 400, "error": {"type": "invalid_request_error",
        "code": "websocket_connection_limit_reached", "message": "Open a new one.", "param": null}})
}

#[tokio::test]
async fn a_connection_at_its_limit_is_replaced() {
    let server = start_with(|connection, turn| match (connection, turn) {
        (0, 1..) => vec![limit_reached()],
        _ => vec![created(), completed()],
    })
    .await;
    let upstream = upstream(&server.base);
    complete(&upstream, 3).await;
    let seen = server.seen.lock().unwrap();
    assert_eq!((seen.keys.len(), seen.messages.len()), (2, 4));
}

#[tokio::test]
async fn a_limit_that_is_reached_at_once_is_an_error_of_the_upstream() {
    let server = start(vec![limit_reached()]).await;
    let error = ask(&upstream(&server.base), HELLO).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upstream);
    // It is not asked over and over.
    assert_eq!(server.seen.lock().unwrap().keys.len(), 1);
}

#[tokio::test]
async fn a_limit_that_is_reached_in_the_middle_is_an_error_of_the_upstream() {
    let server = start(vec![created(), limit_reached()]).await;
    let upstream = upstream(&server.base);
    for _ in 0..2 {
        let (pieces, error) = count(ask(&upstream, HELLO).await.unwrap()).await;
        assert_eq!(pieces, 1);
        assert_eq!(error.unwrap().kind(), ErrorKind::Upstream);
    }
    // The connection is not used again.
    assert_eq!(server.seen.lock().unwrap().keys.len(), 2);
}

#[tokio::test]
async fn a_turn_that_could_not_be_sent_over_a_kept_connection_is_sent_over_a_new_one() {
    let socket = TcpSocket::new_v4().unwrap();
    // Less than the message, so that it is being sent when the connection breaks.
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(8).unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        for connection in 0..2 {
            let (stream, _) = listener.accept().await.unwrap();
            let mut socket = tokio_tungstenite::accept_async(stream).await.unwrap();
            socket.next().await.unwrap().unwrap();
            for event in [created(), completed()] {
                let _ = socket.send(Message::text(event.to_string())).await;
            }
            if connection == 0 {
                // The next message has begun to arrive.
                socket.get_mut().readable().await.unwrap();
            }
        }
    });
    let upstream = upstream(&BaseUrl::parse(&base).unwrap());
    let large = json!({"model": "m", "input": "x".repeat(8 << 20)}).to_string();
    for request in [HELLO, &large] {
        let (pieces, error) = count(ask(&upstream, request).await.unwrap()).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(pieces, 2);
    }
}

#[tokio::test]
async fn a_websocket_is_closed_when_its_time_is_over_though_nobody_asks() {
    let mut server = start(vec![created(), completed()]).await;
    let upstream = upstream(&server.base);
    complete(&upstream, 1).await;
    tokio::time::pause();
    tokio::select! {
        closed = server.closed.recv() => closed.unwrap(),
        () = tokio::time::sleep(std::time::Duration::from_secs(3_600)) => panic!("it stays open"),
    }
    drop(upstream);
}
