use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use openresponses_types::item::{FunctionCall, FunctionCallOutput};
use openresponses_types::tool::{FunctionToolChoice, SpecificToolChoice, Tool, ToolChoice};
use openresponses_types::wire::Unknown;
use openresponses_types::{Item, Turn};

use super::{CALL, INPUT, OUTPUT, TOOL, tool};
use crate::declared::declared_by;
use crate::json::{Object, elements, members, text};

/// Returns the turn with its custom tools as functions, their calls and outputs as those of
/// functions. Each item and tool keeps its place.
pub(crate) fn as_functions(turn: &Turn) -> Cow<'_, Turn> {
    let is_custom = |tool: &Tool| matches!(tool, Tool::Unknown(tool) if tool.type_name() == TOOL);
    let is_item = |item: &Item| matches!(item, Item::Unknown(item) if [CALL, OUTPUT].contains(&item.type_name()));
    let is_any = turn.tools.iter().any(is_custom) || turn.items.iter().any(|item| is_item(item));
    if !is_any && !is_choice(&turn.tool_choice) {
        return Cow::Borrowed(turn);
    }
    let mut turn = turn.clone();
    for tool in &mut turn.tools {
        if let Tool::Unknown(custom) = &*tool
            && let Some(function) = tool::function(custom.json().reader())
        {
            *tool = Tool::from(function);
        }
    }
    for item in &mut turn.items {
        if let Item::Unknown(custom) = &**item
            && let Some(converted) = converted(custom)
        {
            *item = Arc::new(converted);
        }
    }
    match &mut turn.tool_choice {
        ToolChoice::Unknown(choice) => {
            if let Some(name) = chosen(choice) {
                turn.tool_choice = ToolChoice::function(&name);
            }
        }
        ToolChoice::AllowedTools(set) => {
            for tool in &mut set.tools {
                if let SpecificToolChoice::Unknown(choice) = &*tool
                    && let Some(name) = chosen(choice)
                {
                    *tool = SpecificToolChoice::Function(FunctionToolChoice::new(name));
                }
            }
        }
        ToolChoice::Mode(_) | ToolChoice::Function(_) | ToolChoice::Extension(_) => {}
        // Later choices are not known.
        _ => {}
    }
    Cow::Owned(turn)
}

/// Returns the names that calls of custom tools have. Of tools with one name the first is shown.
pub(crate) fn names(turn: &Turn) -> BTreeSet<String> {
    let mut functions = BTreeSet::new();
    let mut custom = BTreeSet::new();
    let mut add = |kind: Option<&str>, name: Option<String>| match (kind, name) {
        (Some("function"), Some(name)) if !custom.contains(&name) => {
            functions.insert(name);
        }
        (Some(TOOL), Some(name)) if !functions.contains(&name) => {
            custom.insert(name);
        }
        _ => {}
    };
    for tool in &turn.tools {
        match tool {
            Tool::Function(function) => add(Some("function"), Some(function.name.clone())),
            Tool::Unknown(tool) => add(Some(tool.type_name()), tool.string_member("name")),
            _ => {}
        }
    }
    for item in &turn.items {
        let Item::Unknown(item) = &**item else {
            continue;
        };
        for tool in declared_by(item).into_iter().flat_map(elements) {
            let kind = tool.member("type").and_then(text);
            add(kind.as_deref(), tool.member("name").and_then(text));
        }
    }
    custom
}

fn is_choice(choice: &ToolChoice) -> bool {
    match choice {
        ToolChoice::Unknown(choice) => chosen(choice).is_some(),
        ToolChoice::AllowedTools(set) => set.tools.iter().any(
            |tool| matches!(tool, SpecificToolChoice::Unknown(choice) if chosen(choice).is_some()),
        ),
        _ => false,
    }
}

/// The custom tool that a choice names.
fn chosen(choice: &Unknown) -> Option<String> {
    (choice.type_name() == TOOL)
        .then(|| choice.string_member("name"))
        .flatten()
}

/// The item of a function that says the same; nothing where `item` is no such item.
fn converted(item: &Unknown) -> Option<Item> {
    let type_name = match item.type_name() {
        CALL => "function_call",
        OUTPUT => "function_call_output",
        _ => return None,
    };
    let mut json = String::new();
    let mut out = Object::begin(&mut json);
    out.string("type", type_name);
    for (name, mut value) in members(item.json().reader()) {
        match &*name {
            "type" => {}
            INPUT if type_name == "function_call" => {
                let mut arguments = String::new();
                Object::begin(&mut arguments).string(INPUT, &text(value)?);
                out.string("arguments", &arguments);
            }
            _ => out.raw(&name, value.raw()),
        }
    }
    drop(out);
    match type_name {
        "function_call" => {
            let call = FunctionCall::from_json(json.as_bytes()).ok()?;
            Some(Item::FunctionCall(Box::new(call)))
        }
        _ => {
            let output = FunctionCallOutput::from_json(json.as_bytes()).ok()?;
            Some(Item::FunctionCallOutput(Box::new(output)))
        }
    }
}
