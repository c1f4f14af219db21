#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};
use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{Catalog, Registry};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::response::Usage;
use openresponses_types::sequence::Delta;
use serde_json::Value;
use tower::ServiceExt;

/// Behavior of a test provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    Answer,
    Refuse400,
    Fail429,
    Fail503,
    Hang,
    /// Fails in the stream before the first output.
    FailFirst,
    /// Fails in the stream after the first output.
    FailMid,
    /// Stops after token counts, without an end.
    Silence,
    Panic,
    /// Panics in the stream after the first output.
    PanicMid,
}

impl Act {
    pub(crate) const ALL: [Self; 10] = [
        Self::Answer,
        Self::Refuse400,
        Self::Fail429,
        Self::Fail503,
        Self::Hang,
        Self::FailFirst,
        Self::FailMid,
        Self::Silence,
        Self::Panic,
        Self::PanicMid,
    ];
}

/// The called providers, with the turns that they got.
pub(crate) type Log = Arc<Mutex<Vec<(&'static str, Turn)>>>;

pub(crate) struct Actor {
    pub(crate) slug: &'static str,
    pub(crate) act: Act,
    pub(crate) log: Log,
}

impl Provider for Actor {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let turn = turn.into_body();
        self.log.lock().unwrap().push((self.slug, turn));
        let text = |text: &str| Ok(Delta::text(text));
        let broken = || Err(Error::model("broke", "The model broke."));
        let deltas = match self.act {
            Act::Answer => vec![text(self.slug), Ok(Delta::complete())],
            Act::Refuse400 => return Err(Error::invalid_request("input", "Too long.")),
            Act::Fail429 => {
                return Err(Error::rate_limited(std::time::Duration::from_secs(7)));
            }
            Act::Fail503 => return Err(Error::overloaded()),
            Act::Hang => std::future::pending().await,
            Act::FailFirst => vec![broken()],
            Act::FailMid => vec![text("half of "), text(self.slug), broken()],
            Act::Silence => vec![Ok(Delta::usage(Usage::new(3, 4)))],
            Act::Panic => panic!("{}", self.slug),
            Act::PanicMid => {
                let slug = self.slug;
                return Ok(Response::new(OutputStream::write(|mut out| async move {
                    out.text("half of ");
                    tokio::task::yield_now().await;
                    out.text(slug);
                    tokio::task::yield_now().await;
                    panic!("{slug}")
                })));
            }
        };
        // A pending moment between the pieces, as a network has it.
        let stream = stream::iter(deltas).then(|delta| async {
            tokio::task::yield_now().await;
            delta
        });
        Ok(Response::new(OutputStream::new(stream)))
    }
}

pub(crate) fn log() -> Log {
    Log::default()
}

pub(crate) fn actor(slug: &'static str, act: Act, log: &Log) -> Actor {
    let log = Arc::clone(log);
    Actor { slug, act, log }
}

pub(crate) fn gateway(catalog: Catalog) -> Gateway {
    Gateway::new(Registry::new(catalog).unwrap())
}

pub(crate) fn service(gateway: Gateway) -> OpenResponses<Gateway> {
    OpenResponses::new(gateway, Config::new())
}

/// What the client received.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The response, or the error body.
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        let output = self.body["output"].as_array().cloned().unwrap_or_default();
        let texts = output
            .iter()
            .map(|item| item["content"][0]["text"].as_str().unwrap());
        texts.collect()
    }

    pub(crate) fn report(&self) -> &Value {
        &self.body["provider_metadata"]["gateway"]
    }
}

/// Sends a body and reads the answer; of a stream the response in the terminal event.
pub(crate) async fn send(service: &OpenResponses<Gateway>, body: &Value) -> Answer {
    send_text(service, &body.to_string()).await
}

pub(crate) async fn send_text(service: &OpenResponses<Gateway>, body: &str) -> Answer {
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body.to_owned())
        .unwrap();
    let answer = service.clone().oneshot(request).await.unwrap();
    let status = answer.status().as_u16();
    let is_stream = answer.headers()["content-type"] == "text/event-stream";
    let bytes = answer.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    if !is_stream {
        return Answer {
            status,
            body: serde_json::from_str(&text).unwrap(),
        };
    }
    let events: Vec<Value> = text
        .lines()
        .filter_map(|line| line.strip_prefix("data: {"))
        .map(|rest| serde_json::from_str(&format!("{{{rest}")).unwrap())
        .collect();
    let mut last = events.last().unwrap().clone();
    Answer {
        status,
        body: last["response"].take(),
    }
}
