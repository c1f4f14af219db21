//! Nothing is dropped in silence: in requests of each dialect with every feature, each member that
//! is taken out changes the body or the warnings, unless the endpoint itself answers for it.

use std::collections::BTreeMap;

use openresponses_types::normalize::Normalizer;
use openresponses_types::{CreateRequest, Profile};
use openresponses_upstream::anthropic::{self, Anthropic};
use openresponses_upstream::chat::{self, Chat};
use openresponses_upstream::gemini::{self, Gemini};
use openresponses_upstream::{Dialect, Row, Treatment};
use proptest::prelude::*;
use proptest::sample::subsequence;
use serde_json::{Map, Value, json};

use crate::rules;
use crate::support::paths;

/// What a request comes to: its path, its body and the paths of its warnings.
type Said = (String, Value, Vec<String>);

/// Translates a request; nothing where it is refused.
fn translate(dialect: &dyn Dialect, request: &Value) -> Option<Said> {
    let request = CreateRequest::from_json(request.to_string().as_bytes()).ok()?;
    let turn = Normalizer::new(Profile::Compatible).turn(request).ok()?;
    let request = dialect.request(&turn).ok()?;
    let body = serde_json::from_slice(&request.body).unwrap();
    Some((request.path.clone(), body, paths(&request)))
}

/// Items that may stand together in any order; outputs stand behind their calls.
fn items() -> Vec<Value> {
    let call = |id: u32, more: Value| {
        let mut call = json!({"type": "function_call", "call_id": format!("call_{id}"), "name": "lookup", "arguments": format!("{{\"n\":{id}}}"), "x_call": id});
        call.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        call
    };
    vec![
        json!({"type": "message", "role": "user", "content": "plain text", "x_message": 1}),
        json!({"type": "message", "role": "user", "content": [
            {"type": "input_text", "text": "part text", "x_part": 1},
            {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "high", "x_image": 1},
            {"type": "input_image", "image_url": "https://a.example/a.png"},
            {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,BBBB", "file_url": "https://a.example/both.pdf", "x_file": 1},
            {"type": "input_file", "file_url": "https://a.example/a.pdf"},
            {"type": "input_file", "filename": "a.csv", "file_data": "YSxi"},
        ]}),
        json!({"type": "message", "role": "system", "content": [{"type": "input_text", "text": "system text", "x_system": 1}]}),
        json!({"type": "message", "role": "developer", "content": "developer text"}),
        json!({"type": "message", "role": "assistant", "phase": "commentary", "content": [
            {"type": "output_text", "text": "answer text", "annotations": [{"type": "url_citation", "url": "u", "title": "t", "start_index": 0, "end_index": 1}], "logprobs": [{"token": "a", "logprob": -1.0, "bytes": [97], "top_logprobs": []}]},
            {"type": "refusal", "refusal": "refusal text", "x_refusal": 1},
        ]}),
        json!({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "thought text"}], "encrypted_content": "anthropic/signature:AA==", "x_reasoning": 1}),
        json!({"type": "reasoning", "summary": [], "encrypted_content": "anthropic/redacted:BB=="}),
        json!({"type": "reasoning", "summary": [], "encrypted_content": "gemini/part:CC=="}),
        json!({"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": "signed text"}], "encrypted_content": "gemini/thought:DD=="}),
        json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "summary text"}], "encrypted_content": "gAAAAABo"}),
        json!({"type": "reasoning", "summary": [], "encrypted_content": "gemini/call:EE=="}),
        json!({"type": "reasoning", "summary": [{"type": "summary_text", "text": "short text"}], "content": [{"type": "reasoning_text", "text": "long text"}]}),
        json!({"type": "custom_tool_call", "call_id": "call_3", "name": "other", "input": "custom input"}),
        json!({"type": "custom_tool_call_output", "call_id": "call_3", "output": "custom output"}),
        json!({"type": "message", "role": "user", "content": [
            {"type": "input_video", "video_url": "https://a.example/a.mp4", "x_video": 1},
            {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "mp3"}},
        ]}),
        call(1, json!({})),
        call(2, json!({"arguments": "not an object"})),
        json!({"type": "web_search_call", "id": "ws_1", "status": "completed"}),
        json!({"type": "acme:thing", "id": "th_1", "status": "completed"}),
        json!({"type": "function_call_output", "call_id": "call_1", "output": "output text", "status": "incomplete", "x_output": 1}),
        json!({"type": "function_call_output", "call_id": "call_2", "output": [
            {"type": "input_text", "text": "output part"},
            {"type": "input_image", "image_url": "data:image/png;base64,CCCC"},
        ]}),
        json!({"type": "additional_tools", "tools": [{"type": "function", "name": "declared", "description": "of an item"}, {"type": "custom", "name": "other"}]}),
    ]
}

/// Members of the request, none of them a default.
fn settings() -> Vec<(&'static str, Value)> {
    let parameters = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    vec![
        ("instructions", json!("instructions text")),
        (
            "tools",
            json!([
                {"type": "function", "name": "lookup", "description": "of the request", "parameters": parameters, "strict": true, "x_tool": 1},
                {"type": "function", "name": "second"},
                {"type": "web_search"},
            ]),
        ),
        ("parallel_tool_calls", json!(false)),
        (
            "text",
            json!({"format": {"type": "json_schema", "name": "n", "description": "of the format", "schema": parameters, "strict": true}, "verbosity": "low", "x_text": 1}),
        ),
        (
            "reasoning",
            json!({"effort": "low", "summary": "auto", "x_reasoning": 1}),
        ),
        ("temperature", json!(0.5)),
        ("top_p", json!(0.25)),
        ("presence_penalty", json!(0.5)),
        ("frequency_penalty", json!(0.25)),
        ("max_output_tokens", json!(9_000)),
        ("top_logprobs", json!(2)),
        ("include", json!(["message.output_text.logprobs"])),
        ("truncation", json!("auto")),
        ("service_tier", json!("flex")),
        ("safety_identifier", json!("someone")),
        ("prompt_cache_key", json!("key")),
        ("stream", json!(true)),
        ("seed", json!(7)),
        ("top_k", json!(3)),
        ("stop", json!(["END"])),
        ("x_other", json!({"a": 1})),
        (
            "providerOptions",
            json!({
                "anthropic": {"container": "c"},
                "google": {"labels": {"a": "b"}, "generationConfig": {"mediaResolution": "LOW"}},
                "local": {"logit_bias": {"1": 2}},
                "other": {"a": 1},
            }),
        ),
        ("store", json!(false)),
        ("metadata", json!({"a": "b"})),
        ("max_tool_calls", json!(3)),
    ]
}

/// Members that the endpoint itself answers for.
fn is_served(dialect: &str, path: &[&str]) -> bool {
    match path {
        // A second call is left out in any case.
        [
            "store" | "stream" | "metadata" | "max_tool_calls" | "parallel_tool_calls",
            ..,
        ] => true,
        // What is shown is a summary already.
        ["reasoning", "summary"] => dialect == "anthropic",
        ["text", "format", "name" | "strict"] => dialect != "chat",
        // `top_logprobs` asks for them, too.
        ["include", ..] => dialect == "chat",
        ["input", _, "id" | "status"] => true,
        [.., "type"] => true,
        _ => false,
    }
}

/// True when a warning is about the member or what it lies in.
fn is_warned(path: &[&str], warned: &[String]) -> bool {
    let mut name = String::new();
    path.iter().any(|step| {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            name.push_str(&format!("[{step}]"));
        } else {
            if !name.is_empty() {
                name.push('.');
            }
            name.push_str(step);
        }
        warned.contains(&name)
    })
}

/// Values whose inside is warned about or carried as a whole.
fn is_opaque(path: &[&str]) -> bool {
    matches!(
        path,
        [
            ..,
            "parameters"
                | "schema"
                | "annotations"
                | "logprobs"
                | "x_other"
                | "metadata"
                | "other"
                | "labels"
                | "logit_bias"
        ]
    ) || matches!(path, ["input", _, "tools", "1"])
}

/// Calls `each` with the path of every member and element, and the request without it.
fn without_each(
    request: &Value,
    at: &mut Vec<String>,
    value: &Value,
    each: &mut impl FnMut(&[&str], Value),
) {
    let names: Vec<String> = match value {
        Value::Object(members) => members.keys().cloned().collect(),
        Value::Array(elements) => (0..elements.len()).map(|at| at.to_string()).collect(),
        _ => return,
    };
    for name in names {
        at.push(name.clone());
        let pointer = format!("/{}", at.join("/"));
        let path: Vec<&str> = at.iter().map(String::as_str).collect();
        let mut rest = request.clone();
        let parent = rest.pointer_mut(pointer.rsplit_once('/').unwrap().0);
        match parent.unwrap() {
            Value::Object(members) => drop(members.remove(&name)),
            Value::Array(elements) => drop(elements.remove(name.parse().unwrap())),
            _ => {}
        }
        let is_opaque = is_opaque(&path);
        // An empty list says nothing.
        if request.pointer(&pointer) != Some(&json!([])) {
            each(&path, rest);
        }
        if !is_opaque {
            without_each(request, at, request.pointer(&pointer).unwrap(), each);
        }
        at.pop();
    }
}

/// A dialect, and the rules for what it sends.
type Checked = (Box<dyn Dialect>, fn(&Value));

fn dialects() -> Vec<Checked> {
    let mut all: Vec<Checked> = Vec::new();
    for quirks in anthropic::Quirks::ALL {
        let dialect = Anthropic::new().quirks(quirks.clone());
        all.push((Box::new(dialect), rules::anthropic::check));
    }
    for quirks in chat::Quirks::ALL {
        let dialect = Chat::new().quirks(quirks.clone()).provider("local");
        all.push((Box::new(dialect), rules::chat::check));
    }
    for quirks in gemini::Quirks::ALL {
        let dialect = Gemini::new().quirks(quirks.clone());
        all.push((Box::new(dialect), rules::gemini::check));
    }
    all
}

/// The request without the parts that the dialect refuses.
fn accepted(dialect: &dyn Dialect, request: &Value) -> Value {
    let mut request = request.clone();
    while let Some(path) = refusal(dialect, &request) {
        let mut numbers = path.split(['[', ']']).filter_map(|step| step.parse().ok());
        let (Some(item), Some(part)) = (numbers.next(), numbers.next()) else {
            break;
        };
        let item: usize = item;
        let parts = request["input"][item].get_mut("content");
        parts.unwrap().as_array_mut().unwrap().remove(part);
    }
    request
}

/// The path of what the dialect refuses, if it refuses the request.
fn refusal(dialect: &dyn Dialect, request: &Value) -> Option<String> {
    let request = CreateRequest::from_json(request.to_string().as_bytes()).ok()?;
    let turn = Normalizer::new(Profile::Compatible).turn(request).ok()?;
    dialect.request(&turn).err()?.param()
}

/// How many members were taken out.
fn account(request: &Value, dialects: &[Checked]) -> usize {
    let (mut count, mut dropped) = (0, Vec::new());
    for (dialect, check) in dialects {
        let request = &accepted(&**dialect, request);
        let Some(whole) = translate(&**dialect, request) else {
            continue;
        };
        check(&whole.1);
        without_each(request, &mut Vec::new(), request, &mut |path, rest| {
            let Some(other) = translate(&**dialect, &rest) else {
                return;
            };
            count += 1;
            let has_effect = other != whole || is_warned(path, &whole.2);
            if !has_effect && !is_served(dialect.name(), path) {
                dropped.push(format!("{}: {}", dialect.name(), path.join(".")));
            }
        });
    }
    assert!(dropped.is_empty(), "dropped in silence: {dropped:#?}");
    count
}

fn request(items: Vec<Value>, settings: Vec<(&'static str, Value)>) -> Value {
    let mut request = Map::new();
    request.insert("model".to_owned(), json!("m"));
    let user = json!({"type": "message", "role": "user", "content": "first"});
    let input = std::iter::once(user).chain(items).collect();
    request.insert("input".to_owned(), Value::Array(input));
    let settings = settings.into_iter();
    request.extend(settings.map(|(name, value)| (name.to_owned(), value)));
    Value::Object(request)
}

#[test]
fn every_member_of_a_request_with_every_feature_has_an_effect() {
    assert!(account(&request(items(), settings()), &dialects()) > 500);
}

/// What taking a member out does: to the body, and to the warnings.
type Effects = BTreeMap<String, (bool, bool)>;

/// Adds the effects of the members of a request, by their paths without indices.
fn effects(dialect: &dyn Dialect, request: &Value, all: &mut Effects) {
    let request = &accepted(dialect, request);
    let Some(whole) = translate(dialect, request) else {
        return;
    };
    without_each(request, &mut Vec::new(), request, &mut |path, rest| {
        if path
            .last()
            .is_some_and(|step| step.bytes().all(|byte| byte.is_ascii_digit()))
        {
            return;
        }
        let mut name = String::new();
        for step in path {
            if step.bytes().all(|byte| byte.is_ascii_digit()) {
                name.push_str("[]");
            } else {
                name.push_str(if name.is_empty() { "" } else { "." });
                name.push_str(step);
            }
        }
        let effect = all.entry(name).or_default();
        // Without some members there is nothing to send.
        let Some(other) = translate(dialect, &rest) else {
            effect.0 = true;
            return;
        };
        effect.0 |= (&other.0, &other.1) != (&whole.0, &whole.1);
        effect.1 |= other.2 != whole.2;
    });
}

/// Checks the rows of a dialect's table that name members of these requests.
fn check_table(name: &str, rows: &[Row]) {
    let mut all = Effects::new();
    let mut other = settings();
    other.retain(|(name, _)| *name != "reasoning");
    other.push(("tool_choice", json!("required")));
    other.push(("service_tier", json!("default")));
    for (dialect, _) in dialects()
        .iter()
        .filter(|(dialect, _)| dialect.name() == name)
    {
        for (items, settings) in [
            (items(), settings()),
            (items(), other.clone()),
            (Vec::new(), settings()),
        ] {
            effects(&**dialect, &request(items, settings), &mut all);
        }
    }
    let (mut count, mut wrong) = (0, Vec::new());
    for row in rows {
        for member in row.member.split(", ") {
            let Some((in_body, in_warnings)) = all.get(member) else {
                continue;
            };
            count += 1;
            let is_right = match row.treatment {
                // One server has it, another has not.
                _ if row.note.contains("by quirk") => in_body | in_warnings,
                Treatment::Carried | Treatment::Converted => *in_body,
                Treatment::Warned => !in_body && *in_warnings,
                Treatment::Served => !in_body && !in_warnings,
                _ => false,
            };
            if !is_right {
                wrong.push((row, all.get(member)));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count >= 30, "{count}");
}

#[test]
fn the_tables_state_what_becomes_of_the_members_of_a_request() {
    check_table("anthropic", anthropic::REQUEST);
    check_table("chat", chat::REQUEST);
    check_table("gemini", gemini::REQUEST);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_member_of_any_request_is_dropped_in_silence(
        items in subsequence(items(), 0..=22).prop_shuffle(),
        settings in subsequence(settings(), 0..=25),
        which in 0..dialects().len(),
    ) {
        let dialect = dialects().swap_remove(which);
        account(&request(items, settings), &[dialect]);
    }
}
