//! Servers of the protocol: from a turn to a body.

use openresponses_upstream::Dialect;
use openresponses_upstream::responses::Responses;
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
