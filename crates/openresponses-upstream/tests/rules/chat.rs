//! Chat Completions, with what known servers have besides.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{known, list};

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
    "random_seed",
    "stop",
    "logit_bias",
    "user",
    "top_k",
];

/// Checks the body of a request.
pub(crate) fn check(body: &Value) {
    known(body, MEMBERS);
    messages(body["messages"].as_array().unwrap());
    for tool in list(&body["tools"]) {
        known(tool, &["type", "function"]);
        assert_eq!(tool["type"], "function");
        let function = &tool["function"];
        known(function, &["name", "description", "parameters", "strict"]);
        assert!(function["name"].is_string());
        assert!(function["parameters"].is_object());
    }
    if body["tools"].is_null() {
        assert!(body["tool_choice"].is_null() && body["parallel_tool_calls"].is_null());
    }
    if !body["top_logprobs"].is_null() {
        assert_eq!(body["logprobs"], true);
    }
    let format = &body["response_format"];
    if !format.is_null() {
        known(format, &["type", "json_schema"]);
        let schema = &format["json_schema"];
        assert_eq!(schema.is_object(), format["type"] == "json_schema");
        assert!(schema.is_null() || schema["name"].is_string());
    }
}

/// Every message has a known role; every call has its output right behind it, and every output its
/// call before it.
fn messages(messages: &[Value]) {
    let mut open: BTreeSet<&str> = BTreeSet::new();
    for message in messages {
        known(
            message,
            &[
                "role",
                "content",
                "tool_calls",
                "tool_call_id",
                "reasoning",
                "reasoning_content",
                "reasoning_details",
            ],
        );
        let role = message["role"].as_str().unwrap();
        if role != "tool" {
            assert_eq!(open, BTreeSet::new(), "an output is missing");
        }
        let content = &message["content"];
        match role {
            "assistant" => {
                for call in list(&message["tool_calls"]) {
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
        for part in list(content) {
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
