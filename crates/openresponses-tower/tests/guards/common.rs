//! A provider that is a function, and its answers read back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{BoxError, Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::sequence::Delta;
use serde_json::Value;
use tower::ServiceExt;

pub const SECOND: Duration = Duration::from_secs(1);

/// Answers every turn with what the function makes.
#[derive(Clone)]
pub struct Model<F>(pub F);

impl<F> Provider for Model<F>
where
    F: Fn() -> Result<OutputStream, Error> + Send + Sync + 'static,
{
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        (self.0)().map(Response::new)
    }
}

/// An answer of these items.
pub fn items<I>(items: I) -> Response<OutputStream>
where
    I: IntoIterator<Item = Result<Delta, Error>>,
    I::IntoIter: Send + 'static,
{
    Response::new(OutputStream::new(futures_util::stream::iter(items)))
}

/// Counts what is alive.
#[derive(Clone, Default)]
pub struct Census(Arc<AtomicUsize>);

impl Census {
    pub fn enter(&self) -> Member {
        self.0.fetch_add(1, Ordering::SeqCst);
        Member(self.clone())
    }

    pub fn alive(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

/// Counted until it is dropped.
pub struct Member(Census);

impl Drop for Member {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

pub const STREAMED: &str = r#"{"model":"m","input":"Hello","stream":true}"#;

pub async fn post<P, B>(service: &OpenResponses<P>, body: B) -> Response<ResponseBody>
where
    P: Provider,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body)
        .unwrap();
    service.clone().oneshot(request).await.unwrap()
}

/// The answer of a provider to a request for a stream.
pub async fn stream(provider: impl Provider, config: Config) -> Response<ResponseBody> {
    let service = OpenResponses::new(provider, config);
    post(&service, String::from(STREAMED)).await
}

pub async fn text(answer: Response<ResponseBody>) -> String {
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(bytes.into()).unwrap()
}

/// The code of a refusal, after a look at its envelope.
pub async fn refused(answer: Response<ResponseBody>, status: u16) -> String {
    assert_eq!(answer.status(), status);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let body: Value = serde_json::from_str(&text(answer).await).unwrap();
    let error = body["error"].as_object().unwrap();
    assert_eq!(error.len(), 4);
    error["code"].as_str().unwrap().to_owned()
}

/// The next frame, as text.
pub async fn frame(body: &mut ResponseBody) -> Option<String> {
    let data = body.frame().await?.unwrap().into_data().unwrap();
    Some(String::from_utf8(data.into()).unwrap())
}

/// The events of a whole stream, which must end in `[DONE]` and be numbered without gaps.
pub fn events(stream: &str) -> Vec<Value> {
    let events = stream.strip_suffix("data: [DONE]\n\n").unwrap();
    let mut read = Vec::new();
    for block in events.split_terminator("\n\n") {
        if block.starts_with(':') {
            continue;
        }
        let (name, data) = block.split_once('\n').unwrap();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(name.strip_prefix("event: "), data["type"].as_str());
        assert_eq!(data["sequence_number"], read.len());
        read.push(data);
    }
    read
}

pub fn types(events: &[Value]) -> Vec<&str> {
    events
        .iter()
        .map(|event| event["type"].as_str().unwrap())
        .collect()
}
