//! Responses whose end waits for what an observer writes elsewhere.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::observe::{Observed, Observer};
use openresponses_gateway::registry::Catalog;
use openresponses_tower::service::ResponseBody;
use openresponses_tower::{Config, OpenResponses, Provider};
use serde_json::json;
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tower::ServiceExt;

use crate::common::{Act, actor, gateway, log};
use crate::notes::Notes;

/// Has written once there is a permit.
struct Writer(Arc<Semaphore>);

impl Observer for Writer {
    fn settled(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        let permits = Arc::clone(&self.0);
        Some(Box::pin(async move { drop(permits.acquire_owned().await) }))
    }
}

struct Panics;

impl Observer for Panics {
    fn settled(&self) -> Option<Pin<Box<dyn Future<Output = ()> + Send>>> {
        panic!("an observer")
    }
}

async fn ask(
    provider: impl Provider,
    path: &str,
    model: &str,
    stream: bool,
) -> Response<ResponseBody> {
    let body = json!({"model": model, "input": "x", "stream": stream});
    let request = Request::post(format!("/v1/responses{path}"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    let service = OpenResponses::new(provider, Config::new());
    service.oneshot(request).await.unwrap()
}

async fn text(answer: Response<ResponseBody>) -> String {
    let body = answer.into_body().collect().await.unwrap().to_bytes();
    String::from_utf8(body.into()).unwrap()
}

fn catalog() -> Catalog {
    Catalog::new()
        .provider("answers", actor("answers", Act::Answer, &log()))
        .provider("fails", actor("fails", Act::Fail503, &log()))
        .provider("half", actor("half", Act::FailMid, &log()))
        .serve("any", "answers")
        .serve("fails", "fails")
        .serve("half", "half")
}

#[tokio::test(start_paused = true)]
async fn the_end_of_every_request_waits_for_a_limited_time() {
    for (path, model, stream, end) in [
        ("", "any", true, "event: response.completed"),
        ("", "any", false, r#""status":"completed""#),
        ("", "half", true, "event: response.failed"),
        ("", "fails", true, r#""code":"overloaded""#),
        ("", "fails", false, r#""code":"overloaded""#),
        ("/compact", "any", false, "error"),
        ("/input_tokens", "any", false, "error"),
    ] {
        for (permits, waited) in [(0, 2), (1, 0)] {
            for is_gateway in [true, false] {
                let observer = Writer(Arc::new(Semaphore::new(permits)));
                let start = Instant::now();
                let answer = if is_gateway {
                    let gateway = gateway(catalog()).observer((observer, Notes::default()));
                    ask(gateway, path, model, stream).await
                } else {
                    let act = match model {
                        "fails" => Act::Fail503,
                        "half" => Act::FailMid,
                        _ => Act::Answer,
                    };
                    let provider = actor("one", act, &log());
                    ask(Observed::new(provider, observer), path, model, stream).await
                };
                let text = text(answer).await;
                assert!(text.contains(end), "{path} {model} {stream}: {text}");
                let expected = Duration::from_secs(waited);
                assert_eq!(start.elapsed(), expected, "{path} {model} {stream}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_comes_before_the_end_does_not_wait() {
    let permits = Arc::new(Semaphore::new(0));
    let gateway = gateway(catalog()).observer(Writer(Arc::clone(&permits)));
    let start = Instant::now();
    let mut body = ask(gateway, "", "any", true).await.into_body();
    let mut text = String::new();
    while !text.contains("answers") {
        let frame = body.frame().await.unwrap().unwrap();
        text += std::str::from_utf8(frame.data_ref().unwrap()).unwrap();
    }
    assert!(!text.contains("response.completed"), "{text}");
    permits.add_permits(1);
    let rest = body.collect().await.unwrap().to_bytes();
    assert!(rest.ends_with(b"data: [DONE]\n\n"));
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn an_observer_that_panics_is_not_waited_for() {
    let answer = ask(gateway(catalog()).observer(Panics), "", "any", false).await;
    assert_eq!(answer.status(), 200);
}
