//! The function calls of the model.

use openresponses_types::Turn;
use openresponses_types::json::RawJson;
use openresponses_types::tool::{
    FunctionTool, SpecificToolChoice, Tool, ToolChoice, ToolChoiceMode,
};

use crate::conversation::Conversation;
use crate::sample::sample_object;

/// A call of the model.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// Returns the calls of a turn; empty when the model answers with text.
pub(crate) fn calls(turn: &Turn, conversation: &Conversation<'_>) -> Vec<Call> {
    let functions = || {
        turn.tools.iter().filter_map(|tool| match tool {
            Tool::Function(function) => Some(&**function),
            _ => None,
        })
    };
    let mut candidates: Vec<&FunctionTool> = functions().filter(|it| !is_deferred(it)).collect();
    let mode = match &turn.tool_choice {
        ToolChoice::Mode(mode) => mode.clone(),
        ToolChoice::AllowedTools(set) => {
            candidates.retain(|function| set.tools.iter().any(|it| selects(it, &function.name)));
            set.mode.value().cloned().unwrap_or(ToolChoiceMode::Auto)
        }
        ToolChoice::Function(choice) => match choice.name.as_str() {
            // A function that the request names counts as loaded.
            Some(name) => {
                let named = functions().find(|function| function.name == name);
                return vec![call(name, named)];
            }
            None => ToolChoiceMode::Required,
        },
        // Other kinds of tools are not supported by this model.
        _ => return Vec::new(),
    };
    let chosen = match mode {
        ToolChoiceMode::None => Vec::new(),
        ToolChoiceMode::Required => required(&candidates, conversation).into_iter().collect(),
        _ if is_written(conversation, &candidates) => {
            return written(turn, conversation, &candidates);
        }
        _ if !conversation.outputs.is_empty() => Vec::new(),
        _ => {
            let parallel = turn.parallel_tool_calls && conversation.says_parallel();
            let most = turn.max_tool_calls.unwrap_or(u64::MAX).min(2);
            let count = if parallel && most > 1 { 2 } else { 1 };
            candidates.into_iter().take(count).collect()
        }
    };
    chosen
        .into_iter()
        .map(|function| call(&function.name, Some(function)))
        .collect()
}

/// Returns true if the user wrote calls of candidates.
fn is_written(conversation: &Conversation<'_>, candidates: &[&FunctionTool]) -> bool {
    !written_calls(&conversation.last, candidates).is_empty()
}

/// Returns the written calls: the next of them, or all at once.
fn written(
    turn: &Turn,
    conversation: &Conversation<'_>,
    candidates: &[&FunctionTool],
) -> Vec<Call> {
    let calls = written_calls(&conversation.last, candidates);
    let made = conversation.called.len();
    let at_once = match turn.parallel_tool_calls && conversation.says_parallel() {
        true => usize::MAX,
        false => 1,
    };
    calls.into_iter().skip(made).take(at_once).collect()
}

/// Finds each `call` in a text with the name of a candidate and its arguments.
fn written_calls(text: &str, candidates: &[&FunctionTool]) -> Vec<Call> {
    let call = |rest: &str| {
        let (name, rest) = rest.split_once(' ')?;
        let known = candidates.iter().any(|function| function.name == name);
        let arguments = first_object(rest).filter(|_| known)?;
        Some(Call {
            name: name.into(),
            arguments: arguments.into(),
        })
    };
    text.split("call ").skip(1).filter_map(call).collect()
}

/// The JSON object that a text begins with.
fn first_object(text: &str) -> Option<&str> {
    if !text.starts_with('{') {
        return None;
    }
    let ends = text.match_indices('}').map(|(at, _)| &text[..=at]);
    ends.into_iter()
        .find(|object| RawJson::parse(object).is_ok())
}

/// Returns the first candidate that was not called since the last user message, otherwise the last
/// one.
fn required<'t>(
    candidates: &[&'t FunctionTool],
    conversation: &Conversation<'_>,
) -> Option<&'t FunctionTool> {
    let new = |function: &&&FunctionTool| !conversation.called.contains(&function.name.as_str());
    candidates.iter().find(new).or(candidates.last()).copied()
}

fn call(name: &str, function: Option<&FunctionTool>) -> Call {
    Call {
        name: name.into(),
        arguments: sample_object(function.and_then(|function| function.parameters.value())),
    }
}

fn selects(choice: &SpecificToolChoice, name: &str) -> bool {
    match choice {
        SpecificToolChoice::Function(function) => {
            function.name.as_str().is_none_or(|only| only == name)
        }
        _ => false,
    }
}

/// Returns true for a function that must be searched for first.
fn is_deferred(function: &FunctionTool) -> bool {
    let member = function.extra.get("defer_loading");
    member.is_some_and(|value| value.reader().boolean() == Some(true))
}
