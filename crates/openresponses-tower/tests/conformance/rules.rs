//! The rules of the embedded model, one by one.

use openresponses_types::Profile;
use serde_json::{Value, json};

use crate::client::{answer, deltas, embedded, events, post, response, terminal};

async fn ask(request: Value) -> Value {
    response(&embedded(Profile::Compatible), &request).await
}

fn user(text: &str) -> Value {
    json!({"type": "message", "role": "user", "content": text})
}

fn function(name: &str) -> Value {
    json!({
        "type": "function", "name": name, "strict": true,
        "parameters": {"type": "object", "properties": {name: {"type": "string"}}, "required": [name], "additionalProperties": false},
    })
}

fn output_text(response: &Value) -> &str {
    let message = response["output"].as_array().unwrap().last().unwrap();
    assert_eq!(message["type"], "message", "{response}");
    message["content"][0]["text"].as_str().unwrap()
}

/// The names of the functions that were called.
fn called(response: &Value) -> Vec<&str> {
    let items = response["output"].as_array().unwrap().iter();
    items
        .filter(|item| item["type"] == "function_call")
        .map(|item| item["name"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn the_answer_echoes_the_text_of_the_last_user_message() {
    let hello = ask(json!({"model": "m", "input": "Hello, wörld! 😀\n\tend "})).await;
    assert_eq!(output_text(&hello), "Echo: Hello, wörld! 😀\n\tend ");
    assert_eq!(hello["status"], "completed");
    let parts = ask(
        json!({"model": "m", "input": [{"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "one"},
            {"type": "input_image", "image_url": "https://example.com/a.png"},
            {"type": "input_text", "text": "two"},
        ]}]}),
    )
    .await;
    assert_eq!(output_text(&parts), "Echo: one two");
    let silent = ask(
        json!({"model": "m", "input": [{"type": "message", "role": "system", "content": "s"}]}),
    )
    .await;
    assert_eq!(output_text(&silent), "Echo: ");
}

#[tokio::test]
async fn earlier_user_messages_are_quoted_up_to_200_characters() {
    let long = "é".repeat(300);
    let three = json!([
        user("zero"),
        user(&long),
        {"type": "message", "role": "assistant", "content": "Echo"},
        {"role": "user", "content": "last"},
        {"type": "message", "role": "developer", "content": "d"},
    ]);
    let answer = ask(json!({"model": "m", "input": three})).await;
    let expected = format!("Echo: last (earlier: {})", "é".repeat(200));
    assert_eq!(output_text(&answer), expected);
}

#[tokio::test]
async fn one_delta_for_each_word() {
    let text = "  one two\u{3000}three\n\n 4 ";
    let service = embedded(Profile::Compatible);
    let events = events(&service, &json!({"model": "m", "input": text})).await;
    assert_eq!(
        deltas(&events, "response.output_text.delta"),
        ["Echo:", "   one", " two", "\u{3000}three", "\n\n 4 "]
    );
    let usage = &terminal(&events)["usage"];
    assert_eq!(usage["output_tokens"], 5);
    assert_eq!(usage["input_tokens"], 4);
}

#[tokio::test]
async fn max_output_tokens_cuts_the_answer_after_that_many_words() {
    let words: Vec<String> = (0..100).map(|n| format!("w{n}")).collect();
    let request = json!({"model": "m", "input": words.join(" "), "max_output_tokens": 16});
    let cut = ask(request.clone()).await;
    assert_eq!(
        output_text(&cut),
        format!("Echo: {}", words[..15].join(" "))
    );
    assert_eq!(cut["status"], "incomplete");
    assert_eq!(cut["incomplete_details"]["reason"], "max_output_tokens");
    assert_eq!(cut["output"][0]["status"], "incomplete");
    assert_eq!(cut["usage"]["output_tokens"], 16);
    let service = embedded(Profile::Compatible);
    let events = events(&service, &request).await;
    assert_eq!(events.last().unwrap()["type"], "response.incomplete");
    assert_eq!(deltas(&events, "response.output_text.delta").len(), 16);
    // The exact limit is accepted.
    let fits = json!({"model": "m", "input": words[..15].join(" "), "max_output_tokens": 16});
    assert_eq!(ask(fits).await["status"], "completed");
}

#[tokio::test]
async fn tool_choice_selects_the_function_that_is_called() {
    let ask = async |choice: Value| {
        let tools = [function("one"), function("two")];
        ask(json!({"model": "m", "input": "Hi", "tools": tools, "tool_choice": choice})).await
    };
    let none = ask(json!("none")).await;
    assert_eq!(output_text(&none), "Echo: Hi");
    for (choice, name) in [
        (json!(null), "one"),
        (json!("auto"), "one"),
        (json!("required"), "one"),
        (json!({"type": "function", "name": "two"}), "two"),
        (
            json!({"type": "allowed_tools", "tools": [{"type": "function", "name": "two"}]}),
            "two",
        ),
        (
            json!({"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "two"}]}),
            "two",
        ),
    ] {
        let response = ask(choice.clone()).await;
        assert_eq!(called(&response), [name], "{choice}");
        let call = &response["output"][0];
        assert_eq!(call["arguments"], format!("{{\"{name}\":\"example\"}}"));
        assert_eq!(call["status"], "completed");
        assert_eq!(response["output"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn deferred_tools_are_no_candidates() {
    let mut deferred = function("deferred");
    deferred["defer_loading"] = true.into();
    let tools = json!([deferred, {"type": "web_search"}, function("loaded")]);
    let auto = ask(json!({"model": "m", "input": "Hi", "tools": tools})).await;
    assert_eq!(called(&auto), ["loaded"]);
    let only = ask(json!({"model": "m", "input": "Hi", "tools": [deferred]})).await;
    assert_eq!(output_text(&only), "Echo: Hi");
    let none = ask(json!({"model": "m", "input": "Hi", "tools": [{"type": "web_search"}], "tool_choice": "required"})).await;
    assert_eq!(output_text(&none), "Echo: Hi");
}

#[tokio::test]
async fn two_functions_are_called_only_where_parallel_calls_are_asked_for_and_allowed() {
    let ask = async |text: &str, members: Value| {
        let mut request = json!({"model": "m", "input": text, "tools": [function("a"), function("b"), function("c")]});
        request
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        ask(request).await
    };
    let two = ask("Both in Parallel, please", json!({})).await;
    assert_eq!(called(&two), ["a", "b"]);
    assert_ne!(two["output"][0]["call_id"], two["output"][1]["call_id"]);
    for (text, members) in [
        ("in parallel", json!({"parallel_tool_calls": false})),
        ("in parallel", json!({"max_tool_calls": 1})),
        ("parallelise", json!({})),
    ] {
        assert_eq!(called(&ask(text, members).await), ["a"]);
    }
}

#[tokio::test]
async fn tool_outputs_are_repeated_and_a_required_call_names_the_next_function() {
    let call = |id: &str, name: &str| json!({"type": "function_call", "call_id": id, "name": name, "arguments": "{}"});
    let output = |id: &str, output: Value| json!({"type": "function_call_output", "call_id": id, "output": output});
    let parts = json!([{"type": "input_text", "text": "x"}, {"type": "input_text", "text": "y"}]);
    let input = json!([
        user("Before"),
        call("c0", "a"),
        output("c0", json!("old")),
        user("Now"),
        call("c1", "a"),
        output("c1", json!("first one")),
        call("c2", "a"),
        output("c2", parts),
    ]);
    let tools = json!([function("a"), function("b")]);
    let auto = ask(json!({"model": "m", "input": input, "tools": tools})).await;
    assert_eq!(output_text(&auto), "Tool result: first one | x y");
    let required =
        ask(json!({"model": "m", "input": input, "tools": tools, "tool_choice": "required"})).await;
    assert_eq!(called(&required), ["b"]);
    let mut both = input.clone();
    both.as_array_mut()
        .unwrap()
        .extend([call("c3", "b"), output("c3", json!("z"))]);
    let required =
        ask(json!({"model": "m", "input": both, "tools": tools, "tool_choice": "required"})).await;
    assert_eq!(called(&required), ["b"]);
    let format = json!({"format": {"type": "json_schema", "name": "n", "schema": {"type": "object", "properties": {"k": {"enum": ["v"]}}, "required": ["k"]}}});
    let structured =
        ask(json!({"model": "m", "input": input, "tools": tools, "text": format})).await;
    assert_eq!(output_text(&structured), r#"{"k":"v"}"#);
    let first = ask(json!({"model": "m", "input": "Hi", "tools": tools, "text": format})).await;
    assert_eq!(called(&first), ["a"]);
}

#[tokio::test]
async fn a_json_format_is_answered_with_a_sample_of_it() {
    let object =
        ask(json!({"model": "m", "input": "Hi", "text": {"format": {"type": "json_object"}}}))
            .await;
    let object: Value = serde_json::from_str(output_text(&object)).unwrap();
    assert!(object.is_object());
    let schema = json!({"type": "object", "properties": {"list": {"type": "array", "items": {"type": "integer", "minimum": 3}}}, "required": ["list"]});
    let format = json!({"type": "json_schema", "name": "n", "schema": schema, "strict": true});
    let structured = ask(json!({"model": "m", "input": "Hi", "text": {"format": format}})).await;
    assert_eq!(output_text(&structured), r#"{"list":[3]}"#);
}

#[tokio::test]
async fn reasoning_comes_first_where_an_effort_or_a_summary_is_asked_for() {
    let ask = async |members: Value| {
        let mut request =
            json!({"model": "m", "input": "Hi", "tools": [function("a")], "tool_choice": "none"});
        request
            .as_object_mut()
            .unwrap()
            .extend(members.as_object().unwrap().clone());
        ask(request).await
    };
    for none in [
        json!({}),
        json!({"reasoning": null}),
        json!({"reasoning": {"effort": "none"}}),
        json!({"reasoning": {}}),
    ] {
        let response = ask(none.clone()).await;
        assert_eq!(response["output"][0]["type"], "message", "{none}");
        assert_eq!(
            response["usage"]["output_tokens_details"]["reasoning_tokens"],
            0
        );
    }
    let quiet = ask(json!({"reasoning": {"effort": "low"}})).await;
    assert_eq!(quiet["output"][0]["type"], "reasoning");
    assert_eq!(quiet["output"][0]["summary"], json!([]));
    assert!(quiet["output"][0].get("encrypted_content").is_none());
    assert_eq!(output_text(&quiet), "Echo: Hi");
    let usage = &quiet["usage"];
    let thought = usage["output_tokens_details"]["reasoning_tokens"]
        .as_u64()
        .unwrap();
    assert!(thought > 0);
    assert_eq!(usage["output_tokens"], thought + 2);
    assert_eq!(usage["total_tokens"], thought + 3);
    assert_eq!(usage["input_tokens_details"]["cached_tokens"], 0);
    let loud = ask(json!({"reasoning": {"summary": "auto"}, "include": ["reasoning.encrypted_content"], "tool_choice": "auto"})).await;
    assert_eq!(loud["output"][0]["summary"][0]["type"], "summary_text");
    assert!(loud["output"][0]["encrypted_content"].is_string());
    assert_eq!(loud["output"][1]["type"], "function_call");
    let hidden =
        ask(json!({"reasoning": {"effort": "high"}, "include": ["reasoning.encrypted_content"]}))
            .await;
    assert!(hidden["output"][0]["encrypted_content"].is_string());
}

#[tokio::test]
async fn a_compaction_trigger_is_answered_with_one_item_that_stands_for_what_it_compacted() {
    let trigger = json!({"type": "compaction_trigger"});
    let input =
        json!([user("one"), {"role": "assistant", "content": "Echo"}, user("two"), trigger]);
    let compacted = ask(json!({"model": "m", "input": input, "reasoning": {"effort": "low"}, "tools": [function("a")]})).await;
    let output = compacted["output"].as_array().unwrap();
    assert_eq!(output.len(), 1);
    assert_eq!(output[0]["type"], "compaction");
    let next = ask(json!({"model": "m", "input": [output[0], user("three")]})).await;
    assert_eq!(output_text(&next), "Echo: three (earlier: two)");
    // Compacting what was compacted keeps everything.
    let again = ask(json!({"model": "m", "input": [output[0], user("three"), trigger]})).await;
    let last = ask(json!({"model": "m", "input": [again["output"][0]]})).await;
    assert_eq!(output_text(&last), "Echo: three (earlier: two)");
    // Content of another model is ignored.
    let foreign =
        json!({"type": "compaction", "id": "cmp_1", "encrypted_content": "eyJpdGVtcyI6Mn0="});
    let answer = ask(json!({"model": "m", "input": [foreign, user("x")]})).await;
    assert_eq!(output_text(&answer), "Echo: x");
}

#[tokio::test]
async fn the_compact_endpoint_keeps_user_messages_and_adds_one_item() {
    let service = embedded(Profile::Compatible);
    let compact = async |request: Value| {
        let mut head = post(request.to_string());
        *head.uri_mut() = "/v1/responses/compact".parse().unwrap();
        answer(&service, head).await
    };
    let input =
        json!([{"role": "user", "content": "one"}, {"role": "assistant", "content": "Echo"}]);
    let compacted = compact(json!({"model": "m", "input": input, "instructions": "s"})).await;
    assert_eq!(compacted.status, 200);
    assert_eq!(compacted.body["object"], "response.compaction");
    let output = compacted.body["output"].as_array().unwrap();
    assert_eq!(output.len(), 2);
    assert_eq!(output[0]["content"][0]["text"], "one");
    assert_eq!(output[1]["type"], "compaction");
    let next = ask(json!({"model": "m", "input": [output[1], user("two")]})).await;
    assert_eq!(output_text(&next), "Echo: two (earlier: one)");
    let missing = compact(json!({"model": "missing-model", "input": input})).await;
    assert_eq!(missing.status, 404);
}

#[tokio::test]
async fn models_of_reserved_names_refuse_with_404_and_429() {
    let service = embedded(Profile::Compatible);
    for stream in [false, true] {
        let ask = |model: &str| {
            let request = json!({"model": model, "input": "Hi", "stream": stream});
            answer(&service, post(request.to_string()))
        };
        let missing = ask("missing-model").await;
        assert_eq!(missing.status, 404);
        assert_eq!(missing.body["error"]["code"], "model_not_found");
        assert_eq!(missing.body["error"]["param"], "model");
        let limited = ask("rate-limited").await;
        assert_eq!(limited.status, 429);
        assert_eq!(limited.headers["retry-after"], "1");
        assert_eq!(limited.body["error"]["type"], "too_many_requests");
    }
}

#[tokio::test]
async fn a_failing_model_sends_text_and_then_fails() {
    let service = embedded(Profile::Compatible);
    let request = json!({"model": "fail-midstream", "input": "Hi"});
    let failed = answer(&service, post(request.to_string())).await;
    assert_eq!(failed.status, 500);
    assert_eq!(failed.body["error"]["type"], "model_error");
    assert_eq!(failed.body["error"]["param"], "model");
    let events = events(&service, &request).await;
    assert!(!deltas(&events, "response.output_text.delta").is_empty());
    assert_eq!(events.last().unwrap()["type"], "response.failed");
    assert_eq!(terminal(&events)["error"]["code"], "model_failed");
}

#[tokio::test(start_paused = true)]
async fn a_slow_model_sends_32_deltas_100_ms_apart() {
    let service = embedded(Profile::Compatible);
    let start = tokio::time::Instant::now();
    let events = events(&service, &json!({"model": "slow", "input": "Hi"})).await;
    assert_eq!(deltas(&events, "response.output_text.delta").len(), 32);
    assert_eq!(start.elapsed().as_millis(), 3_100);
}
