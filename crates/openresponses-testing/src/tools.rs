//! The function calls of the model.

use std::collections::HashSet;

use openresponses_types::Turn;
use openresponses_types::json::RawJson;
use openresponses_types::tool::{
    FunctionTool, SpecificToolChoice, Tool, ToolChoice, ToolChoiceMode,
};

use crate::conversation::Conversation;
use crate::sample::{OverBudget, Work, sample_object};

/// A call of the model.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) name: String,
    pub(crate) arguments: String,
}

/// Returns the calls of a turn; empty when the model answers with text.
pub(crate) fn calls(
    turn: &Turn,
    conversation: &Conversation<'_>,
    work: Work,
) -> Result<Vec<Call>, OverBudget> {
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
                return Ok(vec![call(name, named, work)?]);
            }
            None => ToolChoiceMode::Required,
        },
        // Other kinds of tools are not supported by this model.
        _ => return Ok(Vec::new()),
    };
    let chosen = match mode {
        ToolChoiceMode::None => Vec::new(),
        ToolChoiceMode::Required => required(&candidates, conversation).into_iter().collect(),
        _ => {
            let calls = written_calls(&conversation.last, &candidates);
            if !calls.is_empty() {
                return Ok(due(turn, conversation, calls));
            }
            first(turn, conversation, candidates)
        }
    };
    chosen
        .into_iter()
        .map(|function| call(&function.name, Some(function), work))
        .collect()
}

/// Returns the candidates that are called without being asked for.
fn first<'t>(
    turn: &Turn,
    conversation: &Conversation<'_>,
    candidates: Vec<&'t FunctionTool>,
) -> Vec<&'t FunctionTool> {
    if !conversation.outputs.is_empty() {
        return Vec::new();
    }
    let parallel = turn.parallel_tool_calls && conversation.says_parallel();
    let most = turn.max_tool_calls.unwrap_or(u64::MAX).min(2);
    let count = if parallel && most > 1 { 2 } else { 1 };
    candidates.into_iter().take(count).collect()
}

/// Returns those of the written calls that are due: the next of them, or all at once.
fn due(turn: &Turn, conversation: &Conversation<'_>, calls: Vec<Call>) -> Vec<Call> {
    let made = conversation.called.len();
    let at_once = match turn.parallel_tool_calls && conversation.says_parallel() {
        true => usize::MAX,
        false => 1,
    };
    calls.into_iter().skip(made).take(at_once).collect()
}

/// Finds each `call` in a text with the name of a candidate and its arguments.
fn written_calls(text: &str, candidates: &[&FunctionTool]) -> Vec<Call> {
    let mut parts = text.split("call ").skip(1).peekable();
    if parts.peek().is_none() {
        return Vec::new();
    }
    let known: HashSet<&str> = candidates.iter().map(|it| it.name.as_str()).collect();
    let call = |rest: &str| {
        let (name, rest) = rest.split_once(' ')?;
        let arguments = first_object(rest).filter(|_| known.contains(name))?;
        Some(Call {
            name: name.into(),
            arguments: arguments.into(),
        })
    };
    parts.filter_map(call).collect()
}

/// The JSON object that a text begins with.
fn first_object(text: &str) -> Option<&str> {
    let end = object_end(text)?;
    let object = text.get(..end)?;
    RawJson::parse(object).is_ok().then_some(object)
}

/// Where the object that a text begins with ends, if it is one.
fn object_end(text: &str) -> Option<usize> {
    if !text.starts_with('{') {
        return None;
    }
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'{' if !quoted => depth += 1,
            b'}' if !quoted => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns the first candidate that was not called since the last user message, otherwise the last
/// one.
fn required<'t>(
    candidates: &[&'t FunctionTool],
    conversation: &Conversation<'_>,
) -> Option<&'t FunctionTool> {
    let called: HashSet<&str> = conversation.called.iter().copied().collect();
    let new = |function: &&&FunctionTool| !called.contains(function.name.as_str());
    candidates.iter().find(new).or(candidates.last()).copied()
}

fn call(name: &str, function: Option<&FunctionTool>, work: Work) -> Result<Call, OverBudget> {
    let parameters = function.and_then(|function| function.parameters.value());
    Ok(Call {
        name: name.into(),
        arguments: sample_object(parameters, work)?,
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_object_ends_where_its_first_brace_is_closed() {
        for (text, expected) in [
            (r#"{} and {}"#, Some("{}")),
            (r#"{"a":{"b":"}\\\"}"}} x"#, Some(r#"{"a":{"b":"}\\\"}"}}"#)),
            (r#"{"a":"}}}}"#, None),
            ("{x} {}", None),
            (" {}", None),
            ("}", None),
            ("", None),
        ] {
            assert_eq!(first_object(text), expected, "{text}");
        }
    }
}
