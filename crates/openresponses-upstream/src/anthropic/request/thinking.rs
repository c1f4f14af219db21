use openresponses_types::Turn;
use openresponses_types::diagnostics::Path;
use openresponses_types::tool::{ToolChoice, ToolChoiceMode};

use super::conversation::Conversation;
use crate::anthropic::Anthropic;
use crate::anthropic::quirks::ThinkingMember;
use crate::reason;
use crate::request::Notes;

/// The least budget that the API takes.
const LEAST: u64 = 1_024;

/// How much the model thinks, and the bound on the output that goes with it.
#[derive(Debug)]
pub(super) struct Thinking {
    pub(super) max_tokens: u64,
    pub(super) mode: Mode,
}

/// What `thinking` says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing: the server's default holds.
    Unset,
    Disabled,
    Budget(u64),
    Effort(String),
}

impl Thinking {
    /// Reads what the turn wants of it.
    pub(super) fn of(
        dialect: &Anthropic,
        turn: &Turn,
        conversation: &Conversation,
        notes: &mut Notes,
    ) -> Self {
        let stated = turn.max_output_tokens;
        let mut thinking = Self {
            max_tokens: stated.unwrap_or(dialect.max_tokens),
            mode: Mode::Unset,
        };
        let effort = turn.reasoning.as_ref();
        let Some(effort) = effort.and_then(|config| config.effort.value()) else {
            return thinking;
        };
        let mode = match (effort.as_str(), dialect.quirks.thinking) {
            _ if turn.extra.get("thinking").is_some() => {
                Err("The request has set 'thinking' already.")
            }
            (_, ThinkingMember::Omit) => Err(reason::NO_PLACE),
            ("none", _) => Ok(Mode::Disabled),
            _ if forces_call(turn) => {
                Err("The upstream's API does not think where a tool call is required.")
            }
            _ if conversation.goes_on_without_thinking() => Err(
                "The upstream's API does not think where the calls before were made without thinking of its own.",
            ),
            (effort, ThinkingMember::Budget) => budget(effort, stated),
            ("minimal", ThinkingMember::Effort) => Ok(Mode::Effort("low".to_owned())),
            (effort, ThinkingMember::Effort) => Ok(Mode::Effort(effort.to_owned())),
        };
        match mode {
            Ok(mode) => thinking.mode = mode,
            Err(reason) => {
                let path = Path::default().member("reasoning").member("effort");
                notes.warn(path, reason);
            }
        }
        if let (Mode::Budget(budget), None) = (&thinking.mode, stated) {
            thinking.max_tokens = thinking.max_tokens.saturating_add(*budget);
        }
        thinking
    }

    /// Returns true if the model is asked to think.
    pub(super) fn is_on(&self) -> bool {
        matches!(self.mode, Mode::Budget(_) | Mode::Effort(_))
    }
}

/// The tokens that an effort comes to, less than the output may have.
fn budget(effort: &str, max_tokens: Option<u64>) -> Result<Mode, &'static str> {
    let budget = match effort {
        "minimal" => LEAST,
        "low" => 2_048,
        "medium" => 8_192,
        "high" => 16_384,
        "xhigh" => 32_768,
        _ => return Err("The upstream's API does not know the effort."),
    };
    match max_tokens {
        Some(most) if most <= LEAST => Err("The output is too short for the upstream to think."),
        Some(most) => Ok(Mode::Budget(budget.min(most / 4 * 3).max(LEAST))),
        None => Ok(Mode::Budget(budget)),
    }
}

fn forces_call(turn: &Turn) -> bool {
    match &turn.tool_choice {
        ToolChoice::Mode(mode) => *mode == ToolChoiceMode::Required,
        ToolChoice::AllowedTools(set) => set.mode.value() == Some(&ToolChoiceMode::Required),
        _ => true,
    }
}
