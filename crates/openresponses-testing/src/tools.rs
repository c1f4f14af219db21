//! Which functions the model calls.

use openresponses_types::Turn;
use openresponses_types::tool::{
    FunctionTool, SpecificToolChoice, Tool, ToolChoice, ToolChoiceMode,
};

use crate::conversation::Conversation;
use crate::sample::sample_object;

/// A call that the model makes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// The calls of a turn; none means that the model answers with text.
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
            // Whoever names a function has loaded it.
            Some(name) => {
                let named = functions().find(|function| function.name == name);
                return vec![call(name, named)];
            }
            None => ToolChoiceMode::Required,
        },
        // Another kind of tool, which this model does not have.
        _ => return Vec::new(),
    };
    let chosen = match mode {
        ToolChoiceMode::None => Vec::new(),
        ToolChoiceMode::Required => required(&candidates, conversation).into_iter().collect(),
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

/// The first that was not called since the last user message, else the last.
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

/// True for a function that the model is not to know before it was searched for.
fn is_deferred(function: &FunctionTool) -> bool {
    let member = function.extra.get("defer_loading");
    member.is_some_and(|value| value.reader().boolean() == Some(true))
}
