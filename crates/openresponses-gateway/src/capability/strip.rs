//! Removing from a turn what its provider cannot do.

use std::sync::Arc;

use openresponses_types::content::{Content, ContentPart};
use openresponses_types::request::{Include, TextFormat, TextFormatText};
use openresponses_types::tool::{ToolChoice, ToolChoiceMode};
use openresponses_types::{Item, Turn};

use super::needs::of_part;
use super::set::Capability;

pub(crate) fn strip(turn: &mut Turn, capability: Capability) {
    match capability {
        Capability::Images | Capability::Files | Capability::Video => {
            strip_parts(&mut turn.items, &mut turn.input_start, capability);
        }
        Capability::Tools => {
            turn.tools.clear();
            turn.tool_choice = ToolChoice::Mode(ToolChoiceMode::None);
        }
        Capability::ParallelTools => turn.parallel_tool_calls = false,
        Capability::StructuredOutput => {
            turn.text.format = TextFormat::Text(TextFormatText::new());
        }
        Capability::Reasoning => turn.reasoning = None,
        Capability::EncryptedReasoning => {
            turn.include
                .retain(|include| *include != Include::ReasoningEncryptedContent);
        }
        Capability::Logprobs => {
            turn.top_logprobs = None;
            turn.include
                .retain(|include| *include != Include::MessageOutputTextLogprobs);
        }
    }
}

/// A message without other content is removed too; an output is kept, since its call needs it.
pub(crate) fn strip_parts(
    items: &mut Vec<Arc<Item>>,
    input_start: &mut usize,
    capability: Capability,
) {
    let goes = |part: &ContentPart| of_part(part) == Some(capability);
    let mut at = 0;
    let start = *input_start;
    let mut gone_before = 0;
    items.retain_mut(|item| {
        let index = at;
        at += 1;
        let touched = match &**item {
            Item::Message(message) => message.content.parts().iter().any(goes),
            Item::FunctionCallOutput(output) => output.output.parts().iter().any(goes),
            _ => false,
        };
        if !touched {
            return true;
        }
        let stays = match Arc::make_mut(item) {
            Item::Message(message) => retain(&mut message.content, goes),
            Item::FunctionCallOutput(output) => {
                if !retain(&mut output.output, goes) {
                    output.output = Content::from("");
                }
                true
            }
            _ => true,
        };
        gone_before += usize::from(!stays && index < start);
        stays
    });
    *input_start = start - gone_before;
}

/// Returns false when nothing is left.
fn retain(contents: &mut Content, goes: impl Fn(&ContentPart) -> bool) -> bool {
    let Content::Parts(parts) = contents else {
        return true;
    };
    parts.retain(|part| !goes(part));
    !parts.is_empty()
}
