//! Every event and every response validates against the OpenAPI file.

use std::collections::BTreeMap;

use jsonschema::Validator;
use openresponses_types::Profile;
use serde_json::{Value, json};

use crate::client::{answer, embedded, events, post, response};

/// The schemas of the OpenAPI file.
pub(crate) struct Schemas {
    events: BTreeMap<String, Validator>,
    response: Validator,
    compaction: Validator,
}

impl Schemas {
    pub(crate) fn new() -> Self {
        let text = include_str!("../../../openresponses-types/tests/spec/2026-04-24/openapi.json");
        let file: Value = serde_json::from_str(text).unwrap();
        let compile = |reference: &Value| {
            let schema = json!({"$ref": reference, "components": file["components"]});
            jsonschema::options()
                .with_draft(jsonschema::Draft::Draft202012)
                .build(&schema)
                .unwrap()
        };
        let content = &file["paths"]["/responses"]["post"]["responses"]["200"]["content"];
        let events = content["text/event-stream"]["schema"]["oneOf"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                let pointer = entry["$ref"].as_str().unwrap().trim_start_matches('#');
                let schema = file.pointer(pointer).unwrap();
                let name = schema["properties"]["type"]["enum"][0].as_str().unwrap();
                (name.to_owned(), compile(&entry["$ref"]))
            })
            .collect();
        Self {
            events,
            response: compile(&content["application/json"]["schema"]["$ref"]),
            compaction: compile(&json!("#/components/schemas/CompactResource")),
        }
    }

    #[track_caller]
    pub(crate) fn event(&self, event: &Value) {
        let name = event["type"].as_str().unwrap();
        check(self.events.get(name).expect(name), event);
    }
}

#[track_caller]
fn check(validator: &Validator, document: &Value) {
    let faults: Vec<String> = validator
        .iter_errors(document)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    assert!(faults.is_empty(), "{faults:#?} in {document}");
}

fn function(name: &str) -> Value {
    json!({"type": "function", "name": name, "parameters": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}})
}

/// A request for each way that the embedded model can go, valid in both profiles.
fn paths() -> Vec<Value> {
    let tools = json!([function("a"), {"type": "function", "name": "bare"}]);
    let after = json!([
        {"type": "message", "role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": "c", "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c", "output": "done"},
    ]);
    let reasoned = json!([
        {"type": "message", "role": "user", "content": "Hi"},
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "s"}], "encrypted_content": "e"},
        {"type": "compaction", "encrypted_content": "x"},
        {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "t"}]},
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Again"}]},
    ]);
    let words = "word ".repeat(40);
    let format = json!({"format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}, "strict": true}, "verbosity": "low"});
    let base = [
        json!({"input": "Hello"}),
        json!({"input": ""}),
        json!({"input": reasoned}),
        json!({"input": words, "max_output_tokens": 16}),
        json!({"input": "Hi", "tools": tools}),
        json!({"input": "Hi", "tools": tools, "tool_choice": "none"}),
        json!({"input": "Hi", "tools": tools, "tool_choice": "required"}),
        json!({"input": "Hi", "tools": tools, "tool_choice": {"type": "function", "name": "bare"}}),
        json!({"input": "Hi", "tools": tools, "tool_choice": {"type": "allowed_tools", "tools": [{"type": "function", "name": "a"}], "mode": "required"}}),
        json!({"input": "Hi", "tools": tools, "tool_choice": {"type": "allowed_tools", "tools": [{"type": "function", "name": "a"}]}}),
        json!({"input": "in parallel", "tools": tools}),
        json!({"input": "in parallel", "tools": tools, "parallel_tool_calls": false, "max_tool_calls": 3}),
        json!({"input": after, "tools": tools}),
        json!({"input": "Hi", "text": format}),
        json!({"input": after, "tools": tools, "text": format}),
        json!({"model": "fail-midstream", "input": "Hi"}),
        json!({"model": "slow", "input": "Hi"}),
        json!({
            "input": "Hi", "instructions": "Be brief.", "temperature": 0.5, "top_p": 0.25, "presence_penalty": -1.5,
            "frequency_penalty": 2, "metadata": {"k": "v"}, "truncation": "auto", "service_tier": "flex", "store": true,
            "safety_identifier": "s", "prompt_cache_key": "p", "top_logprobs": 3, "stream_options": {"include_obfuscation": false},
            "include": ["message.output_text.logprobs"], "background": false,
        }),
    ];
    let reasonings = [
        None,
        Some(json!({"effort": "low"})),
        Some(json!({"effort": "high", "summary": "detailed"})),
        Some(json!({"summary": "auto"})),
    ];
    let mut all = Vec::new();
    for request in &base {
        for reasoning in &reasonings {
            let mut request = request.clone();
            if request.get("model").is_none() {
                request["model"] = "m".into();
            }
            if let Some(reasoning) = reasoning {
                request["reasoning"] = reasoning.clone();
                request["include"] = json!(["reasoning.encrypted_content"]);
            }
            all.push(request);
        }
    }
    all
}

#[tokio::test(start_paused = true)]
async fn every_path_is_conformant_and_equal_with_and_without_streaming() {
    let schemas = Schemas::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for request in paths() {
        let events = events(&embedded(Profile::Strict), &request).await;
        for event in &events {
            schemas.event(event);
            *seen
                .entry(event["type"].as_str().unwrap().into())
                .or_default() += 1;
        }
        let terminal = &events.last().unwrap()["response"];
        check(&schemas.response, terminal);
        if request["model"] == "fail-midstream" {
            let failed = answer(&embedded(Profile::Strict), post(request.to_string())).await;
            assert_eq!(failed.status, 500);
            assert_eq!(failed.body["error"]["code"], terminal["error"]["code"]);
            continue;
        }
        // Ids are sequential and the clock is fixed, so nothing is masked.
        let whole = response(&embedded(Profile::Strict), &request).await;
        assert_eq!(whole, *terminal, "{request}");
    }
    let types: Vec<&str> = seen.keys().map(String::as_str).collect();
    assert_eq!(
        types,
        [
            "error",
            "response.completed",
            "response.content_part.added",
            "response.content_part.done",
            "response.created",
            "response.failed",
            "response.function_call_arguments.delta",
            "response.function_call_arguments.done",
            "response.in_progress",
            "response.incomplete",
            "response.output_item.added",
            "response.output_item.done",
            "response.output_text.delta",
            "response.output_text.done",
            "response.reasoning_summary_part.added",
            "response.reasoning_summary_part.done",
            "response.reasoning_summary_text.delta",
            "response.reasoning_summary_text.done",
        ]
    );
}

#[tokio::test]
async fn compactions_are_conformant() {
    let schemas = Schemas::new();
    let input = json!([
        {"type": "message", "role": "user", "content": "one"},
        {"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "two"},
            {"type": "input_image", "image_url": "https://example.com/a.png"},
            {"type": "input_file", "filename": "f", "file_url": "https://example.com/f"},
        ]},
        {"type": "compaction", "encrypted_content": "x"},
    ]);
    let request = json!({"model": "m", "input": input});
    let mut request = post(request.to_string());
    *request.uri_mut() = "/v1/responses/compact".parse().unwrap();
    let compacted = answer(&embedded(Profile::Strict), request).await;
    assert_eq!(compacted.status, 200);
    check(&schemas.compaction, &compacted.body);
}

#[tokio::test]
async fn requests_of_the_compatible_profile_are_answered_conformantly() {
    let schemas = Schemas::new();
    for request in [
        json!({"model": "m", "input": [{"role": "user", "content": "Hi"}, {"type": "compaction_trigger"}]}),
        json!({"model": "m", "input": "Hi", "text": {"format": {"type": "json_object"}}}),
    ] {
        for event in events(&embedded(Profile::Compatible), &request).await {
            schemas.event(&event);
        }
        let whole = response(&embedded(Profile::Compatible), &request).await;
        check(&schemas.response, &whole);
        let refused = answer(&embedded(Profile::Strict), post(request.to_string())).await;
        assert_eq!(refused.status, 400);
        assert!(refused.body["error"]["param"].is_string());
    }
}
