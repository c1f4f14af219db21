//! A client that verifies every answer.

use std::future::Future;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use openresponses_testing::EmbeddedModel;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::sequence::{CountingIds, FixedClock};
use openresponses_types::{Profile, Turn};
use serde_json::Value;
use tower::ServiceExt;

use crate::order;

/// The embedded model with ids and a clock that give the same each time.
pub(crate) fn embedded(profile: Profile) -> OpenResponses<EmbeddedModel> {
    OpenResponses::new(EmbeddedModel::new(), config(profile))
}

pub(crate) fn config(profile: Profile) -> Config {
    Config::new()
        .profile(profile)
        .ids(CountingIds::default())
        .clock(FixedClock(1_764_967_971))
}

pub(crate) async fn send<P: Provider>(
    service: &OpenResponses<P>,
    request: Request<Full<Bytes>>,
) -> Response<ResponseBody> {
    service.clone().oneshot(request).await.unwrap()
}

pub(crate) fn post(body: impl Into<Bytes>) -> Request<Full<Bytes>> {
    Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(Full::from(body.into()))
        .unwrap()
}

/// An answer that is not streamed.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

pub(crate) async fn answer<P: Provider>(
    service: &OpenResponses<P>,
    request: Request<Full<Bytes>>,
) -> Answer {
    let (head, body) = send(service, request).await.into_parts();
    assert_eq!(head.headers["content-type"], "application/json");
    assert!(head.headers.contains_key("x-request-id"));
    let bytes = body.collect().await.unwrap().to_bytes();
    Answer {
        status: head.status,
        headers: head.headers,
        body: serde_json::from_slice(&bytes).unwrap(),
    }
}

/// The response to a request that is not streamed.
pub(crate) async fn response<P: Provider>(service: &OpenResponses<P>, request: &Value) -> Value {
    let answer = answer(service, post(request.to_string())).await;
    assert_eq!(answer.status, 200, "{request}: {}", answer.body);
    answer.body
}

/// The events of a request, which is made a streamed one; their framing and order are checked.
pub(crate) async fn events<P: Provider>(service: &OpenResponses<P>, request: &Value) -> Vec<Value> {
    let mut request = request.clone();
    request["stream"] = true.into();
    let answer = send(service, post(request.to_string())).await;
    assert_eq!(answer.status(), 200, "{request}");
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let events = parse(std::str::from_utf8(&bytes).unwrap());
    order::check(&events);
    events
}

/// The response of the terminal event.
pub(crate) fn terminal(events: &[Value]) -> &Value {
    &events.last().unwrap()["response"]
}

/// The texts of the events of a type.
pub(crate) fn deltas<'e>(events: &'e [Value], event_type: &str) -> Vec<&'e str> {
    let of_type = events.iter().filter(|event| event["type"] == event_type);
    of_type
        .map(|event| event["delta"].as_str().unwrap())
        .collect()
}

/// The events of a whole stream, with the framing checked strictly.
pub(crate) fn parse(stream: &str) -> Vec<Value> {
    let stream = stream.strip_suffix("data: [DONE]\n\n").expect("the end");
    let frames = stream.split_terminator("\n\n");
    frames
        .map(|frame| {
            let (event, data) = frame.split_once('\n').unwrap();
            let data = data.strip_prefix("data: ").unwrap();
            assert!(!data.contains(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']));
            let data: Value = serde_json::from_str(data).unwrap();
            assert_eq!(event.strip_prefix("event: "), data["type"].as_str());
            data
        })
        .collect()
}

/// A provider that is a function.
pub(crate) struct With<F>(F);

impl<F, Fut> Provider for With<F>
where
    F: Fn(Turn) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<OutputStream, Error>> + Send,
{
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        (self.0)(turn.into_body()).await.map(Response::new)
    }
}

/// A service whose provider is a function.
pub(crate) fn with<F, Fut>(answer: F) -> OpenResponses<With<F>>
where
    F: Fn(Turn) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<OutputStream, Error>> + Send,
{
    OpenResponses::new(With(answer), config(Profile::Compatible))
}
