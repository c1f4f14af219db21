use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeSet;

use super::{FunctionTool, Tool, unfolded};
use crate::json::{Reader, ValueKind};
use crate::wire::WireValue;

/// The functions and hosted tools that a turn declares, as far as they are known:
/// [`Turn::declared_tools`](crate::Turn::declared_tools).
///
/// Tools of other types, and sources that cannot be read here, may bring functions of their own:
/// beside them any name counts as declared.
///
/// ```
/// use openresponses_types::tool::{DeclaredTools, FunctionTool, Tool};
///
/// let declared = DeclaredTools::new(&[Tool::from(FunctionTool::new("read"))]);
/// assert!(declared.contains("read") && !declared.contains("delete"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeclaredTools {
    functions: BTreeSet<Box<str>>,
    hosted: BTreeSet<Box<str>>,
    open: bool,
}

impl DeclaredTools {
    /// Declares the tools of a request.
    #[must_use]
    pub fn new<'t>(tools: impl IntoIterator<Item = &'t Tool>) -> Self {
        let mut declared = Self::default();
        for tool in tools {
            match tool {
                Tool::Function(function) => declared.function(function),
                Tool::Extension(raw) => declared.hosted(raw.type_name()),
                Tool::Unknown(_) => declared.open(),
            }
        }
        declared
    }

    /// Notes that something unknown may declare any function.
    pub(crate) fn open(&mut self) {
        self.open = true;
    }

    /// Returns true if any function may be declared.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Returns true if the function `name` is declared, or may be.
    #[must_use]
    pub fn contains(&self, name: &str) -> bool {
        self.open || self.functions.contains(name)
    }

    /// Returns the names of the known functions.
    pub fn functions(&self) -> impl Iterator<Item = &str> {
        self.functions.iter().map(|name| &**name)
    }

    /// Takes the types of the extension tools. Items of these types are calls of them.
    pub(crate) fn take_hosted(&mut self) -> BTreeSet<Box<str>> {
        core::mem::take(&mut self.hosted)
    }

    /// Returns the set of the known functions.
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
                None => match extension_type(&tools) {
                    Some(type_name) => self.hosted(&type_name),
                    None => self.open(),
                },
            }
            tools.skip();
        }
    }

    /// Declares a tool of an implementer's, which may bring functions of its own.
    fn hosted(&mut self, type_name: &str) {
        self.open();
        if !self.hosted.contains(type_name) {
            self.hosted.insert(type_name.into());
        }
    }

    fn function(&mut self, function: &FunctionTool) {
        if !self.functions.contains(&*function.name) {
            self.functions.insert(function.name.as_str().into());
        }
    }
}

/// The type of an extension tool.
fn extension_type<'a>(tool: &Reader<'a>) -> Option<Cow<'a, str>> {
    if tool.kind() != ValueKind::Object {
        return None;
    }
    tool.member("type")?
        .string()
        .filter(|name| name.contains(':'))
}

/// A function in the specification's shape or in that of Chat Completions.
fn function(tool: &Reader<'_>) -> Option<FunctionTool> {
    if tool.kind() != ValueKind::Object || tool.member("type")?.string()? != "function" {
        return None;
    }
    unfolded(tool).or_else(|| FunctionTool::read(&mut { *tool }).ok())
}
