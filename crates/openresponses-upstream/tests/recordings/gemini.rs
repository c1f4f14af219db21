//! generateContent: texts, thoughts, calls and signatures are compared in their order with an oracle
//! that knows nothing of deltas, and what is counted as unplaced with the table in the documentation.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use openresponses_types::content::ContentPart;
use openresponses_types::response::ResponseStatus;
use openresponses_types::{Item, Response};
use openresponses_upstream::gemini::{ANSWER, GeminiMachine};
use openresponses_upstream::{AnswerReader, Treatment};
use serde_json::{Map, Value};

use crate::harness;

/// A reader of an answer.
pub(crate) fn reader() -> AnswerReader {
    AnswerReader::new(GeminiMachine::default())
}

pub(crate) fn run(file: &Path) {
    let body = fs::read(file).unwrap();
    let text = std::str::from_utf8(&body).unwrap();
    let chunks = match serde_json::from_str(text) {
        Ok(Value::Array(chunks)) => chunks,
        _ => harness::events(text),
    };
    let read = harness::read(reader, &body);
    let unplaced: BTreeMap<_, _> = read.unplaced.into_iter().collect();
    assert_eq!(unplaced, strangers(&chunks));
    let response = harness::respond(read.deltas);
    let (pieces, signatures) = said(&response);
    let (expected, signed) = expected(&chunks);
    assert_eq!(pieces, expected);
    assert_eq!(signatures, signed);
    assert_eq!(response.status.value(), Some(&status(&chunks)));
    let found = response.usage.value().map(|usage| {
        let details = usage.output_tokens_details.value().unwrap();
        (
            usage.input_tokens,
            usage.output_tokens,
            details.reasoning_tokens,
        )
    });
    assert_eq!(found, usage(&chunks));
    cut(reader, text);
}

/// A stream that is cut before its first reason never counts as complete.
fn cut(new: impl Fn() -> AnswerReader, text: &str) {
    let reasons = ["\"finishReason\"", "\"blockReason\""];
    let end = reasons
        .iter()
        .filter_map(|reason| text.find(reason))
        .min()
        .unwrap();
    for at in (0..end).step_by((end / 25).max(1)) {
        let read = harness::read_whole(new(), &text.as_bytes()[..at]);
        let response = harness::respond(read.deltas);
        assert_eq!(
            response.status.value(),
            Some(&ResponseStatus::Failed),
            "{at}"
        );
    }
}

/// A piece of the answer.
#[derive(Debug, PartialEq)]
enum Piece {
    Text(String),
    Thought(String),
    Call(String, Value),
}

/// Appends a thought: one may be in several items, each with a signature.
fn push_thought(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Thought(last)) => last.push_str(text),
        _ => pieces.push(Piece::Thought(text.to_owned())),
    }
}

fn said(response: &Response) -> (Vec<Piece>, Vec<String>) {
    let (mut pieces, mut signatures) = (Vec::new(), Vec::new());
    for item in response.output_items() {
        match item {
            // A text is one message of one part, in however many chunks it came.
            Item::Message(message) => {
                let [ContentPart::OutputText(part)] = message.content.parts() else {
                    panic!("{message:?}");
                };
                pieces.push(Piece::Text(part.text.clone()));
            }
            Item::Reasoning(item) => {
                let parts = item.content.value().map_or(&[][..], Vec::as_slice);
                let thought: String = parts.iter().filter_map(ContentPart::text).collect();
                push_thought(&mut pieces, &thought);
                let opaque = item.encrypted_content.as_str();
                let payload = opaque.map(|opaque| opaque.split_once(':').unwrap().1.to_owned());
                signatures.extend(payload);
            }
            Item::FunctionCall(call) => {
                let arguments = serde_json::from_str(&call.arguments).unwrap();
                pieces.push(Piece::Call(call.name.clone(), arguments));
            }
            other => panic!("{other:?}"),
        }
    }
    (pieces, signatures)
}

fn parts(chunks: &[Value]) -> impl Iterator<Item = &Value> {
    let candidates = chunks
        .iter()
        .filter_map(|chunk| chunk["candidates"].as_array());
    let parts = candidates
        .flatten()
        .filter_map(|candidate| candidate["content"]["parts"].as_array());
    parts.flatten()
}

fn expected(chunks: &[Value]) -> (Vec<Piece>, Vec<String>) {
    let (mut pieces, mut signatures) = (Vec::new(), Vec::new());
    for part in parts(chunks) {
        let call = &part["functionCall"];
        let text = part["text"].as_str();
        if call.is_object() || text.is_some() {
            signatures.extend(part["thoughtSignature"].as_str().map(str::to_owned));
        }
        if let Some(name) = call["name"].as_str() {
            let arguments = match &call["args"] {
                Value::Null => Value::Object(Map::new()),
                arguments => arguments.clone(),
            };
            pieces.push(Piece::Call(name.to_owned(), arguments));
        }
        for piece in call["partialArgs"].as_array().into_iter().flatten() {
            let Some(Piece::Call(_, arguments)) = pieces.last_mut() else {
                panic!("{piece}");
            };
            apply(arguments, piece);
        }
        match (text, pieces.last_mut()) {
            (None | Some(""), _) => {}
            (Some(text), _) if part["thought"] == true => push_thought(&mut pieces, text),
            (Some(text), Some(Piece::Text(last))) => last.push_str(text),
            (Some(text), _) => pieces.push(Piece::Text(text.to_owned())),
        }
    }
    (pieces, signatures)
}

/// Puts a value at its path: the recordings have names and indices only.
fn apply(mut value: &mut Value, piece: &Value) {
    let path = piece["jsonPath"].as_str().unwrap();
    for step in path.trim_start_matches("$.").split(['.', '[']) {
        value = match step.strip_suffix(']') {
            Some(index) => {
                let index: usize = index.parse().unwrap();
                if value.is_null() {
                    *value = Value::Array(Vec::new());
                }
                let elements = value.as_array_mut().unwrap();
                elements.resize((index + 1).max(elements.len()), Value::Null);
                &mut elements[index]
            }
            None => &mut value[step],
        };
    }
    match (&mut *value, piece["stringValue"].as_str()) {
        (Value::String(text), Some(more)) => text.push_str(more),
        (value, Some(text)) => *value = text.into(),
        (value, None) => *value = piece["numberValue"].clone(),
    }
}

fn status(chunks: &[Value]) -> ResponseStatus {
    let mut reasons = chunks.iter().filter_map(|chunk| {
        let reason = chunk["candidates"][0]["finishReason"].as_str();
        reason.or(chunk["promptFeedback"]["blockReason"].as_str())
    });
    match reasons.next_back() {
        None => ResponseStatus::Failed,
        Some("STOP" | "FAKE_ENUM") => ResponseStatus::Completed,
        Some(_) => ResponseStatus::Incomplete,
    }
}

/// Input with that of tools, output with thoughts, and thoughts.
fn usage(chunks: &[Value]) -> Option<(u64, u64, u64)> {
    let mut all = chunks.iter().map(|chunk| &chunk["usageMetadata"]);
    let has_count = |usage: &&Value| {
        let members = usage.as_object();
        members.is_some_and(|all| all.keys().any(|name| name.ends_with("TokenCount")))
    };
    let last = all.rfind(has_count)?;
    let count = |name: &str| last[name].as_u64().unwrap_or(0);
    let thoughts = count("thoughtsTokenCount");
    Some((
        count("promptTokenCount") + count("toolUsePromptTokenCount"),
        count("candidatesTokenCount") + thoughts,
        thoughts,
    ))
}

/// How often each member without a place must have been counted, by the table.
fn strangers(chunks: &[Value]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for chunk in chunks {
        object("", chunk, &mut counts);
    }
    counts
}

const PART: &str = "candidates[].content.parts[]";

fn object(place: &str, value: &Value, counts: &mut BTreeMap<String, u64>) {
    // Of a part that has no place nothing is read.
    let is_unread = place == PART && value["text"].is_null() && value["functionCall"].is_null();
    for (name, value) in value.as_object().unwrap() {
        let path = if place.is_empty() {
            name.clone()
        } else {
            format!("{place}.{name}")
        };
        let is_read = ANSWER
            .iter()
            .any(|row| row.member == path && row.treatment != Treatment::Warned);
        let is_unknown_word = value == "FAKE_ENUM";
        match path.as_str() {
            _ if value.is_null() => {}
            _ if is_unread => *counts.entry(path).or_default() += 1,
            "candidates" | "candidates[].content.parts" => {
                let elements = value.as_array().unwrap().iter();
                elements.for_each(|value| object(&format!("{path}[]"), value, counts));
            }
            "candidates[].content"
            | "candidates[].content.parts[].functionCall"
            | "usageMetadata"
            | "promptFeedback" => object(&path, value, counts),
            _ if is_read && !is_unknown_word => {}
            _ => *counts.entry(path).or_default() += 1,
        }
    }
}
