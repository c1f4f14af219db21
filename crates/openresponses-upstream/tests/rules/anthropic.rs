//! Messages.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{is_name, known, list};

/// Checks the body of a request.
pub(crate) fn check(body: &Value) {
    known(
        body,
        &[
            "model",
            "max_tokens",
            "system",
            "messages",
            "tools",
            "tool_choice",
            "thinking",
            "output_config",
            "temperature",
            "top_p",
            "top_k",
            "stop_sequences",
            "service_tier",
            "metadata",
            "cache_control",
            "container",
            "stream",
        ],
    );
    assert!(body["model"].is_string());
    for block in list(&body["system"]) {
        check_text(block);
    }
    messages(body["messages"].as_array().unwrap());
    tools(body);
    thinking(body);
    if let Some(temperature) = body["temperature"].as_f64() {
        assert!((0.0..=1.0).contains(&temperature));
    }
}

fn check_text(block: &Value) {
    known(block, &["type", "text", "cache_control"]);
    assert_eq!(block["type"], "text");
    assert!(!block["text"].as_str().unwrap().trim().is_empty());
}

/// The user begins, the speakers alternate, and the results of calls come first in what follows them.
fn messages(messages: &[Value]) {
    assert!(!messages.is_empty());
    let mut ids = BTreeSet::new();
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        known(message, &["role", "content"]);
        let role = if at % 2 == 0 { "user" } else { "assistant" };
        assert_eq!(message["role"], role);
        let blocks = message["content"].as_array().unwrap();
        assert!(!blocks.is_empty());
        let results = blocks.iter().map(|block| block["tool_use_id"].as_str());
        let results: Vec<_> = results.map_while(|id| id).collect();
        assert_eq!(results, open);
        open.clear();
        for block in &blocks[results.len()..] {
            match (role, block["type"].as_str().unwrap()) {
                (_, "text") => check_text(block),
                ("user", "image" | "document") => source(block),
                ("assistant", "thinking") => {
                    known(block, &["type", "thinking", "signature"]);
                    assert!(block["thinking"].is_string());
                    assert!(block["signature"].is_string());
                }
                ("assistant", "redacted_thinking") => {
                    known(block, &["type", "data"]);
                    assert!(block["data"].is_string());
                }
                ("assistant", "tool_use") => {
                    known(block, &["type", "id", "name", "input", "cache_control"]);
                    let id = block["id"].as_str().unwrap();
                    assert!(is_name(id, b"_-", usize::MAX));
                    assert!(ids.insert(id), "{id} twice");
                    assert!(block["input"].is_object());
                    open.push(id);
                }
                other => panic!("{other:?}"),
            }
        }
        for block in &blocks[..results.len()] {
            result(block);
        }
    }
    assert_eq!(open, [""; 0], "a result is missing");
}

fn result(block: &Value) {
    known(
        block,
        &[
            "type",
            "tool_use_id",
            "content",
            "is_error",
            "cache_control",
        ],
    );
    assert_eq!(block["type"], "tool_result");
    for block in list(&block["content"]) {
        match block["type"].as_str().unwrap() {
            "text" => check_text(block),
            "image" | "document" => source(block),
            other => panic!("{other}"),
        }
    }
}

fn source(block: &Value) {
    known(block, &["type", "source", "title", "cache_control"]);
    let source = &block["source"];
    match source["type"].as_str().unwrap() {
        "url" => assert!(source["url"].as_str().unwrap().starts_with("http")),
        "file" => assert!(source["file_id"].is_string()),
        "base64" => {
            let media_type = source["media_type"].as_str().unwrap();
            let is_image = matches!(
                media_type,
                "image/jpeg" | "image/png" | "image/gif" | "image/webp"
            );
            let is_right = match block["type"].as_str().unwrap() {
                "image" => is_image,
                _ => media_type == "application/pdf",
            };
            assert!(is_right, "{media_type}");
            assert!(source["data"].is_string());
        }
        "text" => assert_eq!(source["media_type"], "text/plain"),
        other => panic!("{other}"),
    }
}

fn tools(body: &Value) {
    let mut names = BTreeSet::new();
    for tool in list(&body["tools"]) {
        known(
            tool,
            &[
                "name",
                "description",
                "input_schema",
                "strict",
                "cache_control",
            ],
        );
        let name = tool["name"].as_str().unwrap();
        assert!(is_name(name, b"_-", 128), "{name}");
        assert!(names.insert(name), "{name} twice");
        assert_eq!(tool["input_schema"]["type"], "object");
    }
    let is_called = body.to_string().contains(r#""type":"tool_use""#);
    assert!(!is_called || !names.is_empty(), "calls without tools");
    let choice = &body["tool_choice"];
    match choice["type"].as_str() {
        None => assert!(choice.is_null()),
        Some("none") => known(choice, &["type"]),
        Some("auto" | "any") => known(choice, &["type", "disable_parallel_tool_use"]),
        Some("tool") => assert!(names.contains(choice["name"].as_str().unwrap())),
        Some(other) => panic!("{other}"),
    }
    assert!(choice.is_null() || !names.is_empty());
}

fn thinking(body: &Value) {
    let max_tokens = body["max_tokens"].as_u64().unwrap();
    assert!(max_tokens > 0);
    let thinking = &body["thinking"];
    match thinking["type"].as_str() {
        None => assert!(thinking.is_null()),
        Some("disabled") => return,
        Some("enabled") => {
            let budget = thinking["budget_tokens"].as_u64().unwrap();
            assert!(budget >= 1_024 && budget < max_tokens);
        }
        Some("adaptive") => assert!(body["output_config"]["effort"].is_string()),
        Some(other) => panic!("{other}"),
    }
    if !thinking.is_null() {
        let choice = body["tool_choice"]["type"].as_str();
        assert!(!matches!(choice, Some("any" | "tool")));
        assert!(body["temperature"].is_null() || body["temperature"] == 1.0);
        assert!(body["top_p"].as_f64().is_none_or(|top_p| top_p >= 0.95));
    }
}
