//! Functions in namespaces, which the other APIs do not have: each is shown as a function of its own, and
//! its calls come back with the namespace.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openresponses_types::diagnostics::Path;
use openresponses_types::item::FunctionCall;
use openresponses_types::json::Reader;
use openresponses_types::tool::{FunctionTool, Tool};
use openresponses_types::{Item, Turn};

use crate::json::{elements, text};

/// The type of the tool.
pub(crate) const TOOL: &str = "namespace";

/// The member of a call that names its namespace.
pub(crate) const MEMBER: &str = "namespace";

/// The longest name that every API takes, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// A function of a namespace.
#[derive(Debug)]
pub(crate) struct Namespaced {
    /// The client's member that declares it.
    pub(crate) path: Path,
    pub(crate) namespace: String,
    /// The name in the namespace.
    pub(crate) name: String,
    /// The function under the name by which the model sees it.
    pub(crate) function: FunctionTool,
}

/// Returns the functions in the namespaces of a turn's tools. The model sees the name in the namespace,
/// or both names where another tool has it.
pub(crate) fn functions(turn: &Turn) -> Vec<Namespaced> {
    let mut names: BTreeSet<String> = BTreeSet::new();
    for tool in &turn.tools {
        match tool {
            Tool::Function(function) => drop(names.insert(function.name.clone())),
            Tool::Unknown(tool) => names.extend(tool.string_member("name")),
            _ => {}
        }
    }
    let mut all = Vec::new();
    for (at, tool) in turn.tools.iter().enumerate() {
        let Tool::Unknown(tool) = tool else { continue };
        let Some(namespace) = tool
            .string_member("name")
            .filter(|_| tool.type_name() == TOOL)
        else {
            continue;
        };
        let path = Path::default().member("tools").index(at).member("tools");
        let inner = tool.json().reader().member("tools");
        for (at, tool) in inner.into_iter().flat_map(elements).enumerate() {
            let Some(mut function) = function(tool) else {
                continue;
            };
            let name = function.name.clone();
            if !names.insert(name.clone()) {
                function.name = joined(&namespace, &name);
            }
            all.push(Namespaced {
                path: path.clone().index(at),
                namespace: namespace.clone(),
                name,
                function,
            });
        }
    }
    all
}

/// The function that a tool in a namespace is, if it is one.
pub(crate) fn function(mut tool: Reader<'_>) -> Option<FunctionTool> {
    let kind = tool.member("type").and_then(text);
    (kind.as_deref() == Some("function"))
        .then(|| FunctionTool::from_json(tool.raw().as_bytes()).ok())
        .flatten()
}

fn joined(namespace: &str, name: &str) -> String {
    let mut joined = format!("{namespace}__{name}");
    let mut end = joined.len().min(MAX_NAME_BYTES);
    while !joined.is_char_boundary(end) {
        end -= 1;
    }
    joined.truncate(end);
    joined
}

/// Returns the turn with the calls of such functions under the names that the model sees. Each item keeps
/// its place.
pub(crate) fn as_functions(turn: &Turn) -> Cow<'_, Turn> {
    let is_of =
        |item: &Arc<Item>| matches!(&**item, Item::FunctionCall(call) if of(call).is_some());
    if !turn.items.iter().any(is_of) {
        return Cow::Borrowed(turn);
    }
    let functions = functions(turn);
    let mut known = BTreeMap::new();
    for it in &functions {
        // Of functions with one name the first is shown.
        let name = (it.namespace.as_str(), it.name.as_str());
        known.entry(name).or_insert(&it.function.name);
    }
    let mut turn = turn.clone();
    for item in &mut turn.items {
        let Item::FunctionCall(call) = &**item else {
            continue;
        };
        let Some(namespace) = of(call) else { continue };
        let found = known.get(&(&*namespace, &*call.name));
        if let Some(name) = found {
            let mut call = FunctionCall::clone(call);
            call.name.clone_from(name);
            call.extra.remove(MEMBER);
            *item = Arc::new(Item::FunctionCall(Box::new(call)));
        }
    }
    Cow::Owned(turn)
}

/// The namespace of a call.
fn of(call: &FunctionCall) -> Option<String> {
    call.extra.get(MEMBER).and_then(|name| text(name.reader()))
}
