//! The service with the embedded model behind it, asked over HTTP.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::Request;
use openresponses_testing::EmbeddedModel;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, OpenResponses};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::judge::{Fault, fault};
use crate::transcript::array;

/// What came back, and what the store lists as the input.
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) input: Vec<Value>,
}

type Service = OpenResponses<EmbeddedModel>;

pub(crate) fn service() -> Service {
    let config = Config::new()
        .store(MemoryStore::new(MemoryStoreLimits::default()))
        .background(|task| drop(tokio::spawn(task)));
    OpenResponses::new(EmbeddedModel::new(), config)
}

async fn send(service: &Service, method: &str, path: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/v1/responses{path}"))
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&bytes).unwrap())
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread();
    { runtime }.enable_all().build().unwrap().block_on(future)
}

/// Asks, and asks what was asked.
pub(crate) fn ask(request: &Value) -> Answered {
    run(async {
        let service = service();
        let (status, body) = send(&service, "POST", "", request).await;
        let mut input = Vec::new();
        if let Some(id) = body["id"].as_str() {
            let path = format!("/{id}/input_items?order=asc&limit=100");
            let (_, list) = send(&service, "GET", &path, &Value::Null).await;
            input = array(&list["data"]).to_vec();
        }
        Answered {
            status,
            body,
            input,
        }
    })
}

/// Waits until a background response is completed.
async fn finished(service: &Service, path: &str) {
    loop {
        let (_, now) = send(service, "GET", path, &Value::Null).await;
        if now["status"] == "completed" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A background response that has finished is not cancelled, and one that was is not again.
pub(crate) fn cancelling(faults: &mut Vec<Fault>) {
    run(async {
        let service = service();
        for (model, wanted) in [("m", "completed"), ("slow", "cancelled")] {
            let body = json!({"model": model, "input": "hi", "background": true});
            let (_, queued) = send(&service, "POST", "", &body).await;
            let path = format!("/{}", queued["id"].as_str().unwrap());
            if wanted == "completed" {
                finished(&service, &path).await;
            }
            for _ in 0..2 {
                let path = format!("{path}/cancel");
                let (status, now) = send(&service, "POST", &path, &Value::Null).await;
                if status != 200 || now["status"] != wanted {
                    faults.push(fault(
                        "state of a cancelled response",
                        format!("{status} {now}"),
                    ));
                }
            }
        }
    });
}
