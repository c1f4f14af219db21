use std::borrow::Cow;
use std::sync::Arc;

use openresponses_types::diagnostics::Path;
use openresponses_types::request::{Include, TextConfig};
use openresponses_types::tool::{FunctionTool, Tool};
use openresponses_types::{Field, Item, Turn, Violation};

use super::Responses;
use super::reasoning::{replayed, without_content};
use crate::declared::declared_by;
use crate::json::{Array, Object};
use crate::request::{Notes, UpstreamRequest, path_from};

/// Translates a turn; with `previous`, the server's id of the response that it continues, without the
/// items before it.
pub(super) fn request(
    dialect: &Responses,
    turn: &Turn,
    previous: Option<&str>,
) -> Result<UpstreamRequest, Violation> {
    let (body, notes) = body(dialect, turn, previous, MEMBERS, |body| {
        settings(turn, body);
        body.boolean("store", dialect.passes_previous && turn.store);
        include(turn, body);
    })?;
    Ok(UpstreamRequest::post("/responses", body, true).noted(notes))
}

/// Prints the body of a request: model, items and tools, then what `settings` prints, and members that
/// the protocol does not know. `members` have the same name on both sides.
pub(super) fn body(
    dialect: &Responses,
    turn: &Turn,
    previous: Option<&str>,
    members: &[&str],
    settings: impl FnOnce(&mut Object<'_>),
) -> Result<(String, Notes), Violation> {
    let mut notes = Notes::of(turn);
    let mut out = String::with_capacity(1 << 10);
    {
        let mut body = Object::begin(&mut out).keep_names();
        body.string("model", &turn.model);
        if let Some(id) = previous {
            body.string("previous_response_id", id);
        }
        let start = previous.map_or(0, |_| turn.input_start);
        let conversation = Conversation {
            items: &turn.items,
            input_start: turn.input_start,
            is_kept: dialect.passes_previous && turn.store,
            has_reasoning_content: dialect.quirks.reasoning_content,
        };
        conversation.write(start, &mut body, &mut notes);
        tools(turn, &mut body);
        settings(&mut body);
        for name in members {
            notes.origins.add(*name, Path::default().member(name));
        }
        dialect.extras().write(&turn.extra, &mut body, &mut notes)?;
    }
    Ok((out, notes))
}

/// Members with the same name on both sides.
const MEMBERS: &[&str] = &[
    "model",
    "instructions",
    "tools",
    "tool_choice",
    "text",
    "reasoning",
    "temperature",
    "top_p",
    "presence_penalty",
    "frequency_penalty",
    "max_output_tokens",
    "max_tool_calls",
    "top_logprobs",
    "truncation",
    "service_tier",
];

/// The items of a request.
pub(super) struct Conversation<'a> {
    pub(super) items: &'a [Arc<Item>],
    /// Items from here on are the client's request.
    pub(super) input_start: usize,
    /// Whether the server keeps its items.
    pub(super) is_kept: bool,
    /// Whether reasoning may have content.
    pub(super) has_reasoning_content: bool,
}

impl Conversation<'_> {
    /// Prints the items from `start` on.
    pub(super) fn write(&self, start: usize, body: &mut Object<'_>, notes: &mut Notes) {
        let mut input = body.array("input");
        let mut printed = 0;
        for (at, item) in self.items.iter().enumerate().skip(start) {
            let path = path_from(self.input_start, at);
            let json = match &**item {
                Item::Reasoning(reasoning) => {
                    let reasoning = &*match self.has_reasoning_content {
                        true => Cow::Borrowed(&**reasoning),
                        false => Cow::Owned(without_content(reasoning, &path, notes)),
                    };
                    let replayed = replayed(reasoning, self.is_kept, path.clone(), notes);
                    let Some(reasoning) = replayed else { continue };
                    reasoning.to_json()
                }
                item => item.to_json(),
            };
            notes.origins.add(format!("input[{printed}]"), path);
            input.raw(&json);
            printed += 1;
        }
    }
}

/// A turn has null where the client left something out, which servers of older versions refuse.
fn without_nulls(tool: &Tool) -> Cow<'_, Tool> {
    let Tool::Function(function) = tool else {
        return Cow::Borrowed(tool);
    };
    let mut function = FunctionTool::clone(function);
    absent_if_null(&mut function.description);
    absent_if_null(&mut function.parameters);
    absent_if_null(&mut function.strict);
    Cow::Owned(function.into())
}

fn absent_if_null<T>(field: &mut Field<T>) {
    if field.is_null() {
        *field = Field::Absent;
    }
}

/// True where an item of the conversation brings tools.
fn declares_tools(turn: &Turn) -> bool {
    turn.items
        .iter()
        .any(|item| matches!(&**item, Item::Unknown(item) if declared_by(item).is_some()))
}

fn tools(turn: &Turn, body: &mut Object<'_>) {
    if turn.tools.is_empty() && !declares_tools(turn) {
        return;
    }
    if !turn.tools.is_empty() {
        let mut tools = body.array("tools");
        turn.tools
            .iter()
            .for_each(|tool| tools.raw(&without_nulls(tool).to_json()));
    }
    body.raw("tool_choice", &turn.tool_choice.to_json());
    if !turn.parallel_tool_calls {
        body.boolean("parallel_tool_calls", false);
    }
}

/// Prints the settings that the context of the model is made of.
pub(super) fn context(turn: &Turn, body: &mut Object<'_>) {
    let mut text = TextConfig::new().format(turn.text.format.clone());
    text.verbosity = turn.text.verbosity.clone().into();
    text.extra = turn.text.extra.clone();
    body.raw("text", &text.to_json());
    if let Some(reasoning) = &turn.reasoning {
        body.raw("reasoning", &reasoning.to_json());
    }
    if let Some(instructions) = turn.instructions.as_deref() {
        body.string("instructions", instructions);
    }
    body.string("truncation", turn.truncation.as_str());
}

fn settings(turn: &Turn, body: &mut Object<'_>) {
    context(turn, body);
    let numbers = [
        ("temperature", turn.temperature),
        ("top_p", turn.top_p),
        ("presence_penalty", turn.presence_penalty),
        ("frequency_penalty", turn.frequency_penalty),
    ];
    for (name, value) in numbers {
        if let Some(value) = value {
            body.float(name, value);
        }
    }
    let counts = [
        ("max_output_tokens", turn.max_output_tokens),
        ("max_tool_calls", turn.max_tool_calls),
        ("top_logprobs", turn.top_logprobs),
    ];
    for (name, value) in counts {
        if let Some(value) = value {
            body.integer(name, value);
        }
    }
    let tier = turn.service_tier.as_ref().map(|tier| tier.as_str());
    let texts = [
        ("service_tier", tier),
        ("safety_identifier", turn.safety_identifier.as_deref()),
        ("prompt_cache_key", turn.prompt_cache_key.as_deref()),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            body.string(name, value);
        }
    }
    body.boolean("stream", true);
}

/// Reasoning comes back with the next turn, so it is wanted in the form that the server can read.
fn include(turn: &Turn, body: &mut Object<'_>) {
    let encrypted = Include::ReasoningEncryptedContent;
    let adds = turn.reasoning.is_some() && turn.encrypted_reasoning && !turn.includes(&encrypted);
    let added = adds.then_some(&encrypted);
    let mut out = String::new();
    {
        let mut array = Array::begin(&mut out);
        for include in turn.include.iter().chain(added) {
            array.string(include.as_str());
        }
    }
    if out != "[]" {
        body.raw("include", &out);
    }
}
