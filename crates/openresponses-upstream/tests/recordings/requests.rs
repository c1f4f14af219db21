//! Recorded requests are translated into each dialect: what comes out is valid there, or the request
//! is refused with a path; whatever the client sent is in the body or among the warnings.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use openresponses_types::json::Document;
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Profile, Turn};
use openresponses_upstream::chat::{Chat, Quirks};
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{Dialect, UpstreamRequest};
use serde_json::Value;

use crate::other_requests;

/// The turn of a recorded request; nothing where only the store of the recorded server has all of it.
fn turn(file: &Path) -> Option<Turn> {
    let body = fs::read(file).unwrap();
    let request = CreateRequest::from_json(&body).unwrap();
    Normalizer::new(Profile::Compatible).turn(request).ok()
}

/// True for a request that goes on from what only the recorded server has.
pub(crate) fn needs_store(file: &Path) -> bool {
    turn(file).is_none()
}

pub(crate) fn run(file: &Path) {
    let turn = turn(file).unwrap();
    other_requests::run(&turn);
    responses(&turn);
    for quirks in Quirks::ALL {
        let dialect = Chat::new().quirks(quirks.clone());
        match dialect.request(&turn) {
            Ok(request) => chat(&turn, &request),
            Err(violation) => assert!(violation.param().is_some(), "{violation:?}"),
        }
    }
}

/// What goes to a server of the protocol is valid there, and says what the client sent.
fn responses(turn: &Turn) {
    let request = match Responses::new().request(turn) {
        Ok(request) => request,
        Err(violation) => return assert!(violation.param().is_some(), "{violation:?}"),
    };
    let document = Document::parse(&request.body).unwrap();
    let report = validate(&document, DocumentKind::CreateRequest, Profile::Compatible);
    assert!(report.is_ok(), "{:?}", report.violations);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(body["model"], turn.model);
    assert_eq!(body["input"].as_array().unwrap().len(), turn.items.len());
    let tools = body["tools"].as_array();
    assert_eq!(tools.map_or(0, Vec::len), turn.tools.len());
    texts(turn, &body, &request);
}

/// The members that the documentation of Chat Completions names, and those of known servers.
const MEMBERS: &[&str] = &[
    "model",
    "messages",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "response_format",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "max_tokens",
    "max_completion_tokens",
    "reasoning_effort",
    "reasoning",
    "logprobs",
    "top_logprobs",
    "service_tier",
    "verbosity",
    "safety_identifier",
    "prompt_cache_key",
    "stream",
    "stream_options",
    "seed",
    "stop",
    "logit_bias",
    "user",
    "top_k",
];

fn chat(turn: &Turn, request: &UpstreamRequest) {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    for name in body.as_object().unwrap().keys() {
        assert!(MEMBERS.contains(&name.as_str()), "{name}");
    }
    assert_eq!(body["model"], turn.model);
    assert_eq!(body["stream"] == true, turn.stream);
    messages(body["messages"].as_array().unwrap());
    let tools = body["tools"].as_array();
    for tool in tools.into_iter().flatten() {
        assert_eq!(tool["type"], "function");
        assert!(tool["function"]["name"].is_string());
    }
    if tools.is_none() {
        assert!(body["tool_choice"].is_null() && body["parallel_tool_calls"].is_null());
    }
    if !body["top_logprobs"].is_null() {
        assert_eq!(body["logprobs"], true);
    }
    texts(turn, &body, request);
}

/// Every message has a known role; every call has its output right behind it, and every output its
/// call before it.
fn messages(messages: &[Value]) {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for message in messages {
        let role = message["role"].as_str().unwrap();
        if role != "tool" && !(role == "user" && is_tool_image(message)) {
            assert_eq!(open, BTreeSet::new(), "an output is missing");
        }
        let content = &message["content"];
        match role {
            "assistant" => {
                for call in message["tool_calls"].as_array().into_iter().flatten() {
                    assert_eq!(call["type"], "function");
                    assert!(call["function"]["arguments"].is_string());
                    assert!(open.insert(call["id"].as_str().unwrap()));
                }
                assert!(!content.is_null() || !open.is_empty());
            }
            "tool" => assert!(open.remove(message["tool_call_id"].as_str().unwrap())),
            "system" | "developer" | "user" => {}
            other => panic!("{other}"),
        }
        for part in content.as_array().into_iter().flatten() {
            let kind = part["type"].as_str().unwrap();
            assert!(matches!(
                kind,
                "text" | "image_url" | "file" | "input_audio" | "video_url"
            ));
            assert!(!part[kind].is_null(), "{part}");
        }
    }
    assert_eq!(open, BTreeSet::new(), "an output is missing");
}

fn is_tool_image(message: &Value) -> bool {
    let text = message["content"][0]["text"].as_str();
    text.is_some_and(|text| text.starts_with("Output of the tool call"))
}

/// Every text, argument and output of the conversation is in the body.
fn texts(turn: &Turn, body: &Value, request: &UpstreamRequest) {
    let all = body.to_string();
    let warned: Vec<_> = request
        .warnings
        .iter()
        .map(|w| w.path.to_string())
        .collect();
    for (at, item) in turn.items.iter().enumerate() {
        let path = format!("input[{at}]");
        let json: Value = serde_json::from_str(&item.to_json()).unwrap();
        let mut strings = Vec::new();
        for name in [
            "content",
            "output",
            "arguments",
            "call_id",
            "name",
            "summary",
        ] {
            collect(&json[name], &mut strings);
        }
        for string in strings {
            let printed = Value::from(string).to_string();
            let is_there = all.contains(printed.trim_matches('"'));
            let is_warned = warned.iter().any(|warned| warned.starts_with(&path));
            assert!(is_there || is_warned, "{path}: {printed}");
        }
    }
    for (at, tool) in turn.tools.iter().enumerate() {
        let json: Value = serde_json::from_str(&tool.to_json()).unwrap();
        let name = json["name"].as_str().unwrap_or("no name");
        let is_whole = |tools: &Vec<Value>| tools.contains(&json);
        let is_there = all.contains(&format!("\"name\":\"{name}\""))
            || body["tools"].as_array().is_some_and(is_whole);
        let is_warned = warned
            .iter()
            .any(|path| path.starts_with(&format!("tools[{at}]")));
        let is_narrowed = json["type"] == "function";
        assert!(is_there || is_warned || is_narrowed, "tools[{at}]");
    }
}

fn collect<'a>(value: &'a Value, strings: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => strings.push(text),
        Value::Array(all) => all.iter().for_each(|value| collect(value, strings)),
        Value::Object(all) => {
            for (name, value) in all {
                if matches!(
                    name.as_str(),
                    "text" | "refusal" | "image_url" | "file_data"
                ) {
                    collect(value, strings);
                }
            }
        }
        _ => {}
    }
}
