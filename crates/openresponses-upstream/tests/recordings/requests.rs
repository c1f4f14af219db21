//! Recorded requests are translated into each dialect: what comes out is valid there, or the request
//! is refused with a path; whatever the client sent is in the body or among the warnings.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use openresponses_types::content::ContentPart;
use openresponses_types::item::Reasoning;
use openresponses_types::json::Document;
use openresponses_types::normalize::Normalizer;
use openresponses_types::schema::{DocumentKind, validate};
use openresponses_types::{CreateRequest, Field, Item, Profile, Turn};
use openresponses_upstream::chat::{CallIds, Chat, Quirks};
use openresponses_upstream::responses::Responses;
use openresponses_upstream::{Dialect, UpstreamRequest};
use serde_json::Value;

use crate::{other_requests, rules};

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
            Ok(request) => chat(&turn, &request, quirks.call_ids == CallIds::Any),
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
    let is_replayed = |item: &&Arc<Item>| !matches!(&***item, Item::Reasoning(it) if is_empty(it));
    let replayed = turn.items.iter().filter(is_replayed).count();
    assert_eq!(body["input"].as_array().unwrap().len(), replayed);
    let tools = body["tools"].as_array();
    assert_eq!(tools.map_or(0, Vec::len), turn.tools.len());
    texts(turn, &body, &request, true);
}

/// True for reasoning with neither text nor encrypted content.
fn is_empty(reasoning: &Reasoning) -> bool {
    let is_empty = |parts: &Field<Vec<ContentPart>>| parts.value().is_none_or(Vec::is_empty);
    is_empty(&reasoning.summary)
        && is_empty(&reasoning.content)
        && reasoning.encrypted_content.as_str().is_none()
}

fn chat(turn: &Turn, request: &UpstreamRequest, keeps_ids: bool) {
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    rules::chat::check(&body);
    assert_eq!(body["model"], turn.model);
    assert_eq!(body["stream"], true);
    texts(turn, &body, request, keeps_ids);
}

/// Every text, argument and output of the conversation is in the body, and with `keeps_ids` every id of
/// a call.
fn texts(turn: &Turn, body: &Value, request: &UpstreamRequest, keeps_ids: bool) {
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
        for name in ["content", "output", "arguments", "name", "summary"] {
            collect(&json[name], &mut strings);
        }
        if keeps_ids {
            collect(&json["call_id"], &mut strings);
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
