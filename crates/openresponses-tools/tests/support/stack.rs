//! A scripted model behind the loop, and a client in front of it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use super::store::Store;
use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_tools::{CallContext, Limits, Tool, ToolError, ToolLoop, ToolOutput, Tools};
use openresponses_tower::output::Output;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::check::Checker;
use openresponses_types::json::RawJson;
use openresponses_types::response::Usage;
use openresponses_types::sequence::{CountingIds, Delta, FixedClock, IdGenerator, IdKind};
use openresponses_types::wire::ExtensionType;
use openresponses_types::{Item, Response as Resource, StreamEvent, Turn};
use serde_json::{Value, json};
use tower::ServiceExt;

/// One round of the model's.
pub(crate) type Round = Vec<Result<Output, Error>>;

/// A model that says what it is told to, round by round, and keeps what it was asked.
#[derive(Clone, Default)]
pub(crate) struct Script {
    rounds: Arc<Mutex<VecDeque<Round>>>,
    pub(crate) turns: Arc<Mutex<Vec<Turn>>>,
}

impl Script {
    pub(crate) fn new(rounds: Vec<Vec<Delta>>) -> Self {
        let said = |round: Vec<Delta>| round.into_iter().map(|delta| Ok(delta.into())).collect();
        Self::of_outputs(rounds.into_iter().map(said).collect())
    }

    pub(crate) fn of_outputs(rounds: Vec<Round>) -> Self {
        Self {
            rounds: Arc::new(Mutex::new(rounds.into())),
            turns: Arc::default(),
        }
    }

    /// The items that the last round was asked with.
    pub(crate) fn last_context(&self) -> String {
        let turns = self.turns.lock().unwrap();
        summary(turns.last().unwrap().items.iter().map(|item| &**item))
    }
}

impl Provider for Script {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        self.turns.lock().unwrap().push(turn.into_body());
        let round = self.rounds.lock().unwrap().pop_front();
        let round = round.unwrap_or_else(|| vec![Ok(Delta::text("Nothing more.").into())]);
        Ok(Response::new(OutputStream::new(
            futures_util::stream::iter(round),
        )))
    }

    async fn count_input_tokens(&self, turn: Request<Turn>) -> Result<Response<u64>, Error> {
        self.turns.lock().unwrap().push(turn.into_body());
        Ok(Response::new(1))
    }
}

/// A call of `name` with the key and the call id `key`.
pub(crate) fn call(key: u32, name: &str, arguments: &str) -> Vec<Delta> {
    vec![
        Delta::Call {
            key,
            call_id: Some(format!("call_{key}")),
            name: name.into(),
        },
        Delta::Arguments {
            key,
            delta: arguments.into(),
        },
        Delta::EndCall { key },
    ]
}

/// A round of these deltas that ends as it should, at the price of a token in and two out.
pub(crate) fn round(parts: impl IntoIterator<Item = Vec<Delta>>) -> Vec<Delta> {
    let mut deltas: Vec<Delta> = parts.into_iter().flatten().collect();
    deltas.push(Delta::usage(Usage::new(1, 2)));
    deltas.push(Delta::complete());
    deltas
}

pub(crate) fn text(text: &str) -> Vec<Delta> {
    vec![Delta::text(text)]
}

/// What the items are, in a line.
pub(crate) fn summary<'i>(items: impl IntoIterator<Item = &'i Item>) -> String {
    let one = |item: &Item| match item {
        Item::Message(message) => {
            let texts: Vec<&str> = message.content.texts().collect();
            format!("{} '{}'", message.role.as_str(), texts.join("|"))
        }
        Item::FunctionCall(call) => {
            format!("call {} {}({})", call.call_id, call.name, call.arguments)
        }
        Item::FunctionCallOutput(output) => {
            let texts: Vec<&str> = output.output.texts().collect();
            format!("output {} '{}'", output.call_id, texts.join("|"))
        }
        Item::Reasoning(reasoning) => {
            let summary = reasoning.summary.value().map_or(&[][..], |parts| parts);
            let texts: Vec<&str> = summary.iter().filter_map(|part| part.text()).collect();
            format!("reasoning '{}'", texts.join("|"))
        }
        Item::Extension(raw) => {
            let member = |name: &str| raw.string_member(name).unwrap_or_else(|| "-".into());
            format!(
                "{} {} {} {} / {}",
                raw.type_name(),
                member("status"),
                member("arguments"),
                member("output"),
                member("error")
            )
        }
        other => other.type_name().into(),
    };
    items.into_iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The tools that most tests use. `weather` is hidden, `acme:shout` is shown, `acme:search` and
/// `acme:lookup` are there for those who ask for them.
pub(crate) fn tools() -> Tools {
    let city = json!({
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    });
    let weather = Tool::raw("weather", city, |args: Value, _: CallContext| async move {
        match args["city"].as_str() {
            Some("Atlantis") => Err(ToolError::new("There is no city named 'Atlantis'.")),
            Some(city) => Ok(ToolOutput::new(format!("22 degrees in {city}"))),
            None => Err(ToolError::new("never")),
        }
    });
    let shout = Tool::raw(
        "shout",
        json!({}),
        |args: Value, context: CallContext| async move {
            context.progress(RawJson::parse(r#"{"done":0.5}"#).unwrap());
            tokio::task::yield_now().await;
            Ok(ToolOutput::new(
                args["text"].as_str().unwrap_or("?").to_uppercase(),
            ))
        },
    )
    .shown_as(ExtensionType::new("acme:shout").unwrap());
    let search = Tool::hosted(
        ExtensionType::new("acme:search").unwrap(),
        |args: Value, context: CallContext| async move {
            let index = context.declaration().and_then(|it| {
                let index = it.reader().member("index")?.string()?.into_owned();
                Some(index)
            });
            let results = RawJson::parse(r#"[{"document_id":"d1"}]"#).unwrap();
            let text = format!(
                "{} in {}",
                args["query"],
                index.as_deref().unwrap_or("nothing")
            );
            Ok(ToolOutput::new(text).member("results", results))
        },
    );
    let lookup = Tool::hosted(
        ExtensionType::new("acme:lookup").unwrap(),
        |_: Value, _: CallContext| async { Ok(ToolOutput::new("found")) },
    );
    Tools::new()
        .tool(weather)
        .tool(shout)
        .tool(search)
        .tool(lookup)
}

/// Ids that are counted over all services of a stack.
#[derive(Clone, Default)]
pub(crate) struct Ids(Arc<CountingIds>);

impl IdGenerator for Ids {
    fn id(&self, kind: IdKind) -> String {
        self.0.id(kind)
    }
}

/// A host with the loop.
pub(crate) struct Stack {
    pub(crate) script: Script,
    pub(crate) store: Store,
    pub(crate) tools: Tools,
    pub(crate) limits: Limits,
    pub(crate) ids: Ids,
    /// Where requests for approval are kept, if not in the process.
    pub(crate) approvals: Option<Store>,
}

/// What a client got.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Resource,
    pub(crate) events: Vec<StreamEvent>,
}

impl Answer {
    pub(crate) fn summary(&self) -> String {
        summary(self.response.output_items())
    }

    pub(crate) fn status(&self) -> &str {
        self.response.status.value().unwrap().as_str()
    }

    /// `incomplete_details.reason`, or `error.code`.
    pub(crate) fn reason(&self) -> String {
        let details = self.response.incomplete_details.value();
        let error = self.response.error.value();
        details
            .map(|details| details.reason.clone())
            .or(error.map(|error| error.code.clone()))
            .unwrap_or_default()
    }

    pub(crate) fn event_types(&self) -> Vec<&str> {
        self.events.iter().map(StreamEvent::event_type).collect()
    }
}

impl Stack {
    pub(crate) fn new(script: Script) -> Self {
        Self {
            script,
            store: Store::new(),
            tools: tools(),
            limits: Limits::new(),
            ids: Ids::default(),
            approvals: None,
        }
    }

    pub(crate) fn service(&self) -> OpenResponses<ToolLoop<Script>> {
        let mut provider =
            ToolLoop::new(self.script.clone(), self.tools.clone()).limits(self.limits);
        if let Some(store) = &self.approvals {
            provider = provider.approval_store(store.clone());
        }
        let config = Config::new()
            .store(self.store.clone())
            .ids(self.ids.clone())
            .background(|task| drop(tokio::spawn(task)))
            .clock(FixedClock(1_764_967_971));
        OpenResponses::new(provider, config)
    }

    /// Asks for a stream, checks it, and gives what it ended with.
    pub(crate) async fn ask(&self, body: Value) -> Answer {
        self.ask_with(&self.service(), body).await
    }

    /// The same of a service that is asked more than once.
    pub(crate) async fn ask_with(
        &self,
        service: &OpenResponses<ToolLoop<Script>>,
        mut body: Value,
    ) -> Answer {
        body["model"] = "model".into();
        body["stream"] = true.into();
        if body.get("input").is_none() {
            body["input"] = "How warm is it?".into();
        }
        let answer = service.clone().oneshot(post(&body)).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(status, 200, "{text}");
        let events: Vec<StreamEvent> = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .filter(|data| *data != "[DONE]")
            .map(|data| StreamEvent::from_json(data.as_bytes()).unwrap())
            .collect();
        let mut checker = Checker::new();
        for event in &events {
            checker.push(event, Some(event.event_type()));
        }
        assert_eq!(checker.finish(), [], "{text}");
        let response = events.iter().rev().find_map(StreamEvent::response);
        Answer {
            response: Resource::clone(response.unwrap()),
            events,
        }
    }

    /// Asks for JSON.
    pub(crate) async fn ask_json(&self, mut body: Value) -> Resource {
        body["model"] = "model".into();
        if body.get("input").is_none() {
            body["input"] = "How warm is it?".into();
        }
        let answer = self.service().oneshot(post(&body)).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert_eq!(status, 200, "{text}");
        Resource::from_json(&bytes).unwrap()
    }
}

/// What both transports give for one script: they must agree.
pub(crate) async fn ask_both(rounds: Vec<Vec<Delta>>, body: Value) -> (Answer, Script) {
    let script = Script::new(rounds.clone());
    let answer = Stack::new(script.clone()).ask(body.clone()).await;
    if answer.status() != "failed" {
        let whole = Stack::new(Script::new(rounds)).ask_json(body).await;
        assert_eq!(whole, answer.response);
    }
    (answer, script)
}

pub(crate) fn post(body: &Value) -> Request<String> {
    Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap()
}
