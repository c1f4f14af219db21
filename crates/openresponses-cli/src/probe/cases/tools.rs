//! Tools and tool choice.

use serde_json::{Value, json};

use super::look::{answered, calls, calls_only, completed, echoed, mentions, one_call};
use super::{Ask, Need};
use crate::probe::Probe;
use crate::probe::rows::Rows;
use crate::probe::verdict::{Over, Verdict, expect};

const CHOICE: &str = "tool_choice";

pub(super) const ALL: &[Ask] = &[
    Ask {
        name: "tool-auto",
        section: "Tools",
        need: Need::Answer,
        request: || asking(json!("auto")),
        check: |response| {
            completed(response)?;
            match calls(response).next() {
                Some(_) => calls_only(response, &["get_weather", "get_time"]),
                None => answered(response),
            }
        },
    },
    Ask {
        name: "tool-choice-none",
        section: CHOICE,
        need: Need::Answer,
        request: || asking(json!("none")),
        check: |response| {
            completed(response)?;
            expect(calls(response).next().is_none(), "tool-choice-none", || {
                "Expected no call, got one.".into()
            })
        },
    },
    Ask {
        name: "tool-choice-required",
        section: CHOICE,
        need: Need::Call,
        request: || asking(json!("required")),
        check: |response| calls_only(response, &["get_weather", "get_time"]),
    },
    Ask {
        name: "tool-choice-function",
        section: CHOICE,
        need: Need::Call,
        request: || asking(json!({"type": "function", "name": "get_time"})),
        check: |response| calls_only(response, &["get_time"]),
    },
    Ask {
        name: "tool-choice-allowed-tools",
        section: "allowed_tools",
        need: Need::Call,
        request: || {
            asking(
                json!({"type": "allowed_tools", "mode": "required", "tools": [
                    {"type": "function", "name": "get_time"},
                ]}),
            )
        },
        check: |response| calls_only(response, &["get_time"]),
    },
    Ask {
        name: "parallel-tool-calls-false",
        section: "openapi.json, CreateResponseBody.parallel_tool_calls",
        need: Need::Answer,
        request: || asking_for_two(json!({"parallel_tool_calls": false})),
        check: |response| {
            one_call(response, "parallel-tool-calls")?;
            echoed(response, "parallel_tool_calls", &json!(false))
        },
    },
    Ask {
        name: "max-tool-calls",
        section: "openapi.json, CreateResponseBody.max_tool_calls",
        need: Need::AnswerOrRefusal,
        request: || asking_for_two(json!({"max_tool_calls": 1})),
        check: |response| {
            one_call(response, "max-tool-calls")?;
            echoed(response, "max_tool_calls", &json!(1))
        },
    },
    Ask {
        name: "extension-tool",
        section: "Extending tools",
        need: Need::AnswerOrRefusal,
        request: || {
            json!({"input": "Say hello.", "tools": [
                {"type": "openresponses_probe:nothing", "anything": {"deep": [1.5, null]}},
            ]})
        },
        check: completed,
    },
];

fn function(name: &str, member: &str) -> Value {
    json!({
        "type": "function", "name": name, "description": "Looks it up for a city.", "strict": true,
        "parameters": {
            "type": "object", "additionalProperties": false, "required": [member],
            "properties": {member: {"type": "string"}},
        },
    })
}

fn asking(choice: Value) -> Value {
    json!({
        "input": "What is the weather in Paris?", "tool_choice": choice,
        "tools": [function("get_weather", "city"), function("get_time", "zone")],
    })
}

/// A question that asks for two calls, without a limit on them.
fn asking_for_two(mut members: Value) -> Value {
    let request = asking(json!("auto"));
    for (name, value) in request.as_object().into_iter().flatten() {
        members[name] = value.clone();
    }
    members["input"] = json!("Look up the weather and the time in Paris, in parallel.");
    members
}

/// Where the response echoes the choice of tools and the functions, they are those of the request.
/// Members that the request leaves out may be filled in.
pub(super) fn agrees(request: &Value, response: &Value) -> Verdict {
    let (asked, choice) = (&request["tool_choice"], &response["tool_choice"]);
    if asked.is_null() {
        return Ok(());
    }
    expect(
        choice.is_null() || contains(choice, asked),
        "request-echoed",
        || format!("Expected 'tool_choice' to be {asked} as in the request, got {choice}."),
    )?;
    let names = |tools: &Value| -> Vec<String> {
        let tools = tools.as_array().into_iter().flatten();
        tools.map(|tool| tool["name"].to_string()).collect()
    };
    let (asked, tools) = (names(&request["tools"]), names(&response["tools"]));
    expect(
        response["tools"].is_null() || tools == asked,
        "request-echoed",
        || {
            let (asked, tools) = (asked.join(", "), tools.join(", "));
            format!("Expected the tools {asked} as in the request, got {tools}.")
        },
    )
}

/// All members of `part` are in `whole`.
fn contains(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Object(whole), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| whole.get(name).is_some_and(|whole| contains(whole, part))),
        (Value::Array(whole), Value::Array(part)) => {
            whole.len() == part.len()
                && whole
                    .iter()
                    .zip(part)
                    .all(|(whole, part)| contains(whole, part))
        }
        _ => whole == part,
    }
}

/// A call, and its output as the input of the next request.
pub(super) async fn round_trip(probe: &Probe, rows: &mut Rows, over: Over) {
    let section = "The Agentic loop";
    rows.run(
        "tool-round-trip",
        section,
        over,
        there_and_back(probe, over),
    )
    .await;
}

async fn there_and_back(probe: &Probe, over: Over) -> Verdict {
    let tools = json!([function("get_weather", "city")]);
    let question = json!({
        "type": "message", "role": "user", "content": "What is the weather in Paris?",
    });
    let request = json!({"input": [question], "tools": tools, "tool_choice": "required"});
    let response = probe.response(&request, over).await?;
    calls_only(&response, &["get_weather"])?;
    let mut input = vec![question];
    // The output is sent back unchanged.
    input.extend(response["output"].as_array().cloned().unwrap_or_default());
    for call in calls(&response) {
        input.push(json!({
            "type": "function_call_output", "call_id": call["call_id"],
            "output": "Sunny, 21 degrees.",
        }));
    }
    let request = json!({"input": input, "tools": tools, "tool_choice": "none"});
    let response = probe.response(&request, over).await?;
    let output = "the tool's output";
    mentions(&response, &["sunny", "21"], "tool-output-used", output)
}
