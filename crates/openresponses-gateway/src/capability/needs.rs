//! The capabilities that a request needs.

use std::sync::Arc;

use openresponses_types::content::{Content, ContentPart};
use openresponses_types::diagnostics::Path;
use openresponses_types::request::{Include, TextFormat};
use openresponses_types::{Item, Turn};

use super::set::Capability;

/// A needed capability and the first member that needs it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Need {
    pub(crate) capability: Capability,
    pub(crate) path: Path,
}

pub(crate) fn needs(turn: &Turn) -> Vec<Need> {
    let mut all = needs_of_items(&turn.items, turn.input_start);
    let mut need = |capability, path: &dyn Fn() -> Path| add(&mut all, capability, path);
    let top = |name: &'static str| move || Path::default().member(name);
    if !turn.tools.is_empty() {
        need(Capability::Tools, &top("tools"));
        if turn.parallel_tool_calls {
            need(Capability::ParallelTools, &top("parallel_tool_calls"));
        }
    }
    if !matches!(turn.text.format, TextFormat::Text(_)) {
        need(Capability::StructuredOutput, &|| {
            Path::default().member("text").member("format")
        });
    }
    if turn.reasoning.is_some() {
        need(Capability::Reasoning, &top("reasoning"));
    }
    if turn.top_logprobs.is_some_and(|count| count > 0) {
        need(Capability::Logprobs, &top("top_logprobs"));
    }
    for (at, include) in turn.include.iter().enumerate() {
        let capability = match include {
            Include::ReasoningEncryptedContent => Capability::EncryptedReasoning,
            Include::MessageOutputTextLogprobs => Capability::Logprobs,
            _ => continue,
        };
        need(capability, &|| Path::default().member("include").index(at));
    }
    all
}

/// Returns the needs of a conversation whose own items start at `input_start`.
pub(crate) fn needs_of_items(items: &[Arc<Item>], input_start: usize) -> Vec<Need> {
    let mut all = Vec::new();
    for (at, item) in items.iter().enumerate() {
        for (index, part) in parts(item).iter().enumerate() {
            if let Some(capability) = of_part(part) {
                add(&mut all, capability, &|| {
                    place(input_start, at, member(item), Some(index))
                });
            }
        }
    }
    all
}

fn add(all: &mut Vec<Need>, capability: Capability, path: &dyn Fn() -> Path) {
    if !all.iter().any(|need| need.capability == capability) {
        let path = path();
        all.push(Need { capability, path });
    }
}

/// Returns the path of an item's member in the request: of `previous_response_id` for an item of an
/// earlier response.
pub(super) fn place(input_start: usize, item: usize, member: &str, part: Option<usize>) -> Path {
    let Some(index) = item.checked_sub(input_start) else {
        return Path::default().member("previous_response_id");
    };
    let path = Path::default().member("input").index(index).member(member);
    match part {
        Some(part) => path.index(part),
        None => path,
    }
}

fn member(item: &Item) -> &'static str {
    match item {
        Item::FunctionCallOutput(_) => "output",
        _ => "content",
    }
}

fn parts(item: &Item) -> &[ContentPart] {
    match item {
        Item::Message(message) => message.content.parts(),
        Item::FunctionCallOutput(output) => Content::parts(&output.output),
        _ => &[],
    }
}

pub(super) fn of_part(part: &ContentPart) -> Option<Capability> {
    match part {
        ContentPart::InputImage(_) => Some(Capability::Images),
        ContentPart::InputFile(_) => Some(Capability::Files),
        ContentPart::InputVideo(_) => Some(Capability::Video),
        _ => None,
    }
}
