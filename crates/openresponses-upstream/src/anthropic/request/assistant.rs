use openresponses_types::content::{Content, ContentPart};
use openresponses_types::diagnostics::Path;
use openresponses_types::item::{FunctionCall, Reasoning};
use openresponses_types::normalize::TurnMessage;
use openresponses_types::{Item, Violation};

use super::block::Block;
use super::content;
use super::conversation::Role;
use super::messages::{Messages, tool_use_id};
use super::own::Own;
use crate::anthropic::answer::{REDACTED, SIGNATURE};
use crate::arguments;
use crate::request::item_path;
use crate::tagged::TaggedReasoning;

/// Appends the adjacent items of the model as one message, and the outputs of its calls behind it.
pub(super) fn write<'t>(
    messages: &mut Messages<'t, '_>,
    speech: TurnMessage<'t>,
) -> Result<(), Violation> {
    let mut blocks = Vec::new();
    let mut calls = Vec::new();
    for (at, item) in speech.enumerate() {
        let path = item_path(messages.walk.turn, at);
        match item {
            Item::Message(message) => {
                messages.walk.warn_of_phase(message, &path);
                let place = path.clone().member("content");
                let (dialect, content) = (messages.dialect, &message.content);
                let texts = content::texts(dialect, content, &place, messages.walk.notes)?;
                blocks.extend(messages.marked(message, texts, &path));
            }
            Item::FunctionCall(call) => {
                blocks.push(tool_use(messages, call, path));
                calls.push((at, &call.call_id));
            }
            Item::Reasoning(item) => blocks.extend(reasoning(messages, item, path)),
            // No other item is the model's.
            _ => {}
        }
    }
    messages.out.push(Role::Assistant, blocks);
    let mut outputs = Vec::with_capacity(calls.len());
    for (at, call_id) in calls {
        outputs.push(messages.output_of(call_id, at)?);
    }
    messages.out.push(Role::User, outputs);
    Ok(())
}

fn tool_use(messages: &mut Messages<'_, '_>, call: &FunctionCall, path: Path) -> Block {
    let own = Own::read(messages.dialect, &call.extra, &path, messages.walk.notes);
    let input = arguments::object(&call.arguments, &path, messages.walk.notes);
    messages.out.called.push(call.name.clone());
    let cache_control = own.cache_control.as_deref();
    Block::new("tool_use", path, cache_control, |block| {
        block.string("id", &tool_use_id(&call.call_id));
        block.string("name", &call.name);
        block.raw("input", &input);
    })
}

/// Thinking goes back as it came, to the provider that it came from.
fn reasoning(messages: &mut Messages<'_, '_>, item: &Reasoning, path: Path) -> Option<Block> {
    messages.walk.notes.warn_of_extra(&path, &item.extra);
    let tagged = item.encrypted_content.as_str();
    let tagged = tagged.and_then(TaggedReasoning::read);
    let payload = |(dialect, kind)| tagged.as_ref()?.payload_of(dialect, kind);
    if let Some(data) = payload(REDACTED) {
        return Some(Block::new("redacted_thinking", path, None, |block| {
            block.string("data", data);
        }));
    }
    let Some(signature) = payload(SIGNATURE) else {
        messages.walk.notes.warn(
            path,
            "The upstream's API takes back only thinking of its own: it was left out.",
        );
        return None;
    };
    let parts = |parts: Option<&Vec<ContentPart>>| {
        let content = Content::Parts(parts.cloned().unwrap_or_default());
        content.texts().collect::<String>()
    };
    if !parts(item.summary.value()).is_empty() {
        messages.walk.notes.warn(
            path.clone().member("summary"),
            "The upstream's API takes back the thinking itself: the summary was left out.",
        );
    }
    let thinking = parts(item.content.value());
    Some(Block::new("thinking", path, None, |block| {
        block.string("thinking", &thinking);
        block.string("signature", signature);
    }))
}
