//! Nothing is dropped in silence: a member of a request shows in the body, is warned about, is
//! refused with its path, or stands in the table as served by the endpoint.

use openresponses_upstream::anthropic::{self, Anthropic};
use openresponses_upstream::chat::{self, Chat, Quirks};
use openresponses_upstream::gemini::{self, Gemini};
use openresponses_upstream::responses::{self, Responses};
use openresponses_upstream::{Dialect, Row, Treatment};
use serde_json::{Map, Value, json};

use crate::support::{paths, turn};

/// Two values of each member of a request that a provider sees something of.
fn members() -> Vec<(&'static str, Value, Value)> {
    let user = |part: Value| json!([{"type": "message", "role": "user", "content": [part]}]);
    let text = |text: &str| user(json!({"type": "input_text", "text": text}));
    let function = |name: &str| json!([{"type": "function", "name": name}]);
    let format = |property: &str| {
        let schema = json!({"type": "object", "properties": {property: {"type": "string"}}});
        json!({"format": {"type": "json_schema", "name": "n", "schema": schema}})
    };
    let mut all = vec![
        ("model", json!("a"), json!("b")),
        ("input", text("a"), text("b")),
        ("instructions", json!("a"), json!("b")),
        ("tools", function("f"), function("g")),
        ("tools", json!([]), json!([{"type": "web_search"}])),
        ("text", format("a"), format("b")),
        ("text", json!({}), json!({"verbosity": "low"})),
        ("text", json!({}), json!({"x": 1})),
        ("reasoning", json!({}), json!({"effort": "low"})),
        ("reasoning", json!({}), json!({"effort": "none"})),
        ("reasoning", json!({}), json!({"summary": "auto"})),
        ("reasoning", json!({}), json!({"context": "all_turns"})),
        ("temperature", json!(0.5), json!(1)),
        ("top_p", json!(0.5), json!(1)),
        ("presence_penalty", json!(0.5), json!(1)),
        ("frequency_penalty", json!(0.5), json!(1)),
        ("max_output_tokens", json!(16), json!(17)),
        ("top_logprobs", json!(1), json!(2)),
        ("truncation", json!("disabled"), json!("auto")),
        ("service_tier", json!("auto"), json!("flex")),
        ("safety_identifier", json!("a"), json!("b")),
        ("prompt_cache_key", json!("a"), json!("b")),
        ("stream", json!(false), json!(true)),
        (
            "include",
            json!([]),
            json!(["message.output_text.logprobs"]),
        ),
        ("include", json!([]), json!(["file_search_call.results"])),
        ("metadata", json!({}), json!({"a": "b"})),
        ("store", json!(true), json!(false)),
        ("background", json!(false), json!(true)),
        ("max_tool_calls", json!(1), json!(2)),
        ("providerOptions", json!({}), json!({"another": {"a": 1}})),
        ("prompt", Value::Null, json!({"id": "p"})),
        ("conversation", Value::Null, json!("conv_1")),
        ("x_unknown", json!(1), json!(2)),
    ];
    for part in [
        json!({"type": "input_image", "image_url": "https://a.example/a.png"}),
        json!({"type": "input_image", "image_url": "https://a.example/a.png", "detail": "high"}),
        json!({"type": "input_file", "filename": "a.pdf", "file_data": "AA=="}),
        json!({"type": "input_file", "file_url": "https://a.example/a.pdf"}),
        json!({"type": "input_video", "video_url": "https://a.example/a.mp4"}),
        json!({"type": "input_text", "text": "a", "x": 1}),
    ] {
        all.push(("input", text("a"), user(part)));
    }
    let hello = json!({"type": "message", "role": "user", "content": "a"});
    for item in [
        json!({"type": "message", "role": "system", "content": "b"}),
        json!({"type": "message", "role": "developer", "content": "b"}),
        json!({"type": "message", "role": "assistant", "content": "b"}),
        json!({"type": "message", "role": "user", "content": "a", "x": 1}),
        json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "b"}]}),
        json!({"type": "reasoning", "summary": [], "encrypted_content": "b"}),
        json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}),
        json!({"type": "compaction", "encrypted_content": "b"}),
        json!({"type": "web_search_call", "id": "ws_1"}),
        json!({"type": "acme:telemetry", "id": "t_1"}),
    ] {
        all.push(("input", json!([hello]), json!([hello, item])));
    }
    let choice = |choice: Value| json!({"tools": function("f"), "tool_choice": choice});
    for mode in [
        json!("none"),
        json!("required"),
        json!({"type": "function", "name": "f"}),
    ] {
        all.push(("", choice(json!("auto")), choice(mode)));
    }
    let parallel =
        |parallel: bool| json!({"tools": function("f"), "parallel_tool_calls": parallel});
    all.push(("", parallel(true), parallel(false)));
    all
}

/// What a dialect makes of a request: its body and warnings, or the path of the refusal.
fn translated(
    dialect: &dyn Dialect,
    name: &str,
    value: &Value,
) -> Result<(String, Vec<String>), String> {
    let mut members = Map::new();
    members.insert("input".into(), json!("Hello"));
    match value {
        Value::Object(all) if name.is_empty() => members.extend(all.clone()),
        value => drop(members.insert(name.into(), value.clone())),
    }
    let model = members.remove("model").unwrap_or("m".into());
    let printed = Value::Object(members).to_string();
    let mut turn = turn(&printed[1..printed.len() - 1]);
    turn.model = model.as_str().unwrap().to_owned();
    let request = dialect
        .request(&turn)
        .map_err(|violation| violation.param().unwrap())?;
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    Ok((request.path.clone() + &body, paths(&request)))
}

/// True when the member at `path` is `name` or lies in it.
fn is_of(path: &str, name: &str) -> bool {
    path.strip_prefix(name)
        .is_some_and(|rest| name.is_empty() || rest.is_empty() || rest.starts_with(['.', '[']))
}

#[test]
fn each_member_of_a_request_is_accounted_for() {
    let mut dialects: Vec<(Box<dyn Dialect>, &[Row])> = vec![
        (Box::new(Anthropic::new()), anthropic::REQUEST),
        (Box::new(Gemini::new()), gemini::REQUEST),
        (Box::new(Responses::new()), responses::REQUEST),
    ];
    for quirks in Quirks::ALL {
        dialects.push((Box::new(Chat::new().quirks(quirks.clone())), chat::REQUEST));
    }
    for (dialect, rows) in &dialects {
        for (name, one, other) in members() {
            let before = translated(&**dialect, name, &one).unwrap();
            let after = translated(&**dialect, name, &other);
            let is_served = rows.iter().any(|row| {
                row.treatment == Treatment::Served
                    && row.member.split(", ").any(|member| member == name)
            });
            let is_shown = match &after {
                Ok(after) => *after != before || after.1.iter().any(|path| is_of(path, name)),
                Err(path) => is_of(path, name),
            };
            let place = dialect.name();
            assert!(is_shown || is_served, "{place}: {name}: {one} or {other}");
        }
    }
}
