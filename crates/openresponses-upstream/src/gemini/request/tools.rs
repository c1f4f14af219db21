use openresponses_types::diagnostics::Path;
use openresponses_types::tool::{FunctionTool, ToolChoice, ToolChoiceMode};
use openresponses_types::{Turn, Violation};

use super::schema::Schemas;
use crate::functions::{self, NOT_A_FUNCTION};
use crate::json::Object;
use crate::reason;
use crate::request::{Notes, refused};

/// Prints the tools and which of them may be called.
pub(super) fn write(
    turn: &Turn,
    declared: &[(Path, FunctionTool)],
    body: &mut Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let functions = functions::visible(turn, declared, true, notes)?;
    if !functions.is_empty() {
        let mut tools = body.array("tools");
        let mut tool = tools.object();
        let mut declarations = tool.array("functionDeclarations");
        for (at, (path, function)) in functions.iter().enumerate() {
            let member = format!("tools[0].function_declarations[{at}]");
            notes.origins.add(member, path.clone());
            write_function(function, path, declarations.object(), notes)?;
        }
        notes.origins.add("tools", Path::default().member("tools"));
        if !turn.parallel_tool_calls {
            notes.warn(
                Path::default().member("parallel_tool_calls"),
                "The upstream's API may make several calls at once: the first is kept.",
            );
        }
    }
    let path = Path::default().member("tool_choice");
    notes.origins.add("tool_config", path);
    write_choice(turn, !functions.is_empty(), body)
}

fn write_function(
    function: &FunctionTool,
    path: &Path,
    mut out: Object<'_>,
    notes: &mut Notes,
) -> Result<(), Violation> {
    let name = &function.name;
    let is_letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    let is_rest = |byte: u8| is_letter(byte) || byte.is_ascii_digit() || b".:-".contains(&byte);
    let is_name = name.bytes().next().is_some_and(is_letter) && name.bytes().all(is_rest);
    if !is_name || name.len() > 64 {
        return Err(refused(
            path.clone().member("name"),
            "The model behind this server takes names of 1 to 64 letters, digits, '_', '.', ':' and '-' that begin with a letter or '_'.",
        ));
    }
    out.string("name", name);
    if let Some(description) = function.description.as_str() {
        out.string("description", description);
    }
    if let Some(parameters) = function.parameters.value() {
        let path = path.clone().member("parameters");
        let mut schemas = Schemas::new(parameters.reader(), notes);
        // An object without properties is no schema there.
        if let Some(schema) = schemas.parameters(path)? {
            out.raw("parameters", &schema);
        }
    }
    if function.strict.get() == Some(true) {
        notes.warn(path.clone().member("strict"), reason::NO_STRICT);
    }
    notes.warn_of_extra(path, &function.extra);
    Ok(())
}

fn write_choice(turn: &Turn, has_tools: bool, body: &mut Object<'_>) -> Result<(), Violation> {
    let path = || Path::default().member("tool_choice");
    let (mode, name) = match &turn.tool_choice {
        ToolChoice::Mode(mode) => (mode, None),
        ToolChoice::Function(function) if has_tools => {
            (&ToolChoiceMode::Required, function.name.as_str())
        }
        ToolChoice::AllowedTools(set) => (set.mode.value().unwrap_or(&ToolChoiceMode::Auto), None),
        _ => return Err(refused(path(), NOT_A_FUNCTION)),
    };
    let mode = match mode {
        // The default.
        ToolChoiceMode::Auto => return Ok(()),
        // Without tools there is nothing to choose.
        ToolChoiceMode::None if !has_tools => return Ok(()),
        ToolChoiceMode::None => "NONE",
        ToolChoiceMode::Required if has_tools => "ANY",
        ToolChoiceMode::Required => {
            return Err(refused(path(), reason::NO_FUNCTION));
        }
        _ => {
            return Err(refused(path(), reason::UNKNOWN_MODE));
        }
    };
    let mut config = body.object("toolConfig");
    let mut config = config.object("functionCallingConfig");
    config.string("mode", mode);
    if let Some(name) = name {
        config.array("allowedFunctionNames").string(name);
    }
    Ok(())
}
