//! Messages: the blocks of the answer are compared one by one with an oracle that knows nothing of
//! deltas, and what is counted as unplaced with the table in the documentation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use openresponses_types::content::ContentPart;
use openresponses_types::response::ResponseStatus;
use openresponses_types::{Item, Response};
use openresponses_upstream::anthropic::{ANSWER, AnthropicMachine};
use openresponses_upstream::{AnswerReader, Treatment};
use serde_json::Value;

use crate::harness;

/// A reader of an answer.
pub(crate) fn reader() -> AnswerReader {
    AnswerReader::new(AnthropicMachine::default())
}

pub(crate) fn run(file: &Path) {
    let body = fs::read(file).unwrap();
    let events = harness::events(std::str::from_utf8(&body).unwrap());
    let read = harness::read(reader, &body);
    let unplaced: BTreeMap<_, _> = read.unplaced.into_iter().collect();
    assert_eq!(unplaced, strangers(&events));
    let response = harness::respond(read.deltas);
    assert_eq!(pieces(&response), blocks(&events));
    assert_eq!(response.status.value(), Some(&status(&events)));
    let found = response.usage.value();
    let found = found.map(|usage| {
        let details = usage.input_tokens_details.value().unwrap();
        (
            usage.input_tokens,
            details.cached_tokens,
            usage.output_tokens,
        )
    });
    assert_eq!(found, Some(usage(&events)));
    cut(reader, &body);
}

/// A stream that is cut before its end never counts as complete.
fn cut(new: impl Fn() -> AnswerReader, body: &[u8]) {
    let text = std::str::from_utf8(body).unwrap();
    let end = text.rfind("message_stop\"").unwrap();
    let stops = text.matches("\"message_stop\"").count();
    let step = (end / 25).max(1);
    for at in (0..end).step_by(step) {
        // Between two messages the first is whole.
        let is_between = stops > 1
            && text
                .get(..at)
                .is_none_or(|text| text.contains("message_stop"));
        if is_between || !text.is_char_boundary(at) {
            continue;
        }
        let read = harness::read_whole(new(), &body[..at]);
        let response = harness::respond(read.deltas);
        assert_eq!(
            response.status.value(),
            Some(&ResponseStatus::Failed),
            "{at}"
        );
    }
}

/// A block of the answer.
#[derive(Debug, PartialEq)]
enum Piece {
    Text {
        text: String,
        citations: Vec<String>,
    },
    Thinking {
        text: String,
        opaque: String,
    },
    Call {
        id: String,
        name: String,
        arguments: String,
    },
}

fn pieces(response: &Response) -> Vec<Piece> {
    let mut pieces = Vec::new();
    for item in response.output_items() {
        match item {
            Item::Message(message) => {
                for part in message.content.parts() {
                    let ContentPart::OutputText(part) = part else {
                        panic!("{part:?}");
                    };
                    let json: Value = serde_json::from_str(&part.to_json()).unwrap();
                    let characters = part.text.chars().count() as u64;
                    let citations = json["annotations"].as_array().unwrap().iter();
                    let citations = citations.map(|citation| {
                        assert_eq!(citation["start_index"], 0);
                        assert_eq!(citation["end_index"], characters);
                        citation["url"].as_str().unwrap().to_owned()
                    });
                    pieces.push(Piece::Text {
                        citations: citations.collect(),
                        text: part.text.clone(),
                    });
                }
            }
            Item::Reasoning(item) => {
                let parts = item.content.value().map_or(&[][..], Vec::as_slice);
                assert!(parts.len() <= 1);
                let opaque = item.encrypted_content.as_str().unwrap_or_default();
                pieces.push(Piece::Thinking {
                    text: parts.iter().filter_map(ContentPart::text).collect(),
                    opaque: opaque
                        .split_once(':')
                        .map_or("", |(_, payload)| payload)
                        .to_owned(),
                });
            }
            Item::FunctionCall(call) => pieces.push(Piece::Call {
                id: call.call_id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
            }),
            other => panic!("{other:?}"),
        }
    }
    pieces
}

/// The blocks of all messages, in their order, without those that have no place.
fn blocks(events: &[Value]) -> Vec<Piece> {
    let mut all: Vec<(usize, Value, Vec<&Value>)> = Vec::new();
    let mut messages = 0;
    for event in events {
        match event["type"].as_str().unwrap() {
            "message_start" => {
                messages += 1;
                for block in event["message"]["content"].as_array().unwrap() {
                    all.push((messages, block.clone(), Vec::new()));
                }
            }
            "content_block_start" => {
                let mut block = event["content_block"].clone();
                block["at"] = event["index"].clone();
                all.push((messages, block, Vec::new()));
            }
            "content_block_delta" => {
                let is_same = |(message, block, _): &&mut (usize, Value, Vec<&Value>)| {
                    *message == messages && block["at"] == event["index"]
                };
                let (_, _, deltas) = all.iter_mut().rev().find(is_same).unwrap();
                deltas.push(&event["delta"]);
            }
            _ => {}
        }
    }
    all.iter()
        .filter_map(|(_, block, deltas)| piece(block, deltas))
        .collect()
}

fn piece(block: &Value, deltas: &[&Value]) -> Option<Piece> {
    let text = |name: &str| {
        let begun = block[name].as_str().unwrap_or_default().to_owned();
        let rest = deltas.iter().filter_map(|delta| delta[name].as_str());
        begun + &rest.collect::<String>()
    };
    match block["type"].as_str().unwrap() {
        "text" if text("text").is_empty() => None,
        "text" => Some(Piece::Text {
            text: text("text"),
            citations: deltas
                .iter()
                .filter_map(|delta| delta["citation"]["url"].as_str())
                .map(str::to_owned)
                .collect(),
        }),
        "thinking" => Some(Piece::Thinking {
            text: text("thinking"),
            opaque: text("signature"),
        }),
        "redacted_thinking" => Some(Piece::Thinking {
            text: String::new(),
            opaque: text("data"),
        }),
        "tool_use" => {
            let streamed = text("partial_json");
            Some(Piece::Call {
                id: text("id"),
                name: text("name"),
                arguments: match (streamed.is_empty(), &block["input"]) {
                    (false, _) => streamed,
                    (true, Value::Null) => "{}".to_owned(),
                    (true, input) => input.to_string(),
                },
            })
        }
        _ => None,
    }
}

fn status(events: &[Value]) -> ResponseStatus {
    if events.iter().any(|event| event["type"] == "error") {
        return ResponseStatus::Failed;
    }
    let reason = |event: &Value| {
        let delta = event["delta"]["stop_reason"].as_str();
        delta
            .or(event["message"]["stop_reason"].as_str())
            .map(str::to_owned)
    };
    match events.iter().filter_map(reason).next_back().as_deref() {
        Some("max_tokens" | "refusal" | "pause_turn") => ResponseStatus::Incomplete,
        _ => ResponseStatus::Completed,
    }
}

/// Input with what caches had, what was read from them, and output.
fn usage(events: &[Value]) -> (u64, u64, u64) {
    let mut counts = serde_json::Map::new();
    for event in events {
        if event["type"] == "message_start" {
            counts.clear();
        }
        for usage in [&event["message"]["usage"], &event["usage"]] {
            for (name, value) in usage.as_object().into_iter().flatten() {
                counts.insert(name.clone(), value.clone());
            }
        }
    }
    let count = |name: &str| counts.get(name).and_then(Value::as_u64).unwrap_or(0);
    let cached = count("cache_read_input_tokens");
    let input = count("input_tokens") + cached + count("cache_creation_input_tokens");
    (input, cached, count("output_tokens"))
}

/// How often each member without a place must have been counted, by the table.
fn strangers(events: &[Value]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for event in events {
        let kind = event["type"].as_str().unwrap();
        for (name, value) in event.as_object().unwrap() {
            match (kind, name.as_str()) {
                (_, "type" | "index") => {}
                ("message_start", "message") => object("", value, &mut counts),
                ("message_delta", "delta") => object("", value, &mut counts),
                ("message_delta", _) => member(name.clone(), value, &mut counts),
                ("content_block_start", "content_block") => block(value, &mut counts),
                ("content_block_delta", "delta") => delta(value, events, event, &mut counts),
                _ => member(format!("{kind}.{name}"), value, &mut counts),
            }
        }
    }
    counts
}

fn object(place: &str, value: &Value, counts: &mut BTreeMap<String, u64>) {
    for (name, value) in value.as_object().unwrap() {
        let path = if place.is_empty() {
            name.clone()
        } else {
            format!("{place}.{name}")
        };
        member(path, value, counts);
    }
}

fn member(path: String, value: &Value, counts: &mut BTreeMap<String, u64>) {
    let is_read = |row: &&openresponses_upstream::Row| {
        row.member == path && row.treatment != Treatment::Warned
    };
    match path.as_str() {
        _ if value.is_null() => {}
        "usage" | "usage.output_tokens_details" => object(&path, value, counts),
        "content" => value
            .as_array()
            .unwrap()
            .iter()
            .for_each(|value| block(value, counts)),
        // An empty list has no elements to count.
        "content[].citations" => {}
        _ if ANSWER.iter().any(|row| is_read(&row)) => {}
        _ => *counts.entry(path).or_default() += 1,
    }
}

fn block(value: &Value, counts: &mut BTreeMap<String, u64>) {
    match value["type"].as_str().unwrap() {
        "text" | "thinking" | "redacted_thinking" | "tool_use" => {
            object("content[]", value, counts)
        }
        other => *counts.entry(format!("content[].{other}")).or_default() += 1,
    }
}

fn delta(value: &Value, events: &[Value], event: &Value, counts: &mut BTreeMap<String, u64>) {
    let kind = value["type"].as_str().unwrap();
    let before = events
        .iter()
        .take_while(|other| !std::ptr::eq(*other, event));
    let start = before
        .filter(|other| other["type"] == "content_block_start" && other["index"] == event["index"]);
    let block = start.last().unwrap()["content_block"]["type"]
        .as_str()
        .unwrap();
    let citation = &value["citation"];
    match (block, kind) {
        ("text", "citations_delta") if citation["url"].is_string() => {
            object("content[].citations[]", citation, counts);
        }
        ("text", "citations_delta") => {
            *counts
                .entry("content[].citations[]".to_owned())
                .or_default() += 1;
        }
        ("text", "text_delta")
        | ("thinking", "thinking_delta" | "signature_delta")
        | ("tool_use", "input_json_delta") => object("content[].delta", value, counts),
        _ => *counts.entry(format!("content[].delta.{kind}")).or_default() += 1,
    }
}
