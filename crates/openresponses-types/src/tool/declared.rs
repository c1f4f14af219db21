use alloc::boxed::Box;
use alloc::collections::BTreeSet;

use super::{FunctionTool, Tool};
use crate::json::{Reader, ValueKind};
use crate::wire::WireValue;

/// The functions that a turn declares, as far as they are known.
///
/// Tools of other types, and sources that cannot be read here, may bring functions of their own:
/// beside them any name counts as declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct DeclaredTools {
    functions: BTreeSet<Box<str>>,
    open: bool,
}

impl DeclaredTools {
    /// Declares the tools of a request.
    pub(crate) fn new(tools: &[Tool]) -> Self {
        let mut declared = Self::default();
        for tool in tools {
            match tool {
                Tool::Function(function) => declared.function(function),
                Tool::Extension(_) | Tool::Unknown(_) => declared.open(),
            }
        }
        declared
    }

    /// Notes that something unknown may declare any function.
    pub(crate) fn open(&mut self) {
        self.open = true;
    }

    /// True when any function may be declared.
    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// True when the function `name` is declared, or may be.
    pub(crate) fn contains(&self, name: &str) -> bool {
        self.open || self.functions.contains(name)
    }

    /// Returns the names of the known functions.
    pub(crate) fn into_functions(self) -> BTreeSet<Box<str>> {
        self.functions
    }

    /// Declares the tools that an item lists: an `additional_tools`, `tool_search_output` or
    /// `mcp_list_tools` item, or another of a vendor's with a member `tools`.
    pub(crate) fn list(&mut self, item: &Reader<'_>) {
        let Some(mut tools) = item.member("tools") else {
            return;
        };
        if tools.kind() != ValueKind::Array {
            return;
        }
        let mut elements = tools.enter_array();
        while tools.next_element(&mut elements) {
            match function(&tools) {
                Some(function) => self.function(&function),
                None => self.open(),
            }
            tools.skip();
        }
    }

    fn function(&mut self, function: &FunctionTool) {
        if !self.functions.contains(&*function.name) {
            self.functions.insert(function.name.as_str().into());
        }
    }
}

/// A function in the specification's shape or in that of Chat Completions.
fn function(tool: &Reader<'_>) -> Option<FunctionTool> {
    if tool.kind() != ValueKind::Object || tool.member("type")?.string()? != "function" {
        return None;
    }
    let inner = tool.member("function").unwrap_or(*tool);
    FunctionTool::read(&mut { inner }).ok()
}
