//! The server under test. The only file of this test that uses the project's own interface.

use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderValue, Request, Response};
use openresponses_testing::{EmbeddedModel, TestKeys};
use openresponses_tower::output::{RelayMode, RelayOptions};
use openresponses_tower::provider::CompactedWindow;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::content::{Annotation, LogProb};
use openresponses_types::json::RawJson;
use openresponses_types::normalize::ContextWindow;
use openresponses_types::response::Usage;
use openresponses_types::sequence::{
    Clock, Delta, Failure, Finish, ForbiddenCallAction, IdGenerator, IdKind,
};
use openresponses_types::wire::Extension;
use openresponses_types::{Item, Profile, Turn};

use crate::case::Case;
use crate::names::identifier;

pub(crate) type Server = OpenResponses<Model>;

/// A server for the case, configured by its settings.
pub(crate) fn server(case: &Case) -> Server {
    let mut config = Config::new()
        .ids(Ids::default())
        .clock(Stopped)
        .body_limit(1 << 20)
        .store(MemoryStore::new(MemoryStoreLimits::default()))
        .background(|task| drop(tokio::spawn(task)));
    let mut relay = RelayOptions::new(RelayMode::Repair);
    for setting in &case.settings {
        match setting.as_str() {
            "strict" => config = config.profile(Profile::Strict),
            "keys" => config = config.authorize(TestKeys::new()),
            "default model" => config = config.default_model("default-model"),
            "forbidden calls fail" => config = config.forbidden_calls(ForbiddenCallAction::Fail),
            "no websocket" => config = config.websocket(None),
            "observe" => relay = RelayOptions::new(RelayMode::Observe),
            "enforce" => relay = RelayOptions::new(RelayMode::Enforce),
            "own item ids" => relay = relay.own_item_ids(true),
            // The same configuration without a store, and so without a background.
            "no store" => config = Config::new().ids(Ids::default()).clock(Stopped),
            _ => panic!("no such setting: {setting}"),
        }
    }
    let model = Model {
        embedded: EmbeddedModel::new(),
        script: case.script.clone(),
        relay,
    };
    OpenResponses::new(model, config)
}

/// Numbers the identifiers of all kinds together.
#[derive(Default)]
struct Ids(AtomicU64);

impl IdGenerator for Ids {
    fn id(&self, kind: IdKind) -> String {
        identifier(kind.prefix(), self.0.fetch_add(1, Ordering::Relaxed))
    }
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> i64 {
        1_764_967_971
    }
}

/// The embedded model. The model `upstream` relays the case's script as an event stream, the model
/// `written` writes its deltas.
pub(crate) struct Model {
    embedded: EmbeddedModel,
    script: Vec<String>,
    relay: RelayOptions,
}

impl Provider for Model {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let mut answer = match turn.body().model.as_str() {
            "upstream" => Response::new(OutputStream::relay(frames(&self.script), self.relay)),
            "written" => {
                let deltas: Vec<_> = self.script.iter().map(|line| delta(line)).collect();
                Response::new(OutputStream::from_deltas(deltas))
            }
            _ => return self.embedded.respond(turn).await,
        };
        let headers = answer.headers_mut();
        headers.insert("x-provider", HeaderValue::from_static("wire"));
        Ok(answer)
    }

    async fn compact(
        &self,
        window: Request<ContextWindow>,
    ) -> Result<Response<CompactedWindow>, Error> {
        self.embedded.compact(window).await
    }
}

/// An event stream. A JSON object is an event named by its `type`; other lines are sent as they are.
fn frames(script: &[String]) -> String {
    let mut text = String::new();
    for line in script {
        if !line.starts_with('{') {
            text.push_str(&format!("{line}\n"));
            continue;
        }
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = event["type"].as_str().unwrap();
        text.push_str(&format!("event: {name}\ndata: {line}\n\n"));
    }
    text
}

/// A delta: its name, then its members.
fn delta(line: &str) -> Delta {
    let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
    let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
    let number = || first.parse().unwrap();
    match name {
        "text" => Delta::text(rest),
        "logprob" => {
            let logprob = LogProb::from_json(rest.as_bytes()).unwrap();
            Delta::TextWithLogprobs(logprob.token.clone(), vec![logprob])
        }
        "annotation" => Delta::Annotation(Annotation::from_json(rest.as_bytes()).unwrap().into()),
        "refusal" => Delta::Refusal(rest.into()),
        "message" => Delta::Message {
            phase: (!rest.is_empty()).then(|| rest.into()),
        },
        "reasoning" => Delta::Reasoning(rest.into()),
        "summary" => Delta::Summary(rest.into()),
        "end_part" => Delta::EndPart,
        "encrypted" => Delta::EncryptedReasoning(rest.into()),
        "call" => Delta::Call {
            key: number(),
            call_id: None,
            name: second.into(),
        },
        "call_as" => Delta::Call {
            key: 7,
            call_id: Some(first.into()),
            name: second.into(),
        },
        "arguments" => Delta::Arguments {
            key: number(),
            delta: second.into(),
        },
        "end_call" => Delta::EndCall { key: number() },
        "item" => Delta::item(Item::from_json(rest.as_bytes()).unwrap()),
        "event" => Delta::Event(
            Extension::new(RawJson::parse(rest).unwrap())
                .unwrap()
                .into(),
        ),
        "member" => Delta::Member {
            name: first.into(),
            value: RawJson::parse(second).unwrap(),
        },
        "usage" => Delta::usage(Usage::new(first.parse().unwrap(), second.parse().unwrap())),
        "complete" => Delta::complete(),
        "incomplete" => Delta::incomplete(rest),
        "fail" => Delta::Finish(Finish::Failed(
            Failure::new(first, second, "It failed.").into(),
        )),
        _ => panic!("no such delta: {line}"),
    }
}
