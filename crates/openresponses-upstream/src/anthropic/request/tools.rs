use std::collections::BTreeSet;

use openresponses_types::diagnostics::Path;
use openresponses_types::json::{RawJson, ValueKind};
use openresponses_types::tool::{FunctionTool, ToolChoice, ToolChoiceMode};
use openresponses_types::{Turn, Violation};

use super::conversation::Conversation;
use super::own::Own;
use crate::anthropic::Anthropic;
use crate::functions::{self, Declared, NO_PARAMETERS, NOT_A_FUNCTION};
use crate::json::{Array, Object, members, text};
use crate::reason;
use crate::request::{Notes, refused};

/// Prints the tools and which of them may be called.
pub(super) fn write(
    dialect: &Anthropic,
    turn: &Turn,
    conversation: &Conversation,
    body: &mut Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let functions = functions::visible(turn, &conversation.declared, true, notes)?;
    let printed = print(dialect, &functions, notes)?;
    if let Some(printed) = &printed {
        body.raw("tools", printed);
        notes.origins.add("tools", Path::default().member("tools"));
    } else if !conversation.called.is_empty() {
        // The API wants the tools of calls that it sees.
        write_called(&conversation.called, body);
    }
    let path = Path::default().member("tool_choice");
    notes.origins.add("tool_choice", path);
    write_choice(turn, printed.is_some(), body)
}

fn print(
    dialect: &Anthropic,
    functions: &[Declared<'_>],
    notes: &mut Notes,
) -> Result<Option<String>, Violation> {
    let mut printed = String::new();
    {
        let mut tools = Array::begin(&mut printed);
        for (at, (path, function)) in functions.iter().enumerate() {
            notes.origins.add(format!("tools[{at}]"), path.clone());
            write_function(dialect, function, path, tools.object(), notes)?;
        }
    }
    Ok((!functions.is_empty()).then_some(printed))
}

fn write_function(
    dialect: &Anthropic,
    function: &FunctionTool,
    path: &Path,
    mut tool: Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    let name = &function.name;
    if name.is_empty() || name.len() > 128 || !name.bytes().all(is_name_byte) {
        return Err(refused(
            path.clone().member("name"),
            "The model behind this server takes names of 1 to 128 letters, digits, '_' and '-'.",
        ));
    }
    tool.string("name", name);
    if let Some(description) = function.description.as_str() {
        tool.string("description", description);
    }
    let parameters = function.parameters.value();
    let schema = input_schema(parameters).ok_or_else(|| {
        refused(
            path.clone().member("parameters"),
            "The model behind this server takes parameters of the type 'object' only.",
        )
    })?;
    tool.raw("input_schema", &schema);
    match function.strict.get() {
        Some(true) if dialect.quirks.structured_outputs => tool.boolean("strict", true),
        Some(true) => notes.warn(path.clone().member("strict"), reason::NO_STRICT),
        // The default.
        Some(false) | None => {}
    }
    let own = Own::read(dialect, &function.extra, path, notes);
    if let Some(cache_control) = own.cache_control {
        tool.raw("cache_control", &cache_control);
    }
    Ok(())
}

/// The schema of the arguments, whose type must be stated.
fn input_schema(parameters: Option<&RawJson>) -> Option<String> {
    let Some(schema) = parameters.filter(|schema| schema.get() != "null") else {
        return Some(NO_PARAMETERS.to_owned());
    };
    let reader = schema.reader();
    if reader.kind() != ValueKind::Object {
        return None;
    }
    match reader.member("type") {
        Some(kind) if text(kind).as_deref() == Some("object") => Some(schema.get().to_owned()),
        Some(_) => None,
        None => {
            let mut out = String::new();
            let mut object = Object::begin(&mut out);
            object.string("type", "object");
            for (name, mut value) in members(reader) {
                object.raw(&name, value.raw());
            }
            drop(object);
            Some(out)
        }
    }
}

/// Declares the functions that were called, none of which may be called again.
fn write_called(called: &[String], body: &mut Object<'_>) {
    let mut tools = body.array("tools");
    for name in called.iter().collect::<BTreeSet<_>>() {
        let mut tool = tools.object();
        tool.string("name", name);
        tool.object("input_schema").string("type", "object");
    }
    drop(tools);
    body.object("tool_choice").string("type", "none");
}

fn write_choice(turn: &Turn, has_tools: bool, body: &mut Object<'_>) -> Result<(), Violation> {
    let path = || Path::default().member("tool_choice");
    let mode = match &turn.tool_choice {
        ToolChoice::Mode(mode) => mode,
        ToolChoice::Function(function) if has_tools => {
            let mut choice = body.object("tool_choice");
            choice.string("type", "tool");
            choice.string("name", function.name.as_str().unwrap_or_default());
            write_parallel(turn, &mut choice);
            return Ok(());
        }
        ToolChoice::AllowedTools(set) => set.mode.value().unwrap_or(&ToolChoiceMode::Auto),
        _ => return Err(refused(path(), NOT_A_FUNCTION)),
    };
    let kind = match mode {
        // Without tools there is nothing to choose.
        ToolChoiceMode::Auto | ToolChoiceMode::None if !has_tools => return Ok(()),
        // The default.
        ToolChoiceMode::Auto if turn.parallel_tool_calls => return Ok(()),
        ToolChoiceMode::Auto => "auto",
        ToolChoiceMode::None => "none",
        ToolChoiceMode::Required if has_tools => "any",
        ToolChoiceMode::Required => {
            return Err(refused(path(), reason::NO_FUNCTION));
        }
        _ => {
            return Err(refused(path(), reason::UNKNOWN_MODE));
        }
    };
    let mut choice = body.object("tool_choice");
    choice.string("type", kind);
    if kind != "none" {
        write_parallel(turn, &mut choice);
    }
    Ok(())
}

fn write_parallel(turn: &Turn, choice: &mut Object<'_>) {
    if !turn.parallel_tool_calls {
        choice.boolean("disable_parallel_tool_use", true);
    }
}
