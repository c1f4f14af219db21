//! A call that the request forbids never reaches the client, whatever the model does.
#![allow(clippy::unwrap_used)]

use http::{Request, Response};
use http_body_util::BodyExt;
use openresponses_gateway::Gateway;
use openresponses_gateway::registry::{Catalog, Registry};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::sequence::{Delta, OnForbidden};
use openresponses_types::{FunctionCall, Turn};
use proptest::prelude::*;
use serde_json::{Value, json};
use tower::ServiceExt;

const NAMES: [&str; 4] = ["fa", "fb", "fc", "fd"];

/// Says what it was told to.
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
        1 => Just(Delta::text("said")),
    ]
}

/// Choices, and the functions that each lets through.
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

fn answered(deltas: Vec<Delta>, choice: &Value, stream: bool, then: OnForbidden) -> String {
    let catalog = Catalog::new()
        .provider("p", Model(deltas))
        .serve("x/one", "p");
    let gateway = Gateway::new(Registry::new(catalog).unwrap());
    let service = OpenResponses::new(gateway, Config::new().forbidden_calls(then));
    let tools: Vec<Value> = NAMES[..3]
        .iter()
        .map(|name| json!({"type": "function", "name": name}))
        .collect();
    // The names stand in the echo of the tools as well: they are looked for with their member.
    let body = json!({"model": "x/one", "input": "x", "stream": stream, "tools": tools, "tool_choice": choice});
    let request = Request::post("/v1/responses")
        .header("content-type", "application/json")
        .body(body.to_string())
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async move {
        let answer = service.oneshot(request).await.unwrap();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(bytes.to_vec()).unwrap()
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn never_on_the_wire(
        mut deltas in proptest::collection::vec(delta(), 0..12),
        (choice, allowed) in choice(),
        stream: bool,
        fails: bool,
    ) {
        let says_forbidden = deltas.iter().any(|delta| match delta {
            Delta::Call { name, .. } => !allowed.contains(&name.as_str()),
            Delta::Item(item) => {
                let text = item.to_json();
                !allowed.iter().any(|name| text.contains(&format!(r#""name":"{name}""#)))
            }
            _ => false,
        });
        deltas.push(Delta::complete());
        let then = if fails { OnForbidden::Fail } else { OnForbidden::Suppress };
        let answer = answered(deltas, &choice, stream, then);
        let documents = documents(&answer);
        let mut found = Vec::new();
        documents.iter().for_each(|document| called(document, &mut found));
        for name in &found {
            prop_assert!(allowed.contains(&name.as_str()), "{name}: {answer}");
        }
        prop_assert_eq!(answer.contains("forbidden_tool_call"), says_forbidden && fails, "{}", answer);
        if says_forbidden && fails && stream {
            prop_assert_eq!(&documents.last().unwrap()["type"], &json!("response.failed"));
        }
    }
}
