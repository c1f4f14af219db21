use openresponses_types::diagnostics::Path;
use openresponses_types::json::RawJson;
use openresponses_types::tool::{FunctionTool, SpecificToolChoice, ToolChoice, ToolChoiceMode};
use openresponses_types::{Turn, Violation};

use crate::chat::Chat;
use crate::functions::{self, NO_PARAMETERS, NOT_A_FUNCTION};
use crate::json::{Array, Object};
use crate::reason;
use crate::request::{Notes, refused};

/// Prints the tools and which of them may be called. `declared` are those that items of the
/// conversation bring.
pub(super) fn write(
    chat: &Chat,
    turn: &Turn,
    declared: &[(Path, FunctionTool)],
    body: &mut Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let narrow = !chat.quirks.allowed_tools;
    let functions = functions::visible(turn, declared, narrow, notes)?;
    if !functions.is_empty() {
        let mut tools = body.array("tools");
        for (at, (path, function)) in functions.iter().enumerate() {
            write_function(function, &mut tools);
            notes.warn_of_extra(path, &function.extra);
            notes.origins.add(format!("tools[{at}]"), path.clone());
        }
        drop(tools);
        notes.origins.add("tools", Path::default().member("tools"));
        if !turn.parallel_tool_calls {
            body.boolean("parallel_tool_calls", false);
            let path = Path::default().member("parallel_tool_calls");
            notes.origins.add("parallel_tool_calls", path);
        }
    }
    write_choice(chat, turn, !functions.is_empty(), body)?;
    let path = Path::default().member("tool_choice");
    notes.origins.add("tool_choice", path);
    Ok(())
}

fn write_function(function: &FunctionTool, tools: &mut Array<'_>) {
    let mut tool = tools.object();
    tool.string("type", "function");
    let mut inner = tool.object("function");
    inner.string("name", &function.name);
    if let Some(description) = function.description.as_str() {
        inner.string("description", description);
    }
    // Some servers want it even of a function that has none.
    let parameters = function.parameters.value().map(RawJson::get);
    let parameters = parameters.filter(|schema| *schema != "null");
    inner.raw("parameters", parameters.unwrap_or(NO_PARAMETERS));
    if let Some(strict) = function.strict.get() {
        inner.boolean("strict", strict);
    }
}

fn write_choice(
    chat: &Chat,
    turn: &Turn,
    has_tools: bool,
    body: &mut Object<'_>,
) -> Result<(), Violation> {
    let path = || Path::default().member("tool_choice");
    let mode = match &turn.tool_choice {
        ToolChoice::Mode(mode) => mode,
        ToolChoice::Function(function) if has_tools => {
            let mut choice = body.object("tool_choice");
            choice.string("type", "function");
            let name = function.name.as_str().unwrap_or_default();
            choice.object("function").string("name", name);
            return Ok(());
        }
        ToolChoice::AllowedTools(set) if chat.quirks.allowed_tools && has_tools => {
            let mut choice = body.object("tool_choice");
            choice.string("type", "allowed_tools");
            let mut inner = choice.object("allowed_tools");
            let mode = set.mode.value().map_or("auto", |mode| mode.as_str());
            inner.string("mode", mode);
            let mut tools = inner.array("tools");
            for tool in &set.tools {
                if let SpecificToolChoice::Function(function) = tool {
                    let mut tool = tools.object();
                    tool.string("type", "function");
                    let name = function.name.as_str().unwrap_or_default();
                    tool.object("function").string("name", name);
                }
            }
            return Ok(());
        }
        ToolChoice::AllowedTools(set) => set.mode.value().unwrap_or(&ToolChoiceMode::Auto),
        _ => {
            return Err(refused(path(), NOT_A_FUNCTION));
        }
    };
    match mode {
        // The default.
        ToolChoiceMode::Auto => {}
        // Without tools there is nothing to choose, and servers refuse the member.
        ToolChoiceMode::None if !has_tools => {}
        ToolChoiceMode::Required if !has_tools => {
            return Err(refused(path(), reason::NO_FUNCTION));
        }
        mode => body.string("tool_choice", mode.as_str()),
    }
    Ok(())
}
