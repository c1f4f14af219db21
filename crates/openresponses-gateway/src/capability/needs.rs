//! What a request needs.

use openresponses_types::{Content, Contents, Include, Item, Path, TextFormat, Turn};

use super::set::Capability;

/// A capability that a request needs, and the first member that needs it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Need {
    pub(crate) capability: Capability,
    pub(crate) path: Path,
}

pub(crate) fn needs(turn: &Turn) -> Vec<Need> {
    let mut all: Vec<Need> = Vec::new();
    let mut need = |capability, path: &dyn Fn() -> Path| {
        if !all.iter().any(|need| need.capability == capability) {
            all.push(Need {
                capability,
                path: path(),
            });
        }
    };
    let top = |name: &'static str| move || Path::default().member(name);
    for (at, item) in turn.items.iter().enumerate() {
        for (index, part) in parts(item).iter().enumerate() {
            if let Some(capability) = of_part(part) {
                need(capability, &|| {
                    place(turn, at, member(item)).map_or_else(previous, |path| path.index(index))
                });
            }
        }
    }
    if !turn.tools.is_empty() {
        need(Capability::Tools, &top("tools"));
        if turn.parallel_tool_calls {
            need(Capability::ParallelTools, &top("parallel_tool_calls"));
        }
    }
    if !matches!(turn.text_format, TextFormat::Text(_)) {
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

/// Where a member of an item stands in the request; nowhere for an item of a previous response.
pub(super) fn place(turn: &Turn, item: usize, member: &str) -> Option<Path> {
    let index = item.checked_sub(turn.input_start)?;
    Some(Path::default().member("input").index(index).member(member))
}

pub(super) fn previous() -> Path {
    Path::default().member("previous_response_id")
}

fn member(item: &Item) -> &'static str {
    match item {
        Item::FunctionCallOutput(_) => "output",
        _ => "content",
    }
}

fn parts(item: &Item) -> &[Content] {
    match item {
        Item::Message(message) => message.content.parts(),
        Item::FunctionCallOutput(output) => Contents::parts(&output.output),
        _ => &[],
    }
}

pub(super) fn of_part(part: &Content) -> Option<Capability> {
    match part {
        Content::InputImage(_) => Some(Capability::Images),
        Content::InputFile(_) => Some(Capability::Files),
        Content::InputVideo(_) => Some(Capability::Video),
        _ => None,
    }
}
