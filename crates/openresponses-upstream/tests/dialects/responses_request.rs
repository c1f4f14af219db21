//! Servers of the protocol: from a turn to a body.

use openresponses_upstream::Dialect;
use openresponses_upstream::responses::{Quirks, Responses};
use serde_json::{Value, json};

use crate::support::{Asked, ask, turn};

/// A turn whose conversation has these items of reasoning between two messages.
fn ask_with(dialect: &Responses, reasoning: &[Value]) -> Asked {
    let mut input = vec![json!({"role": "user", "content": "Hi"})];
    input.extend_from_slice(reasoning);
    input.push(json!({"role": "user", "content": "Again"}));
    ask(dialect, &format!(r#""input":{}"#, Value::from(input)))
}

/// The items of reasoning in a body.
fn reasoning(body: &Value) -> Vec<&Value> {
    let items = body["input"].as_array().unwrap().iter();
    items.filter(|item| item["type"] == "reasoning").collect()
}

#[test]
fn reasoning_that_the_server_cannot_read_is_not_named_to_it() {
    let summary = json!([{"type": "summary_text", "text": "So."}]);
    let asked = ask_with(
        &Responses::new(),
        &[
            json!({"type": "reasoning", "id": "rs_1", "summary": []}),
            json!({"type": "reasoning", "id": "rs_2", "summary": summary}),
            json!({"type": "reasoning", "id": "rs_3", "summary": [], "encrypted_content": "gAAA"}),
            json!({"type": "reasoning", "id": "rs_4", "summary": [], "encrypted_content": "gemini/part:AA"}),
        ],
    );
    let expected = [
        json!({"type": "reasoning", "summary": summary}),
        json!({"type": "reasoning", "id": "rs_3", "summary": [], "encrypted_content": "gAAA"}),
    ];
    assert_eq!(reasoning(&asked.body), expected.iter().collect::<Vec<_>>());
    assert_eq!(asked.warned, ["input[1]", "input[4].encrypted_content"]);
    // The upstream counts the items that it got.
    let found = asked.request.origins.find("input[3].content");
    assert_eq!(found.as_deref(), Some("input[5]"));
    let found = asked.request.origins.find("input[2].encrypted_content");
    assert_eq!(found.as_deref(), Some("input[3]"));
}

#[test]
fn a_server_that_keeps_its_items_finds_reasoning_by_its_id() {
    let dialect = Responses::new().pass_previous_response_id(true);
    let kept = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    let foreign = json!({"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "gemini/part:AA"});
    let asked = ask_with(&dialect, &[kept.clone(), foreign]);
    assert_eq!(reasoning(&asked.body), [&kept]);
    assert_eq!(asked.warned, ["input[2].encrypted_content"]);
    // What is not stored there cannot be found there.
    let input = format!(r#""store":false,"input":[{kept},{{"role":"user","content":"Hi"}}]"#);
    assert_eq!(ask(&dialect, &input).warned, ["input[0]"]);
}

#[test]
fn reasoning_goes_back_without_a_status() {
    let item = json!({"type": "reasoning", "id": "rs_1", "status": "completed", "summary": [],
        "encrypted_content": "gAAA"});
    for dialect in [
        Responses::new(),
        Responses::new().pass_previous_response_id(true),
    ] {
        let asked = ask_with(&dialect, std::slice::from_ref(&item));
        assert!(reasoning(&asked.body)[0].get("status").is_none());
        assert_eq!(asked.warned, [""; 0]);
    }
}

#[test]
fn encrypted_reasoning_is_asked_for_where_the_provider_has_it() {
    let include = |members: &str, has: bool| {
        let mut turn = turn(&format!(r#""input":"Hi"{members}"#));
        turn.encrypted_reasoning = has;
        let request = Responses::new().request(&turn).unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        body["include"].clone()
    };
    let effort = r#","reasoning":{"effort":"low"}"#;
    let encrypted = json!(["reasoning.encrypted_content"]);
    assert_eq!(include("", true), Value::Null);
    assert_eq!(include(effort, true), encrypted);
    assert_eq!(include(effort, false), Value::Null);
    // A gateway that passes what the client includes leaves it in the turn.
    let asked = r#","include":["reasoning.encrypted_content"]"#;
    assert_eq!(include(asked, false), encrypted);
}

#[test]
fn a_choice_goes_with_tools_that_items_bring() {
    let declares = r#""input":[{"type":"additional_tools","tools":[{"type":"function","name":"f"}]},{"role":"user","content":"Hi"}]"#;
    let settings = r#""tool_choice":"required","parallel_tool_calls":false"#;
    let asked = ask(&Responses::new(), &format!("{declares},{settings}"));
    assert_eq!(asked.body["tool_choice"], "required");
    assert_eq!(asked.body["parallel_tool_calls"], false);
    assert_eq!(asked.body["tools"], Value::Null);
    let none = ask(
        &Responses::new(),
        r#""input":"Hi","parallel_tool_calls":false"#,
    );
    assert_eq!(none.body["tool_choice"], Value::Null);
    assert_eq!(none.body["parallel_tool_calls"], Value::Null);
}

#[test]
fn content_of_reasoning_is_a_summary_for_servers_that_take_no_content() {
    let content =
        json!([{"type": "reasoning_text", "text": "hm"}, {"type": "reasoning_text", "text": "so"}]);
    let summary = json!([{"type": "summary_text", "text": "Short."}]);
    let items = [
        json!({"type": "reasoning", "summary": [], "content": content, "encrypted_content": "chat/details:[]"}),
        json!({"type": "reasoning", "summary": summary, "content": content}),
        json!({"type": "reasoning", "summary": [], "content": [], "encrypted_content": "gAAA"}),
    ];
    let openai = Responses::new().quirks(Quirks::OPENAI);
    let asked = ask_with(&openai, &items);
    let texts =
        json!([{"type": "summary_text", "text": "hm"}, {"type": "summary_text", "text": "so"}]);
    let expected = [
        json!({"type": "reasoning", "summary": texts}),
        json!({"type": "reasoning", "summary": summary}),
        json!({"type": "reasoning", "summary": [], "encrypted_content": "gAAA"}),
    ];
    assert_eq!(reasoning(&asked.body), expected.iter().collect::<Vec<_>>());
    assert_eq!(
        asked.warned,
        ["input[1].encrypted_content", "input[2].content"]
    );
    let asked = ask_with(&Responses::new(), &items);
    assert_eq!(reasoning(&asked.body)[0]["content"], content);
    assert_eq!(reasoning(&asked.body)[1]["content"], content);
}
