use openresponses_types::json::Reader;
use openresponses_types::tool::FunctionTool;

use super::{INPUT, TOOL};
use crate::json::{Object, members, text};

/// Returns the function that a custom tool is shown as; nothing where `tool` is no such tool.
///
/// The grammar of its input stands in the description: the model is asked to follow it, and not held
/// to it. The member `format` is kept, so that it is warned about.
pub(crate) fn function(tool: Reader<'_>) -> Option<FunctionTool> {
    if tool.member("type").and_then(text).as_deref() != Some(TOOL) {
        return None;
    }
    let format = tool.member("format").filter(|format| !is_text(*format));
    let mut description = tool
        .member("description")
        .and_then(text)
        .unwrap_or_default();
    if let Some(grammar) = format.and_then(grammar) {
        if !description.is_empty() {
            description.push_str("\n\n");
        }
        description.push_str(&grammar);
    }
    let mut json = String::new();
    let mut out = Object::begin(&mut json);
    out.string("type", "function");
    if !description.is_empty() {
        out.string("description", &description);
    }
    write_parameters(&mut out);
    for (name, mut value) in members(tool) {
        match &*name {
            "type" | "description" | "parameters" | "strict" => {}
            "format" if format.is_none() => {}
            _ => out.raw(&name, value.raw()),
        }
    }
    drop(out);
    FunctionTool::from_json(json.as_bytes()).ok()
}

fn write_parameters(tool: &mut Object<'_>) {
    let mut schema = tool.object("parameters");
    schema.string("type", "object");
    let mut properties = schema.object("properties");
    let mut input = properties.object(INPUT);
    input.string("type", "string");
    input.string("description", "The input of the tool as plain text.");
    drop(input);
    drop(properties);
    schema.array("required").string(INPUT);
}

/// Returns true for the format that any text has.
fn is_text(format: Reader<'_>) -> bool {
    format.member("type").and_then(text).as_deref() == Some("text")
}

fn grammar(format: Reader<'_>) -> Option<String> {
    let definition = format.member("definition").and_then(text)?;
    let syntax = format.member("syntax").and_then(text);
    let syntax = syntax.as_deref().unwrap_or("following");
    Some(format!(
        "The input must match the {syntax} grammar:\n{definition}"
    ))
}
