//! Recorded requests in the dialects that are no Chat Completions.

use std::collections::BTreeSet;

use openresponses_types::Turn;
use openresponses_upstream::anthropic::{self, Anthropic};
use openresponses_upstream::gemini::{self, Gemini};
use openresponses_upstream::{Dialect, UpstreamRequest};
use serde_json::Value;

use crate::rules;

/// Translates a turn: what comes out is valid, or the request is refused with a path.
pub(crate) fn run(turn: &Turn) {
    for quirks in anthropic::Quirks::ALL {
        let dialect = Anthropic::new().quirks(quirks.clone());
        translate(&dialect, turn, rules::anthropic::check);
    }
    for quirks in gemini::Quirks::ALL {
        let dialect = Gemini::new().quirks(quirks.clone());
        translate(&dialect, turn, rules::gemini::check);
    }
}

fn translate(dialect: &impl Dialect, turn: &Turn, check: fn(&Value)) {
    match dialect.request(turn) {
        Ok(request) => {
            let body: Value = serde_json::from_slice(&request.body).unwrap();
            check(&body);
            account(turn, &body, &request);
        }
        Err(violation) => assert!(violation.param().is_some(), "{violation:?}"),
    }
}

/// Every text, argument, output and name is in the body, or warned about.
fn account(turn: &Turn, body: &Value, request: &UpstreamRequest) {
    let mut said = BTreeSet::new();
    leaves(body, &mut said);
    let warned: Vec<_> = request
        .warnings
        .iter()
        .map(|warning| warning.path.to_string())
        .collect();
    for (at, item) in turn.items.iter().enumerate() {
        let path = format!("input[{at}]");
        let json: Value = serde_json::from_str(&item.to_json()).unwrap();
        let mut strings = Vec::new();
        for name in ["content", "output", "arguments", "name", "summary"] {
            collect(&json[name], &mut strings);
        }
        let is_warned = warned.iter().any(|warned| warned.starts_with(&path));
        for string in strings {
            // Data without the head of its URL; arguments as an object.
            let data = string.split_once(";base64,").map(|(_, data)| data);
            let object = serde_json::from_str(&string).map(|value: Value| value.to_string());
            let is_said = said.contains(&string)
                || data.is_some_and(|data| said.contains(data))
                || object.is_ok_and(|object| said.contains(&object));
            assert!(
                is_said || string.is_empty() || is_warned,
                "{path}: {string}"
            );
        }
    }
    for (at, tool) in turn.tools.iter().enumerate() {
        let json: Value = serde_json::from_str(&tool.to_json()).unwrap();
        let is_said = json["name"]
            .as_str()
            .is_some_and(|name| said.contains(name));
        let place = format!("tools[{at}]");
        let is_warned = warned.iter().any(|path| path.starts_with(&place));
        assert!(
            is_said || is_warned || json["type"] == "function",
            "{place}"
        );
    }
}

/// The strings of a value, and its objects as text.
fn leaves(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            all.insert(text.clone());
        }
        Value::Array(elements) => elements.iter().for_each(|value| leaves(value, all)),
        Value::Object(members) => {
            all.insert(value.to_string());
            members.values().for_each(|value| leaves(value, all));
        }
        _ => {}
    }
}

fn collect(value: &Value, strings: &mut Vec<String>) {
    match value {
        Value::String(text) => strings.push(text.clone()),
        Value::Array(all) => all.iter().for_each(|value| collect(value, strings)),
        Value::Object(all) => {
            for (name, value) in all {
                let names = ["text", "refusal", "image_url", "file_data", "file_url"];
                if names.contains(&name.as_str()) {
                    collect(value, strings);
                }
            }
        }
        _ => {}
    }
}
