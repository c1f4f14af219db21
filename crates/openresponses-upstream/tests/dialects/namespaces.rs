//! Functions in namespaces, as Codex has them for its own tools and those of MCP servers.

use openresponses_types::Profile;
use openresponses_upstream::Dialect;
use openresponses_upstream::anthropic::Anthropic;
use openresponses_upstream::chat::Chat;
use openresponses_upstream::gemini::Gemini;
use serde_json::{Value, json};

use crate::support::{paths, read_for, turn};

const TOOLS: &str = r#""input":[
    {"type":"message","role":"user","content":"Hi"},
    {"type":"function_call","call_id":"c1","name":"open","namespace":"files","arguments":"{}"},
    {"type":"function_call_output","call_id":"c1","output":"text"},
    {"type":"function_call","call_id":"c2","name":"lost","namespace":"away","arguments":"{}"},
    {"type":"function_call_output","call_id":"c2","output":"text"}],
    "tools":[
    {"type":"function","name":"open"},
    {"type":"namespace","name":"files","description":"Of files.","tools":[
        {"type":"function","name":"open","description":"Opens."},
        {"type":"function","name":"close"},
        {"type":"custom","name":"patch"}]}]"#;

/// Finds the functions in a request's body.
type ToolsOf = fn(&Value) -> Value;

#[test]
fn the_model_sees_the_functions_of_a_namespace() {
    let turn = turn(TOOLS);
    let names = |tools: &Value| -> Vec<String> {
        let tools = tools.as_array().unwrap().iter();
        tools
            .map(|tool| tool["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let dialects: [(&dyn Dialect, ToolsOf); 3] = [
        (&Chat::new(), |body| {
            let tools = body["tools"].as_array().unwrap().iter();
            tools.map(|tool| tool["function"].clone()).collect()
        }),
        (&Anthropic::new(), |body| body["tools"].clone()),
        (&Gemini::new(), |body| {
            body["tools"][0]["functionDeclarations"].clone()
        }),
    ];
    for (dialect, tools) in dialects {
        let request = dialect.request(&turn).unwrap();
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        // A name that another tool has is joined with that of the namespace.
        assert_eq!(names(&tools(&body)), ["open", "files__open", "close"]);
        let warned = paths(&request);
        for path in [
            "input[3].namespace",
            "tools[1].description",
            "tools[1].tools[2]",
        ] {
            assert!(warned.contains(&path.to_owned()), "{path}: {warned:?}");
        }
        assert_eq!(warned.len(), 3, "{warned:?}");
        assert!(body.to_string().contains("files__open"), "{body}");
    }
}

#[test]
fn calls_come_back_with_the_namespace() {
    let turn = turn(TOOLS);
    let call = |index: u32, name: &str, id: Value, arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        let call = json!({"index": index, "id": id, "type": "function", "function": function});
        format!(
            "data: {}\n\n",
            json!({"choices": [{"index": 0, "delta": {"tool_calls": [call]}}]})
        )
    };
    let body = [
        call(0, "files__open", json!("a"), "{\"path\":"),
        call(0, "", Value::Null, "1}"),
        call(1, "open", json!("b"), "{}"),
        call(2, "close", Value::Null, ""),
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\n"
            .into(),
    ];
    let answered = read_for(&Chat::new(), &turn, &body.concat(), Profile::Compatible);
    let calls: Vec<_> = answered.response["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| {
            assert_eq!(item["type"], "function_call");
            assert!(!item["call_id"].as_str().unwrap().is_empty());
            let text = |name: &str| item[name].as_str();
            (text("name"), text("namespace"), text("arguments"))
        })
        .collect();
    assert_eq!(
        calls,
        [
            (Some("open"), Some("files"), Some("{\"path\":1}")),
            (Some("open"), None, Some("{}")),
            (Some("close"), Some("files"), Some("{}")),
        ]
    );
}
