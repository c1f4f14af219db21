//! The ways in which a client can ask, each with the same outcome.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::Request;
use http_body_util::BodyExt;
use openresponses_tools::ToolLoop;
use openresponses_tower::OpenResponses;
use openresponses_types::check::Checker;
use openresponses_types::{Response, StreamEvent};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};
use tower::ServiceExt;

use super::stack::{Script, post};

pub(crate) type Service = OpenResponses<ToolLoop<Script>>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transport {
    Json,
    Sse,
    WebSocket,
    Background,
}

impl Transport {
    pub(crate) const ALL: [Self; 4] = [Self::Json, Self::Sse, Self::WebSocket, Self::Background];

    /// Asks, checks what can be checked of the answer, and returns the response, or the refusal.
    pub(crate) async fn ask(self, service: &Service, body: &Value) -> Result<Response, Value> {
        let mut body = body.clone();
        match self {
            Self::Json => whole(service, post(&body)).await,
            Self::Sse => {
                body["stream"] = true.into();
                let answer = service.clone().oneshot(post(&body)).await.unwrap();
                let is_stream = answer.status() == 200;
                let bytes = answer.into_body().collect().await.unwrap().to_bytes();
                if !is_stream {
                    return Err(serde_json::from_slice(&bytes).unwrap());
                }
                let text = String::from_utf8(bytes.to_vec()).unwrap();
                let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
                let data = data.filter(|data| *data != "[DONE]");
                Ok(ended(&data.map(event).collect::<Vec<_>>()))
            }
            Self::WebSocket => {
                let mut socket = connect(service).await;
                body["type"] = "response.create".into();
                socket.send(Message::text(body.to_string())).await.unwrap();
                let mut events = Vec::new();
                while !events.last().is_some_and(StreamEvent::is_terminal) {
                    let message = socket.next().await.unwrap().unwrap();
                    let Message::Text(text) = message else {
                        continue;
                    };
                    let value: Value = serde_json::from_str(&text).unwrap();
                    if value["type"] == "error" && events.is_empty() {
                        return Err(value);
                    }
                    events.push(event(&text));
                }
                Ok(ended(&events))
            }
            Self::Background => {
                body["background"] = true.into();
                let mut response = whole(service, post(&body)).await?;
                while is_running(&response) {
                    tokio::time::sleep(Duration::from_millis(2)).await;
                    response = retrieve(service, &response.id).await;
                }
                Ok(response)
            }
        }
    }
}

pub(crate) fn is_running(response: &Response) -> bool {
    let status = response.status.value().unwrap().as_str();
    matches!(status, "queued" | "in_progress")
}

pub(crate) async fn retrieve(service: &Service, id: &str) -> Response {
    let get = Request::get(format!("/v1/responses/{id}")).body(String::new());
    whole(service, get.unwrap()).await.unwrap()
}

pub(crate) async fn whole(service: &Service, request: Request<String>) -> Result<Response, Value> {
    let answer = service.clone().oneshot(request).await.unwrap();
    let is_response = answer.status() == 200;
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    match is_response {
        true => Ok(Response::from_json(&bytes).unwrap()),
        false => Err(serde_json::from_slice(&bytes).unwrap()),
    }
}

pub(crate) async fn connect(service: &Service) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let app = axum::Router::new().fallback_service(service.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("ws://{}/v1/responses", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    tokio_tungstenite::connect_async(address).await.unwrap().0
}

fn event(data: &str) -> StreamEvent {
    StreamEvent::from_json(data.as_bytes()).unwrap()
}

/// The response at the end of a stream, which is legal.
fn ended(events: &[StreamEvent]) -> Response {
    let mut checker = Checker::new();
    for event in events {
        checker.push(event, Some(event.event_type()));
    }
    assert_eq!(checker.finish(), []);
    let last = events.iter().rev().find_map(StreamEvent::response);
    Response::clone(last.unwrap())
}
