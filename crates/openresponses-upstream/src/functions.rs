use std::borrow::Cow;
use std::collections::BTreeSet;

use openresponses_types::diagnostics::Path;
use openresponses_types::json::Reader;
use openresponses_types::tool::{FunctionTool, SpecificToolChoice, Tool, ToolChoice};
use openresponses_types::wire::Unknown;
use openresponses_types::{Turn, Violation};

use crate::custom;
use crate::declared::declared_by;
use crate::json::{elements, members, text};
use crate::namespace;
use crate::request::{NO_MEMBER, Notes, refused};

pub(crate) const NO_TOOL: &str =
    "The upstream's API has functions only: the model does not see the tool.";
pub(crate) const NOT_A_FUNCTION: &str = "The model behind this server has functions only.";

/// The schema of the arguments of a function that states none.
pub(crate) const NO_PARAMETERS: &str = r#"{"type":"object","properties":{}}"#;

/// A function, and the client's member that declares it.
pub(crate) type Declared<'t> = (Path, Cow<'t, FunctionTool>);

/// Returns the functions that the model sees: those of the request and `declared` ones, each name
/// once. Where the choice has a set of allowed tools and the API has no place for it (`narrow`), only
/// those.
///
/// # Errors
/// When a tool that is allowed is no function.
pub(crate) fn visible<'t>(
    turn: &'t Turn,
    declared: &'t [(Path, FunctionTool)],
    narrow: bool,
    notes: &mut Notes,
) -> Result<Vec<Declared<'t>>, Violation> {
    let allowed = allowed(turn)?.filter(|_| narrow);
    let mut all = Vec::new();
    for (at, tool) in turn.tools.iter().enumerate() {
        let path = Path::default().member("tools").index(at);
        match tool {
            Tool::Function(function) => all.push((path, Cow::Borrowed(&**function))),
            Tool::Unknown(tool) if tool.type_name() == namespace::TOOL => {
                warn_of_namespace(tool, &path, notes);
            }
            _ => notes.warn(path, NO_TOOL),
        }
    }
    let namespaced = namespace::functions(turn).into_iter();
    all.extend(namespaced.map(|it| (it.path, Cow::Owned(it.function))));
    let borrowed =
        |(path, function): &'t (Path, FunctionTool)| (path.clone(), Cow::Borrowed(function));
    all.extend(declared.iter().map(borrowed));
    let mut names = BTreeSet::new();
    all.retain(|(path, function)| {
        let name = function.name.clone();
        // What is not allowed is not shown.
        if allowed
            .as_ref()
            .is_some_and(|allowed| !allowed.contains(name.as_str()))
        {
            return false;
        }
        let is_new = names.insert(name);
        if !is_new {
            notes.warn(
                path.clone(),
                "A tool of this name was declared before: the model does not see this one.",
            );
        }
        is_new
    });
    Ok(all)
}

/// Warns of what a namespace has besides functions.
fn warn_of_namespace(tool: &Unknown, path: &Path, notes: &mut Notes) {
    for (name, value) in members(tool.json().reader()) {
        match &*name {
            "type" | "name" => {}
            "tools" => {
                for (at, tool) in elements(value).enumerate() {
                    if namespace::function(tool).is_none() {
                        notes.warn(path.clone().member("tools").index(at), NO_TOOL);
                    }
                }
            }
            _ => notes.warn(path.clone().member(&name), NO_MEMBER),
        }
    }
}

/// The names of allowed tools, where the choice is a set of them.
fn allowed(turn: &Turn) -> Result<Option<BTreeSet<&str>>, Violation> {
    let ToolChoice::AllowedTools(set) = &turn.tool_choice else {
        return Ok(None);
    };
    let path = Path::default().member("tool_choice").member("tools");
    let mut names = BTreeSet::new();
    for (at, tool) in set.tools.iter().enumerate() {
        match tool {
            SpecificToolChoice::Function(function) => names.extend(function.name.as_str()),
            _ => return Err(refused(path.index(at), NOT_A_FUNCTION)),
        }
    }
    Ok(Some(names))
}

/// Adds the functions that an item of an unknown type declares; false where it is no such item.
pub(crate) fn declare(
    item: &Unknown,
    path: &Path,
    declared: &mut Vec<(Path, FunctionTool)>,
    notes: &mut Notes,
) -> bool {
    let Some(tools) = declared_by(item) else {
        return false;
    };
    if item.string_member("call_id").is_some() {
        notes.warn(
            path.clone().member("call_id"),
            "The upstream's API has no search for tools: the tools found are listed with the others.",
        );
    }
    for (at, tool) in elements(tools).enumerate() {
        let path = path.clone().member("tools").index(at);
        match function(tool) {
            Some(function) => declared.push((path, function)),
            None => notes.warn(path, NO_TOOL),
        }
    }
    true
}

fn function(mut tool: Reader<'_>) -> Option<FunctionTool> {
    match tool.member("type").and_then(text).as_deref() {
        Some("function") => FunctionTool::from_json(tool.raw().as_bytes()).ok(),
        _ => custom::function(tool),
    }
}
