//! Faults of a WebSocket server, put between the probe and a server without faults.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use hyper::header::AUTHORIZATION;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async, client_async};

use crate::server::serve;
use crate::{failed, report};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    /// Answers all messages at once.
    SeveralAtOnce,
    ClosedOnError,
    FailedContinuationKept,
    /// A response known on one connection is known on all.
    ContinuationEverywhere,
    DoneMarker,
    Damaged,
    FailureWithoutTerminal,
    ErrorWithoutStatus,
    EventMissing,
    KeyIgnored,
    UnauthorizedAs400,
    /// Answers each message with pings without end.
    PingsOnly,
    /// Sends the first delta of a turn without end.
    EndlessDeltas,
    /// Answers two messages in the wrong order.
    WrongOrder,
    /// Blames the request for a failure of the model.
    FailureAs400,
    /// No fault: refuses a message that comes during a turn, in the middle of it.
    RefusedDuringTurn,
    /// No fault: reports a failure in an `error` event before `response.failed`.
    FailureWithErrorEvent,
}

const FAULTS: [(Fault, &str); 15] = [
    (
        Fault::PingsOnly,
        "websocket-turn websocket websocket-silent",
    ),
    (
        Fault::EndlessDeltas,
        "websocket-turn websocket websocket-silent",
    ),
    (
        Fault::WrongOrder,
        "websocket-sequential websocket websocket-order",
    ),
    (
        Fault::FailureAs400,
        "websocket-failing-model websocket error-status",
    ),
    (
        Fault::SeveralAtOnce,
        "websocket-sequential websocket websocket-one-in-flight",
    ),
    (
        Fault::ClosedOnError,
        "websocket-malformed websocket websocket-closed",
    ),
    (
        Fault::FailedContinuationKept,
        "websocket-eviction websocket websocket-error",
    ),
    (
        Fault::ContinuationEverywhere,
        "websocket-other-connection websocket websocket-error",
    ),
    (
        Fault::DoneMarker,
        "websocket-turn websocket websocket-after-terminal",
    ),
    (
        Fault::Damaged,
        "websocket-non-ascii websocket text-encoding",
    ),
    (
        Fault::FailureWithoutTerminal,
        "websocket-failing-model websocket terminal-event-missing",
    ),
    (Fault::ErrorWithoutStatus, "websocket-malformed websocket "),
    (Fault::EventMissing, "websocket-turn websocket "),
    (
        Fault::KeyIgnored,
        "websocket-bad-key websocket error-status",
    ),
    (
        Fault::UnauthorizedAs400,
        "websocket-bad-key websocket error-status",
    ),
];

/// How long a server waits for a message that may come.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

type Socket = WebSocketStream<TcpStream>;

/// Serves until the test process ends.
fn proxy(fault: Fault) -> SocketAddr {
    let server = serve(|_| {});
    let (sender, receiver) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            sender.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(connection(stream, server, fault));
            }
        });
    });
    receiver.recv().unwrap()
}

async fn connection(mut stream: TcpStream, server: SocketAddr, fault: Fault) {
    // The probe asks first whether there is a server at all.
    let mut start = [0; 1024];
    let read = stream.peek(&mut start).await.unwrap_or_default();
    let start = String::from_utf8_lossy(&start[..read]).to_ascii_lowercase();
    if !start.contains("upgrade: websocket") {
        let answer = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
        let _ = stream.write_all(answer).await;
        let _ = stream.read_to_end(&mut Vec::new()).await;
        return;
    }
    let mut key = None;
    #[allow(clippy::result_large_err, reason = "the type of tungstenite")]
    let look = |request: &Request, response: Response| -> Result<Response, ErrorResponse> {
        let given = request.headers().get(AUTHORIZATION).cloned();
        let is_good = given.as_ref().is_some_and(|key| key != "Bearer bad");
        key = given.filter(|_| is_good);
        if is_good || fault == Fault::KeyIgnored {
            return Ok(response);
        }
        let status = if fault == Fault::UnauthorizedAs400 {
            400
        } else {
            401
        };
        let mut refused = ErrorResponse::new(None);
        *refused.status_mut() = status.try_into().unwrap();
        Err(refused)
    };
    let Ok(client) = accept_hdr_async(stream, look).await else {
        return;
    };
    // Errors are those of a probe that has seen enough.
    let _ = relay(client, server, fault).await;
}

async fn connect(server: SocketAddr, fault: Fault) -> Socket {
    let mut request = format!("ws://{server}/v1/responses")
        .into_client_request()
        .unwrap();
    let key = "Bearer test".parse().unwrap();
    request.headers_mut().insert(AUTHORIZATION, key);
    let _ = fault;
    let stream = TcpStream::connect(server).await.unwrap();
    client_async(request, stream).await.unwrap().0
}

async fn relay(
    mut client: Socket,
    server: SocketAddr,
    fault: Fault,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let mut upstream = connect(server, fault).await;
    while let Some(message) = client.next().await {
        let Message::Text(text) = message? else {
            continue;
        };
        let request: Value = serde_json::from_str(&text).unwrap_or_default();
        match fault {
            Fault::PingsOnly => loop {
                client.send(Message::Ping(Vec::new().into())).await?;
                tokio::time::sleep(PAUSE / 10).await;
            },
            Fault::EndlessDeltas => {
                let events = turn(&mut upstream, &text).await?;
                let deltas = events.iter().cycle();
                for event in deltas.filter(|event| kind(event) == "response.output_text.delta") {
                    client.send(Message::text(event.as_str())).await?;
                    tokio::time::sleep(PAUSE / 10).await;
                }
            }
            Fault::WrongOrder | Fault::RefusedDuringTurn => {
                let first = turn(&mut upstream, &text).await?;
                let next = tokio::time::timeout(PAUSE, client.next()).await;
                let second = match next {
                    Ok(Some(message)) => Some(message?),
                    _ => None,
                };
                let (start, rest) = first.split_first().unwrap();
                if fault == Fault::WrongOrder
                    && let Some(second) = second
                {
                    for event in turn(&mut upstream, second.to_text()?).await? {
                        client.send(Message::text(event)).await?;
                    }
                    client.send(Message::text(start.as_str())).await?;
                } else {
                    client.send(Message::text(start.as_str())).await?;
                    if second.is_some_and(|second| second.is_text()) {
                        client.send(Message::text(refusal())).await?;
                    }
                }
                for event in rest {
                    client.send(Message::text(event.as_str())).await?;
                }
                continue;
            }
            Fault::FailureAs400 if request["model"] == "fail-midstream" => {
                client.send(Message::text(refusal())).await?;
                continue;
            }
            Fault::SeveralAtOnce => {
                let first = turn(&mut upstream, &text).await?;
                let (start, rest) = first.split_first().unwrap();
                client.send(Message::text(start.as_str())).await?;
                if let Ok(Some(message)) = tokio::time::timeout(PAUSE, client.next()).await {
                    let second = turn(&mut upstream, message?.to_text()?).await?;
                    for event in &second {
                        client.send(Message::text(event.as_str())).await?;
                    }
                }
                for event in rest {
                    client.send(Message::text(event.as_str())).await?;
                }
                continue;
            }
            Fault::FailedContinuationKept
                if request["input"] == 7 && request["previous_response_id"].is_string() =>
            {
                client.send(Message::text(refusal())).await?;
                continue;
            }
            // The server stores the response, and says that it does not.
            Fault::ContinuationEverywhere if request["input"].is_string() => {
                let text = text.replace("\"store\":false", "\"store\":true");
                for event in turn(&mut upstream, &text).await? {
                    let event = event.replace("\"store\":true", "\"store\":false");
                    client.send(Message::text(event)).await?;
                }
                continue;
            }
            _ => {}
        }
        for event in turn(&mut upstream, &text).await? {
            forward(&mut client, event, fault).await?;
        }
    }
    Ok(())
}

/// The messages of a turn.
async fn turn(
    upstream: &mut Socket,
    text: &str,
) -> Result<Vec<String>, tokio_tungstenite::tungstenite::Error> {
    upstream.send(Message::text(text)).await?;
    let mut events = Vec::new();
    while let Some(message) = upstream.next().await {
        let Message::Text(text) = message? else {
            continue;
        };
        let kind = kind(&text);
        events.push(text.to_string());
        let is_end = matches!(
            &*kind,
            "error" | "response.completed" | "response.incomplete" | "response.failed"
        );
        if is_end {
            break;
        }
    }
    Ok(events)
}

async fn forward(
    client: &mut Socket,
    mut event: String,
    fault: Fault,
) -> Result<(), tokio_tungstenite::tungstenite::Error> {
    let kind = kind(&event);
    match fault {
        Fault::Damaged => event = event.replace('ü', "\u{FFFD}"),
        Fault::EventMissing if kind == "response.content_part.done" => return Ok(()),
        Fault::FailureWithoutTerminal if kind == "response.failed" => event = refusal(),
        Fault::FailureWithErrorEvent if kind == "response.failed" => {
            let mut failed: Value = serde_json::from_str(&event).unwrap();
            let number = failed["sequence_number"].as_u64().unwrap();
            let error = json!({"type": "error", "sequence_number": number, "error": {
                "type": "model_error", "code": "model_failed", "message": "No.", "param": null}});
            client.send(Message::text(error.to_string())).await?;
            failed["sequence_number"] = json!(number + 1);
            event = failed.to_string();
        }
        Fault::ErrorWithoutStatus => event = event.replace("\"status\":400,", ""),
        _ => {}
    }
    client.send(Message::text(event)).await?;
    match fault {
        Fault::ClosedOnError if kind == "error" => client.close(None).await,
        Fault::DoneMarker if kind == "response.completed" => {
            client.send(Message::text("[DONE]")).await
        }
        _ => Ok(()),
    }
}

fn kind(event: &str) -> String {
    let event: Value = serde_json::from_str(event).unwrap();
    event["type"].as_str().unwrap().to_owned()
}

fn refusal() -> String {
    let error = json!({"message": "No.", "type": "invalid_request_error", "param": "input",
        "code": "invalid_type"});
    json!({"type": "error", "status": 400, "error": error}).to_string()
}

#[test]
fn each_fault_of_a_websocket_server_is_reported() {
    // Those that do not end a turn take the time of one for each case.
    let sockets = ["--case", "websocket", "--timeout", "5"];
    let (code, clean) = report(proxy(Fault::None), &sockets);
    assert_eq!(code, Some(0), "{clean:#}");
    assert_eq!(clean["skipped"], 0, "{clean:#}");
    let (code, clean) = report(proxy(Fault::FailureWithErrorEvent), &sockets);
    assert_eq!(code, Some(0), "{clean:#}");
    let (code, clean) = report(proxy(Fault::RefusedDuringTurn), &sockets);
    assert_eq!((code, &clean["skipped"]), (Some(0), &json!(1)), "{clean:#}");
    for (fault, expected) in FAULTS {
        let (code, report) = report(proxy(fault), &sockets);
        assert_eq!(code, Some(1), "{fault:?}: {report:#}");
        let failed = failed(&report);
        assert!(
            failed.iter().any(|case| case.starts_with(expected)),
            "{fault:?}: {failed:#?}"
        );
    }
}
