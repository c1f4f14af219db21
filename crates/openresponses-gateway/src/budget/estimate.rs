//! The most that a call may use, before it is made.

use std::sync::Arc;

use openresponses_types::content::{Content, ContentPart};
use openresponses_types::normalize::ContextWindow;
use openresponses_types::{Item, Turn};

/// Bytes of text for one token. English has about four; two is a bound for nearly any text.
const BYTES: u64 = 2;

/// Tokens of a part that is not text, such as an image.
const PART: u64 = 2_000;

/// An estimate of the tokens of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    pub(super) input_tokens: u64,
    /// The limit of the request; `None` without one.
    pub(super) output_tokens: Option<u64>,
}

impl Estimate {
    pub(crate) fn of_turn(turn: &Turn) -> Self {
        let tools = turn.tools.iter().map(|tool| tokens(&tool.to_json()));
        let instructions = turn.instructions.as_deref().map_or(0, tokens);
        let context = items(&turn.items).saturating_add(instructions);
        Self {
            input_tokens: tools.fold(context, u64::saturating_add),
            output_tokens: turn.max_output_tokens,
        }
    }

    pub(crate) fn of_window(window: &ContextWindow) -> Self {
        Self {
            input_tokens: items(&window.items),
            output_tokens: None,
        }
    }
}

fn items(all: &[Arc<Item>]) -> u64 {
    all.iter().map(|one| item(one)).fold(0, u64::saturating_add)
}

fn item(item: &Item) -> u64 {
    match item {
        Item::Message(message) => content(&message.content),
        Item::FunctionCall(call) => tokens(&call.arguments).saturating_add(tokens(&call.name)),
        Item::FunctionCallOutput(output) => content(&output.output),
        other => tokens(&other.to_json()),
    }
}

fn content(content: &Content) -> u64 {
    let is_other = |part: &&ContentPart| part.text().is_none();
    let others = content.parts().iter().filter(is_other).count() as u64;
    let texts = content.texts().map(tokens);
    texts.fold(others.saturating_mul(PART), u64::saturating_add)
}

fn tokens(text: &str) -> u64 {
    (text.len() as u64).div_ceil(BYTES)
}
