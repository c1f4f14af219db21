//! generateContent.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{is_name, known, list};

/// Checks the body of a request.
pub(crate) fn check(body: &Value) {
    known(
        body,
        &[
            "contents",
            "systemInstruction",
            "tools",
            "toolConfig",
            "generationConfig",
            "safetySettings",
            "cachedContent",
            "labels",
        ],
    );
    for part in list(&body["systemInstruction"]["parts"]) {
        assert!(part["text"].is_string());
    }
    contents(body["contents"].as_array().unwrap());
    tools(body);
    let config = &body["generationConfig"];
    if !config.is_null() {
        generation(config);
    }
}

/// The user begins, the speakers alternate, and responses come first in what follows calls.
fn contents(contents: &[Value]) {
    assert!(!contents.is_empty());
    let mut open: Vec<&Value> = Vec::new();
    for (at, content) in contents.iter().enumerate() {
        known(content, &["role", "parts"]);
        let role = if at % 2 == 0 { "user" } else { "model" };
        assert_eq!(content["role"], role);
        let parts = content["parts"].as_array().unwrap();
        assert!(!parts.is_empty());
        parts.iter().for_each(|part| check_part(role, part));
        let responses: Vec<_> = parts
            .iter()
            .map(|part| &part["functionResponse"])
            .take_while(|response| response.is_object())
            .collect();
        let all = list(&content["parts"]).filter(|part| part["functionResponse"].is_object());
        assert_eq!(all.count(), responses.len(), "a response is not in front");
        assert_eq!(responses.len(), open.len(), "a response is missing");
        for (response, call) in responses.iter().zip(&open) {
            assert_eq!(response["name"], call["name"]);
            assert_eq!(response["id"], call["id"]);
            assert!(response["response"].is_object());
        }
        let calls = parts.iter().map(|part| &part["functionCall"]);
        open = calls.filter(|call| call.is_object()).collect();
    }
    assert_eq!(open, Vec::<&Value>::new(), "a response is missing");
}

fn check_part(role: &str, part: &Value) {
    let kinds = [
        "text",
        "inlineData",
        "fileData",
        "functionCall",
        "functionResponse",
    ];
    let found = kinds.iter().filter(|kind| !part[**kind].is_null());
    assert_eq!(found.count(), 1, "{part}");
    known(
        part,
        &[&kinds[..], &["thought", "thoughtSignature"]].concat(),
    );
    let is_signed = part["thoughtSignature"].is_string();
    assert!(part["text"] != "" || is_signed);
    match role {
        "user" => {
            assert!(part["functionCall"].is_null());
            assert!(part["thought"].is_null() && !is_signed);
        }
        _ => assert!(part["text"].is_string() || part["functionCall"].is_object()),
    }
    if part["functionCall"].is_object() {
        known(&part["functionCall"], &["id", "name", "args"]);
        assert!(part["functionCall"]["args"].is_object());
    }
    if part["inlineData"].is_object() {
        let media_type = part["inlineData"]["mimeType"].as_str().unwrap();
        assert!(media_type.contains('/'));
        assert!(part["inlineData"]["data"].is_string());
    }
}

fn tools(body: &Value) {
    let mut names = BTreeSet::new();
    for tool in list(&body["tools"]) {
        known(tool, &["functionDeclarations"]);
        for function in list(&tool["functionDeclarations"]) {
            known(function, &["name", "description", "parameters"]);
            let name = function["name"].as_str().unwrap();
            assert!(is_name(name, b"_.:-", 64), "{name}");
            assert!(!name.starts_with(|c: char| c.is_ascii_digit() || c == '-'));
            assert!(names.insert(name), "{name} twice");
            if !function["parameters"].is_null() {
                assert_eq!(function["parameters"]["type"], "OBJECT");
                schema(&function["parameters"]);
            }
        }
    }
    let config = &body["toolConfig"]["functionCallingConfig"];
    if !config.is_null() {
        known(config, &["mode", "allowedFunctionNames"]);
        let mode = config["mode"].as_str().unwrap();
        assert!(matches!(mode, "NONE" | "ANY"));
        assert!(!names.is_empty());
        for name in list(&config["allowedFunctionNames"]) {
            assert!(names.contains(name.as_str().unwrap()));
        }
    }
}

/// The subset of JSON Schema.
pub(crate) fn schema(value: &Value) {
    known(
        value,
        &[
            "type",
            "format",
            "title",
            "description",
            "nullable",
            "enum",
            "maxItems",
            "minItems",
            "properties",
            "required",
            "minProperties",
            "maxProperties",
            "minLength",
            "maxLength",
            "pattern",
            "example",
            "anyOf",
            "propertyOrdering",
            "default",
            "items",
            "minimum",
            "maximum",
        ],
    );
    let kind = &value["type"];
    if let Some(kind) = kind.as_str() {
        let kinds = ["STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT"];
        assert!(kinds.contains(&kind), "{kind}");
    }
    assert_eq!(kind == "ARRAY", value["items"].is_object());
    for name in list(&value["required"]) {
        assert!(!value["properties"][name.as_str().unwrap()].is_null());
    }
    for name in list(&value["enum"]) {
        assert!(name.as_str().is_some_and(|name| !name.is_empty()));
    }
    if value["anyOf"].is_array() {
        assert_eq!(value.as_object().unwrap().len(), 1, "{value}");
    }
    let properties = value["properties"].as_object();
    for property in properties.into_iter().flatten() {
        schema(property.1);
    }
    list(&value["anyOf"]).for_each(schema);
    if value["items"].is_object() {
        schema(&value["items"]);
    }
}

fn generation(config: &Value) {
    known(
        config,
        &[
            "temperature",
            "topP",
            "topK",
            "seed",
            "stopSequences",
            "maxOutputTokens",
            "presencePenalty",
            "frequencyPenalty",
            "responseMimeType",
            "responseSchema",
            "thinkingConfig",
            "mediaResolution",
        ],
    );
    if !config["responseSchema"].is_null() {
        assert_eq!(config["responseMimeType"], "application/json");
        schema(&config["responseSchema"]);
    }
    let thinking = &config["thinkingConfig"];
    let both = ["thinkingBudget", "thinkingLevel"];
    let both = both.iter().all(|name| !thinking[*name].is_null());
    assert!(!both);
}
