//! Custom tools are shown as functions with one string member, and calls of them come back as calls
//! of custom tools.

use openresponses_types::Profile;
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::{Chat, Quirks};
use openresponses_upstream::gemini::Gemini;
use serde_json::{Value, json};

use crate::support::{Answered, ask, assert_bounded, read_for, refusal, turn};

const TOOL: &str = r#""tools":[
    {"type":"function","name":"look"},
    {"type":"custom","name":"patch","description":"Edits files.",
     "format":{"type":"grammar","syntax":"lark","definition":"start: LINE+"}}]"#;

const HISTORY: &str = r#""input":[
    {"type":"message","role":"user","content":"Edit."},
    {"type":"custom_tool_call","id":"ctc_1","status":"completed","call_id":"c1","name":"patch","input":"+ \"a\"\n"},
    {"type":"custom_tool_call_output","call_id":"c1","output":"Done."}]"#;

fn schema() -> Value {
    let input = json!({"type": "string", "description": "The input of the tool as plain text."});
    json!({"type": "object", "properties": {"input": input}, "required": ["input"]})
}

const DESCRIPTION: &str = "Edits files.\n\nThe input must match the lark grammar:\nstart: LINE+";
const ARGUMENTS: &str = r#"{"input":"+ \"a\"\n"}"#;

#[test]
fn chat_sees_a_function_with_one_string() {
    let asked = ask(&Chat::new(), &format!("{TOOL},{HISTORY}"));
    assert_eq!(
        asked.body["tools"][1],
        json!({"type": "function", "function":
            {"name": "patch", "description": DESCRIPTION, "parameters": schema()}})
    );
    let function = json!({"name": "patch", "arguments": ARGUMENTS});
    assert_eq!(
        asked.body["messages"],
        json!([
            {"role": "user", "content": "Edit."},
            {"role": "assistant", "content": null,
             "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
            {"role": "tool", "tool_call_id": "c1", "content": "Done."},
        ])
    );
    assert_eq!(asked.warned, ["tools[1].format"]);
}

#[test]
fn messages_see_a_tool_with_one_string() {
    let asked = ask(&Anthropic::new(), &format!("{TOOL},{HISTORY}"));
    assert_eq!(
        asked.body["tools"][1],
        json!({"name": "patch", "description": DESCRIPTION, "input_schema": schema()})
    );
    let input: Value = serde_json::from_str(ARGUMENTS).unwrap();
    assert_eq!(
        asked.body["messages"][1]["content"],
        json!([{"type": "tool_use", "id": "c1", "name": "patch", "input": input}])
    );
    assert_eq!(
        asked.body["messages"][2]["content"],
        json!([{"type": "tool_result", "tool_use_id": "c1", "content": "Done."}])
    );
    assert_eq!(asked.warned, ["tools[1].format"]);
}

#[test]
fn gemini_sees_a_declaration_with_one_string() {
    let asked = ask(&Gemini::new(), &format!("{TOOL},{HISTORY}"));
    let declared = &asked.body["tools"][0]["functionDeclarations"][1];
    assert_eq!(declared["name"], "patch");
    assert_eq!(declared["parameters"]["required"], json!(["input"]));
    let call = &asked.body["contents"][1]["parts"][0]["functionCall"];
    assert_eq!(call["args"], json!({"input": "+ \"a\"\n"}));
    let response = &asked.body["contents"][2]["parts"][0]["functionResponse"];
    assert_eq!(response["response"], json!({"output": "Done."}));
    assert_eq!(asked.warned, ["tools[1].format"]);
}

#[test]
fn a_custom_tool_can_be_chosen_and_allowed() {
    let choice = r#""input":"Hi","tool_choice":{"type":"custom","name":"patch"}"#;
    let asked = ask(&Chat::new(), &format!("{TOOL},{choice}"));
    assert_eq!(
        asked.body["tool_choice"],
        json!({"type": "function", "function": {"name": "patch"}})
    );
    let allowed = r#""input":"Hi","tool_choice":{"type":"allowed_tools","mode":"auto",
        "tools":[{"type":"custom","name":"patch"}]}"#;
    let asked = ask(
        &Chat::new().quirks(Quirks::COMMON),
        &format!("{TOOL},{allowed}"),
    );
    let tools = asked.body["tools"].as_array().unwrap();
    assert_eq!(tools.len(), 1);
    assert_eq!(tools[0]["function"]["name"], "patch");
    let hosted = r#""input":"Hi","tool_choice":{"type":"web_search"}"#;
    let tools = r#""tools":[{"type":"web_search"}]"#;
    assert_eq!(
        refusal(&Chat::new(), &format!("{tools},{hosted}")),
        "tool_choice"
    );
}

#[test]
fn tools_that_items_declare_may_be_custom() {
    let asked = ask(
        &Chat::new(),
        r#""input":[{"type":"message","role":"user","content":"Hi"},
            {"type":"additional_tools","tools":[{"type":"custom","name":"patch"}]}]"#,
    );
    let function = json!({"name": "patch", "parameters": schema()});
    assert_eq!(
        asked.body["tools"],
        json!([{"type": "function", "function": function}])
    );
    assert_eq!(asked.warned, Vec::<String>::new());
}

/// The answer of a Chat Completions server to a request with the tool: `calls` are the pieces.
fn chat(calls: &[Value], finish: &str) -> Answered {
    let mut body = String::new();
    for call in calls {
        let delta = json!({"tool_calls": [call]});
        let chunk = json!({"choices": [{"index": 0, "delta": delta}]});
        body.push_str(&format!("data: {chunk}\n\n"));
    }
    let last = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]});
    body.push_str(&format!("data: {last}\n\ndata: [DONE]\n\n"));
    let turn = turn(&format!("{TOOL},\"input\":\"Hi\""));
    read_for(&Chat::new(), &turn, &body, Profile::Compatible)
}

fn piece(index: u64, id: &str, name: &str, arguments: &str) -> Value {
    let function = json!({"name": name, "arguments": arguments});
    json!({"index": index, "id": id, "type": "function", "function": function})
}

fn rest(index: u64, arguments: &str) -> Value {
    json!({"index": index, "function": {"arguments": arguments}})
}

/// The output without ids.
fn output(answered: &Answered) -> Vec<Value> {
    let items = answered.response["output"].as_array().unwrap();
    let without_id = |item: &Value| {
        let mut item = item.clone();
        let id = item.as_object_mut().unwrap().remove("id").unwrap();
        assert_ne!(id, "");
        item
    };
    items.iter().map(without_id).collect()
}

fn custom(call_id: &str, input: &str, status: &str) -> Value {
    json!({"type": "custom_tool_call", "status": status, "call_id": call_id, "name": "patch", "input": input})
}

#[test]
fn a_call_of_the_function_is_a_call_of_the_custom_tool() {
    let pieces = [
        piece(0, "c1", "patch", ""),
        rest(0, "{\"input\":\"+ {"),
        rest(0, "}\\n"),
        rest(0, "\"}"),
    ];
    let answered = chat(&pieces, "tool_calls");
    assert_eq!(output(&answered), [custom("c1", "+ {}\n", "completed")]);
    assert_eq!(answered.status(), "completed");
    assert_eq!(answered.warnings, []);
}

#[test]
fn an_input_without_its_object_is_taken_as_it_is() {
    let answered = chat(&[piece(0, "c1", "patch", "+ {a}\n-b")], "tool_calls");
    assert_eq!(output(&answered), [custom("c1", "+ {a}\n-b", "completed")]);
}

#[test]
fn pieces_of_functions_between_stay_whole() {
    let pieces = [
        piece(0, "c0", "look", "{\"a\""),
        piece(1, "c1", "patch", "{\"input\":\"x\"}"),
        rest(0, ":1}"),
    ];
    let answered = chat(&pieces, "tool_calls");
    let function = json!({"type": "function_call", "status": "completed", "call_id": "c0", "name": "look", "arguments": "{\"a\":1}"});
    assert_eq!(
        output(&answered),
        [function, custom("c1", "x", "completed")]
    );
    assert_eq!(answered.warnings, []);
}

#[test]
fn a_call_that_is_cut_off_is_incomplete() {
    let answered = chat(&[piece(0, "c1", "patch", "{\"input\":\"x")], "length");
    assert_eq!(
        output(&answered),
        [custom("c1", "{\"input\":\"x", "incomplete")]
    );
    assert_eq!(answered.status(), "incomplete");
}

#[test]
fn messages_and_gemini_call_custom_tools_too() {
    let turn = turn(&format!("{TOOL},\"input\":\"Hi\""));
    let body = json!({"type": "message", "role": "assistant", "stop_reason": "tool_use", "content":
        [{"type": "tool_use", "id": "c1", "name": "patch", "input": {"input": "x"}}]});
    let answered = read_for(
        &Anthropic::new(),
        &turn,
        &body.to_string(),
        Profile::Compatible,
    );
    assert_eq!(output(&answered), [custom("c1", "x", "completed")]);
    let call = json!({"functionCall": {"name": "patch", "args": {"input": "x"}}});
    let content = json!({"role": "model", "parts": [call]});
    let body = json!({"candidates": [{"content": content, "finishReason": "STOP"}]});
    let answered = read_for(
        &Gemini::new(),
        &turn,
        &body.to_string(),
        Profile::Compatible,
    );
    let item = &output(&answered)[0];
    assert_eq!(item["input"], "x");
    // The API has no ids of calls.
    assert!(item["call_id"].as_str().unwrap().starts_with("call_"));
}

#[test]
fn an_input_that_does_not_end_is_bounded() {
    let turn = turn(r#""input":"Hi","tools":[{"type":"custom","name":"c"}]"#);
    let chunk = |call: &str| {
        format!(r#"{{"choices":[{{"index":0,"delta":{{"tool_calls":[{{"index":0,{call}}}]}}}}]}}"#)
    };
    let begin = chunk(r#""id":"a","function":{"name":"c","arguments":"{\"input\":\""}"#);
    let long = "x".repeat(1 << 18);
    let more = chunk(&format!(r#""function":{{"arguments":"{long}"}}"#));
    assert_bounded(&Chat::new(), &turn, &[&begin], &more);
}
