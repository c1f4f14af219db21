//! Chat Completions: what is said is compared with an oracle that knows nothing of deltas.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use openresponses_types::response::ResponseStatus;
use openresponses_upstream::AnswerReader;
use openresponses_upstream::chat::ChatMachine;
use serde_json::Value;

use crate::harness::{self, Said};

/// A reader of an answer.
pub(crate) fn reader() -> AnswerReader {
    AnswerReader::new(ChatMachine::default())
}

pub(crate) fn run(file: &Path) {
    let body = fs::read(file).unwrap();
    let events = harness::events(std::str::from_utf8(&body).unwrap());
    let read = harness::read(reader, &body);
    let response = harness::respond(read.deltas);
    let is_done = body.windows(6).any(|bytes| bytes == b"[DONE]");
    let status = status(&events, is_done);
    let mut expected = said(&events);
    if status == ResponseStatus::Completed {
        // A call without arguments is one with an empty object: "" is not JSON.
        for (_, arguments) in &mut expected.calls {
            if arguments.is_empty() {
                arguments.push_str("{}");
            }
        }
    }
    assert_eq!(Said::of(&response), expected);
    assert_eq!(response.status.value(), Some(&status));
    let found = response.usage.value();
    let expected = usage(&events);
    assert_eq!(
        found.map(|usage| (usage.input_tokens, usage.output_tokens)),
        expected
    );
    let mut tiers = events
        .iter()
        .filter_map(|event| event["service_tier"].as_str());
    if let Some(tier) = tiers.rfind(|tier| !tier.is_empty()) {
        let used = response.service_tier.value().map(|tier| tier.as_str());
        assert_eq!(used, Some(tier));
    }
    let unplaced: BTreeMap<_, _> = read.unplaced.into_iter().collect();
    for (path, count) in strangers(&events) {
        assert_eq!(unplaced.get(path), Some(&count), "{path}");
    }
}

/// The deltas of the first choice.
fn deltas(events: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    events.iter().flat_map(|event| {
        let choices = event["choices"].as_array();
        choices
            .into_iter()
            .flatten()
            .filter_map(|choice| (choice["index"] == 0).then_some((choice, &choice["delta"])))
    })
}

fn said(events: &[Value]) -> Said {
    let mut said = Said::default();
    let mut ids: Vec<(Value, Value)> = Vec::new();
    for (_, delta) in deltas(events) {
        match &delta["content"] {
            Value::Array(parts) => {
                for part in parts {
                    said.text
                        .push_str(part["text"].as_str().unwrap_or_default());
                }
            }
            content => said.text.push_str(content.as_str().unwrap_or_default()),
        }
        let details = delta["reasoning_details"].as_array();
        let detailed: String = details
            .into_iter()
            .flatten()
            .filter_map(|detail| detail["text"].as_str().or(detail["summary"].as_str()))
            .collect();
        let reasoning = [&delta["reasoning_content"], &delta["reasoning"]];
        let stated = reasoning.into_iter().find_map(Value::as_str);
        let reasoning = if detailed.is_empty() {
            stated.unwrap_or_default()
        } else {
            &detailed
        };
        said.reasoning.push_str(reasoning);
        said.refusal
            .push_str(delta["refusal"].as_str().unwrap_or_default());
        for call in delta["tool_calls"].as_array().into_iter().flatten() {
            let key = if call["index"].is_null() {
                call["id"].clone()
            } else {
                call["index"].clone()
            };
            // Some servers give each call the index 0: another id is another call.
            let id = &call["id"];
            let known = ids.iter().rposition(|(known, _)| *known == key);
            let is_other = |at: usize| !id.is_null() && id != "" && ids[at].1 != *id;
            if known.is_none_or(is_other) {
                ids.push((key.clone(), id.clone()));
                let name = call["function"]["name"].as_str().unwrap();
                said.calls.push((name.to_owned(), String::new()));
            }
            let at = ids.iter().rposition(|(known, _)| *known == key).unwrap();
            said.calls[at]
                .1
                .push_str(call["function"]["arguments"].as_str().unwrap_or_default());
        }
    }
    said
}

fn status(events: &[Value], is_done: bool) -> ResponseStatus {
    let reasons = |name: &str| -> Vec<&str> {
        deltas(events)
            .filter_map(|(choice, _)| choice[name].as_str())
            .collect()
    };
    let all = [reasons("finish_reason"), reasons("native_finish_reason")].concat();
    if events.iter().any(|event| event["error"].is_object()) {
        ResponseStatus::Failed
    } else if all
        .iter()
        .any(|reason| matches!(*reason, "length" | "max_output_tokens" | "content_filter"))
    {
        ResponseStatus::Incomplete
    } else if !all.is_empty() || is_done {
        ResponseStatus::Completed
    } else {
        ResponseStatus::Failed
    }
}

fn usage(events: &[Value]) -> Option<(u64, u64)> {
    let mut all = events.iter().map(|event| {
        let own = &event["usage"];
        if own.is_object() {
            own
        } else {
            &event["x_groq"]["usage"]
        }
    });
    let last = all.rfind(|usage| usage["prompt_tokens"].is_u64())?;
    let number = |value: &Value| value.as_u64().unwrap_or(0);
    let input = number(&last["prompt_tokens"]);
    let output = number(&last["completion_tokens"]);
    let reasoning = number(&last["completion_tokens_details"]["reasoning_tokens"]);
    let on_top = number(&last["total_tokens"]) == input + output + reasoning;
    Some((input, if on_top { output + reasoning } else { output }))
}

/// Some members without a place, and how often they must have been counted.
fn strangers(events: &[Value]) -> Vec<(&'static str, u64)> {
    let in_root = |name: &str| events.iter().filter(|event| !event[name].is_null()).count();
    let in_delta = |name: &str| {
        deltas(events)
            .filter(|(_, delta)| !delta[name].is_null())
            .count()
    };
    [
        ("system_fingerprint", in_root("system_fingerprint")),
        ("timings", in_root("timings")),
        ("choices[].delta.token_id", in_delta("token_id")),
        ("choices[].delta.audio", in_delta("audio")),
        (
            "choices[].delta.provider_metadata",
            in_delta("provider_metadata"),
        ),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(path, count)| (path, count as u64))
    .collect()
}
