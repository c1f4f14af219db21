//! A forbidden call never reaches the client, over JSON, event streams and WebSockets, for any
//! behavior of the model or the upstream server.

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{Catalog, Registry};
use openresponses_tower::output::RelayMode;
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::Turn;
use openresponses_types::item::FunctionCall;
use openresponses_types::sequence::{Delta, ForbiddenCallAction};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::socket::{serve, turn};

const NAMES: [&str; 4] = ["fa", "fb", "fc", "fd"];

/// Sends the configured output.
struct Model(Vec<Delta>);

impl Provider for Model {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        Ok(Response::new(OutputStream::from_deltas(self.0.clone())))
    }
}

fn delta() -> impl Strategy<Value = Delta> {
    let call = |(key, name): (u32, usize)| Delta::Call {
        key,
        call_id: None,
        name: NAMES[name].into(),
    };
    let item = |name: usize| Delta::item(FunctionCall::new("c", NAMES[name], "{}"));
    prop_oneof![
        3 => (0u32..4, 0usize..4).prop_map(call),
        2 => (0u32..4).prop_map(|key| Delta::Arguments { key, delta: "{}".into() }),
        1 => (0u32..4).prop_map(|key| Delta::EndCall { key }),
        1 => (0usize..4).prop_map(item),
        1 => Just(Delta::text("text")),
    ]
}

/// Tool choices and the functions that each allows.
fn choice() -> impl Strategy<Value = (Value, Vec<&'static str>)> {
    let tool = |name: &str| json!({"type": "function", "name": name});
    prop_oneof![
        Just((json!("none"), vec![])),
        Just((json!("auto"), vec!["fa", "fb", "fc"])),
        Just((json!("required"), vec!["fa", "fb", "fc"])),
        Just((tool("fb"), vec!["fb"])),
        Just((
            json!({"type": "allowed_tools", "mode": "auto", "tools": [tool("fa"), tool("fc")]}),
            vec!["fa", "fc"]
        )),
    ]
}

/// Faults of an upstream server's stream.
#[derive(Clone, Copy, Debug)]
enum Spoilt {
    No,
    /// Items are never announced.
    WithoutAdded,
    /// Items never end.
    WithoutDone,
    /// Only the last event has anything in it.
    EndOnly,
    /// Events have no names.
    Nameless,
    /// An allowed call ends as another one.
    Renamed,
}

impl Spoilt {
    fn apply(self, events: &str) -> String {
        let has = |frame: &str, names: &[&str]| names.iter().any(|name| frame.contains(name));
        let spoil = |frame: &str| -> Option<String> {
            let is_done = frame.contains("response.output_item.done");
            match self {
                Self::WithoutAdded if frame.contains("response.output_item.added") => None,
                Self::WithoutDone if is_done => None,
                Self::EndOnly if !has(frame, &["response.created", "response.completed"]) => None,
                Self::Nameless => frame.split_once('\n').map(|(_, data)| data.into()),
                Self::Renamed if is_done || frame.contains("response.completed") => {
                    Some(frame.replace(r#""name":"fa""#, r#""name":"fd""#))
                }
                _ => Some(frame.into()),
            }
        };
        let frames = events.split_terminator("\n\n").filter_map(spoil);
        frames.map(|frame| frame + "\n\n").collect()
    }
}

/// An upstream server that forbids nothing.
struct Upstream {
    model: Vec<Delta>,
    mode: RelayMode,
    spoilt: Spoilt,
}

impl Provider for Upstream {
    async fn respond(&self, _: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let service = OpenResponses::new(Model(self.model.clone()), Config::new());
        // Tools that are not functions may bring functions of any name.
        let body =
            json!({"model": "m", "input": "x", "stream": true, "tools": [{"type": "acme:all"}]});
        let answer = service.oneshot(post(&body)).await.unwrap();
        let events = answer.into_body().collect().await.unwrap().to_bytes();
        let events = self.spoilt.apply(std::str::from_utf8(&events).unwrap());
        Ok(Response::new(OutputStream::relay(events, self.mode)))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    Json,
    Sse,
    WebSocket,
}

fn post(body: &Value) -> Request<String> {
    Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap()
}

/// Everything that the client receives.
fn answered(
    provider: impl Provider,
    choice: &Value,
    transport: Transport,
    then: ForbiddenCallAction,
) -> Vec<Value> {
    let catalog = Catalog::new().provider("p", provider).serve("x/one", "p");
    let gateway = Gateway::new(Registry::new(catalog).unwrap());
    let service = OpenResponses::new(gateway, Config::new().forbidden_calls(then));
    let tools: Vec<Value> = NAMES[..3]
        .iter()
        .map(|name| json!({"type": "function", "name": name}))
        .collect();
    let mut body = json!({"model": "x/one", "input": "x", "tools": tools, "tool_choice": choice});
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        if transport == Transport::WebSocket {
            let address = serve(service).await;
            return turn(address, &[], body).await;
        }
        body["stream"] = (transport == Transport::Sse).into();
        let answer = service.oneshot(post(&body)).await.unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        documents(std::str::from_utf8(&bytes).unwrap())
    })
}

/// The functions that are called anywhere in a document.
fn called(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|one| called(one, found)),
        Value::Object(members) => {
            if members.get("type") == Some(&json!("function_call")) {
                found.push(members["name"].as_str().unwrap().to_owned());
            }
            members.values().for_each(|one| called(one, found));
        }
        _ => {}
    }
}

fn documents(answer: &str) -> Vec<Value> {
    if answer.starts_with('{') {
        return vec![serde_json::from_str(answer).unwrap()];
    }
    let data = answer
        .lines()
        .filter_map(|line| line.strip_prefix("data: "));
    data.filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap())
        .collect()
}

/// The names are looked for with their items: they stand in the echo of the tools as well.
fn check(documents: &[Value], allowed: &[&str]) -> Result<(), TestCaseError> {
    let mut found = Vec::new();
    documents
        .iter()
        .for_each(|document| called(document, &mut found));
    for name in &found {
        prop_assert!(
            allowed.contains(&name.as_str()),
            "{}: {:#?}",
            name,
            documents
        );
    }
    // Arguments of forbidden calls are absent as well.
    let mut calls = Vec::new();
    for event in documents {
        let kind = event["type"].as_str().unwrap_or_default();
        if kind == "response.output_item.added" && event["item"]["type"] == "function_call" {
            calls.push(event["output_index"].clone());
        }
        if kind.starts_with("response.function_call_arguments") {
            prop_assert!(calls.contains(&event["output_index"]), "{:#?}", documents);
        }
    }
    Ok(())
}

fn says_forbidden(deltas: &[Delta], allowed: &[&str]) -> bool {
    deltas.iter().any(|delta| match delta {
        Delta::Call { name, .. } => !allowed.contains(&name.as_str()),
        Delta::Item(item) => {
            let text = item.to_json();
            !allowed
                .iter()
                .any(|name| text.contains(&format!(r#""name":"{name}""#)))
        }
        _ => false,
    })
}

fn transport() -> impl Strategy<Value = Transport> {
    prop_oneof![
        Just(Transport::Json),
        Just(Transport::Sse),
        Just(Transport::WebSocket)
    ]
}

fn policy() -> impl Strategy<Value = ForbiddenCallAction> {
    prop_oneof![
        Just(ForbiddenCallAction::Suppress),
        Just(ForbiddenCallAction::Fail)
    ]
}

fn fails_of_it(documents: &[Value]) -> bool {
    documents
        .iter()
        .any(|document| document.to_string().contains("forbidden_tool_call"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(384))]

    #[test]
    fn what_a_model_says(
        mut deltas in proptest::collection::vec(delta(), 0..12),
        (choice, allowed) in choice(),
        transport in transport(),
        then in policy(),
    ) {
        let must_fail = says_forbidden(&deltas, &allowed) && then == ForbiddenCallAction::Fail;
        deltas.push(Delta::complete());
        let documents = answered(Model(deltas), &choice, transport, then);
        check(&documents, &allowed)?;
        prop_assert_eq!(fails_of_it(&documents), must_fail, "{:#?}", documents);
        if must_fail && transport != Transport::Json {
            prop_assert_eq!(&documents.last().unwrap()["type"], &json!("response.failed"));
        }
    }

    #[test]
    fn what_a_server_behind_says(
        mut model in proptest::collection::vec(delta(), 0..8),
        (choice, allowed) in choice(),
        transport in transport(),
        then in policy(),
        mode in prop_oneof![Just(RelayMode::Observe), Just(RelayMode::Enforce), Just(RelayMode::Repair)],
        spoilt in prop_oneof![
            Just(Spoilt::No), Just(Spoilt::WithoutAdded), Just(Spoilt::WithoutDone),
            Just(Spoilt::EndOnly), Just(Spoilt::Nameless), Just(Spoilt::Renamed),
        ],
    ) {
        model.push(Delta::complete());
        let documents = answered(Upstream { model, mode, spoilt }, &choice, transport, then);
        check(&documents, &allowed)?;
        if transport != Transport::Json {
            let last = documents.last().unwrap()["type"].as_str().unwrap();
            prop_assert!(matches!(last, "response.completed" | "response.failed"), "{}", last);
        }
    }
}
