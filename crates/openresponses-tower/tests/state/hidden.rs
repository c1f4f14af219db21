//! Items that belong to a conversation and are hidden from the client.

use http::{Request, Response, StatusCode};
use openresponses_tower::output::Output;
use openresponses_tower::store::{MemoryStore, MemoryStoreLimits};
use openresponses_tower::{Config, Error, OpenResponses, OutputStream, Provider};
use openresponses_types::item::{FunctionCall, FunctionCallOutput};
use openresponses_types::sequence::Delta;
use openresponses_types::{Item, Turn};
use serde_json::json;

use crate::{ask, send, text};

/// Answers with the types of the items of its context, and hides a call and its result.
struct Hiding;

impl Provider for Hiding {
    async fn respond(&self, turn: Request<Turn>) -> Result<Response<OutputStream>, Error> {
        let items = turn.body().items.iter();
        let types: Vec<String> = items.map(|item| item.type_name().to_owned()).collect();
        let call: Item = FunctionCall::new("call_1", "weather", "{}").into();
        let result: Item = FunctionCallOutput::new("call_1", "22 degrees").into();
        let outputs = [
            Ok(Output::Hidden(vec![call, result])),
            Ok(Delta::text(types.join("|")).into()),
            Ok(Delta::complete().into()),
        ];
        let outputs = futures_util::stream::iter(outputs);
        Ok(Response::new(OutputStream::new(outputs)))
    }
}

fn service() -> OpenResponses<Hiding> {
    let store = MemoryStore::new(MemoryStoreLimits::default());
    OpenResponses::new(Hiding, Config::new().store(store))
}

#[tokio::test]
async fn a_client_cannot_send_a_hidden_item() {
    let service = service();
    let call = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"});
    let hidden = json!({"type": "openresponses:hidden", "items": [call]});
    let body = json!({"model": "m", "input": [{"role": "user", "content": "Hi"}, hidden]});
    for path in ["", "/compact", "/input_tokens"] {
        let path = format!("/v1/responses{path}");
        let (status, refused) = send(&service, "POST", &path, "a", body.clone()).await;
        let error = &refused["error"];
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}: {refused}");
        assert_eq!(error["param"], "input[1].type", "{path}: {refused}");
        assert_eq!(error["code"], "invalid_value", "{path}: {refused}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("previous_response_id"), "{message}");
    }
}

#[tokio::test]
async fn a_stored_conversation_keeps_its_hidden_items() {
    let service = service();
    let (_, first) = ask(&service, "a", json!({"model": "m", "input": "one"})).await;
    assert_eq!(text(&first), "message");
    let next = json!({"model": "m", "input": "two", "previous_response_id": first["id"]});
    let (status, second) = ask(&service, "a", next).await;
    assert_eq!(status, StatusCode::OK);
    let context = "message|function_call|function_call_output|message|message";
    assert_eq!(text(&second), context);
}
