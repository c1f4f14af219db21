use alloc::boxed::Box;
use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::call_counts::{CallCounts, is_of_client};
use super::delta::Failure;
use crate::item::Item;
use crate::tool::{DeclaredTools, SpecificToolChoice, Tool, ToolChoice, ToolChoiceMode};

/// The calls that a response may contain. Spec: "tool_choice", "allowed_tools" (a hard constraint),
/// `parallel_tool_calls`, `max_tool_calls`.
///
/// ```
/// use openresponses_types::tool::{FunctionTool, Tool, ToolChoice, ToolChoiceMode};
/// use openresponses_types::sequence::ToolPolicy;
///
/// let tools: Vec<Tool> = vec![FunctionTool::new("read").into(), FunctionTool::new("delete").into()];
/// let policy = ToolPolicy::new(&tools, &ToolChoice::function("read"));
/// assert!(policy.permits("function_call", Some("read"), 0).is_ok());
/// assert!(policy.permits("function_call", Some("delete"), 0).is_err());
/// let none = ToolPolicy::new(&tools, &ToolChoiceMode::None.into());
/// assert!(none.permits("function_call", Some("read"), 0).is_err());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ToolPolicy {
    allowed: Allowed,
    /// The types of declared extension tools, which are the types of their items as well.
    hosted: BTreeSet<Box<str>>,
    most: Option<u64>,
    /// Whether the client may get more than one call to execute.
    parallel: bool,
    required: bool,
    on_forbidden: ForbiddenCallAction,
}

/// Treatment of a response whose model makes a forbidden call. The call itself is never sent.
///
/// ```
/// use openresponses_types::sequence::{ForbiddenCallAction, ToolPolicy};
///
/// assert_eq!(ForbiddenCallAction::default(), ForbiddenCallAction::Suppress);
/// let policy = ToolPolicy::unrestricted().on_forbidden(ForbiddenCallAction::Fail);
/// # let _ = policy;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForbiddenCallAction {
    /// The call is removed with a warning; the response continues.
    #[default]
    Suppress,
    /// The response fails with `model_error`, code `forbidden_tool_call`. Calls over
    /// `max_tool_calls` are removed regardless, as specified.
    Fail,
}

#[derive(Clone, Debug, PartialEq)]
enum Allowed {
    Nothing,
    Anything,
    /// The declared functions.
    Functions(BTreeSet<Box<str>>),
    Only(Vec<Selector>),
}

/// A tool as `tool_choice` names it.
#[derive(Clone, Debug, PartialEq)]
struct Selector {
    type_name: String,
    name: Option<String>,
}

/// Why a call is forbidden.
///
/// ```
/// use openresponses_types::sequence::{ForbiddenReason, ToolPolicy};
/// use openresponses_types::tool::ToolChoiceMode;
///
/// let policy = ToolPolicy::new(&[], &ToolChoiceMode::None.into());
/// let refused = policy.permits("function_call", Some("read"), 0);
/// assert_eq!(refused, Err(ForbiddenReason::NoTools));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForbiddenReason {
    /// `tool_choice` is `none`.
    NoTools,
    /// The tool is not among those that the request allows or has.
    NotAllowed,
    /// The response has reached the maximum number of calls.
    TooMany,
}

impl ForbiddenReason {
    /// Returns the reason in a few words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NoTools => "tool_choice is none",
            Self::NotAllowed => "the tool is not allowed",
            Self::TooMany => "there are too many calls",
        }
    }
}

impl ToolPolicy {
    /// Creates a policy that permits every call.
    #[must_use]
    pub fn unrestricted() -> Self {
        Self {
            allowed: Allowed::Anything,
            hosted: BTreeSet::new(),
            most: None,
            parallel: true,
            required: false,
            on_forbidden: ForbiddenCallAction::Suppress,
        }
    }

    /// Creates the policy of a request's `tools` and `tool_choice`.
    ///
    /// Where all tools are functions, a call to a function that is not among them is forbidden as
    /// well. Other tools may bring functions of their own, so there any name passes. An item whose
    /// type is that of a declared extension tool is a call of it.
    #[must_use]
    pub fn new(tools: &[Tool], choice: &ToolChoice) -> Self {
        Self::of_declared(DeclaredTools::new(tools), choice)
    }

    /// [`new`](Self::new) with tools that are declared in any place.
    pub(crate) fn of_declared(mut tools: DeclaredTools, choice: &ToolChoice) -> Self {
        let hosted = tools.take_hosted();
        let declared = || match tools.is_open() {
            true => Allowed::Anything,
            false => Allowed::Functions(tools.into_functions()),
        };
        let (allowed, required) = match choice {
            ToolChoice::Mode(ToolChoiceMode::None) => (Allowed::Nothing, false),
            ToolChoice::Mode(mode) => (declared(), *mode == ToolChoiceMode::Required),
            ToolChoice::Function(function) => match &function.name.as_str() {
                Some(name) => (Allowed::Only(alloc::vec![Selector::function(name)]), true),
                None => (declared(), true),
            },
            ToolChoice::AllowedTools(set) => match set.mode.value() {
                Some(ToolChoiceMode::None) => (Allowed::Nothing, false),
                mode => (
                    Allowed::Only(set.tools.iter().map(Selector::of).collect()),
                    mode == Some(&ToolChoiceMode::Required),
                ),
            },
            ToolChoice::Extension(raw) => {
                let selector = Selector::raw(raw.type_name(), raw.string_member("name"));
                (Allowed::Only(alloc::vec![selector]), true)
            }
            ToolChoice::Unknown(raw) => {
                let selector = Selector::raw(raw.type_name(), raw.string_member("name"));
                (Allowed::Only(alloc::vec![selector]), true)
            }
        };
        Self {
            allowed,
            hosted,
            most: None,
            parallel: true,
            required,
            on_forbidden: ForbiddenCallAction::Suppress,
        }
    }

    /// Sets the maximum number of calls in the response. The lowest value set applies.
    #[must_use]
    pub fn max_calls(mut self, count: u64) -> Self {
        self.most = Some(self.most.map_or(count, |most| most.min(count)));
        self
    }

    /// Sets whether the response may contain more than one call that the client executes, such as a
    /// function call. Calls of hosted tools do not count: they have run by then. Default: true.
    #[must_use]
    pub fn parallel_calls(mut self, allowed: bool) -> Self {
        self.parallel = allowed;
        self
    }

    /// Sets the treatment of forbidden calls.
    #[must_use]
    pub fn on_forbidden(mut self, then: ForbiddenCallAction) -> Self {
        self.on_forbidden = then;
        self
    }

    /// Returns how a response fails by a call that was forbidden for `reason`, if it does.
    #[must_use]
    pub fn failure(&self, reason: ForbiddenReason) -> Option<Failure> {
        let fails =
            self.on_forbidden == ForbiddenCallAction::Fail && reason != ForbiddenReason::TooMany;
        fails.then(|| {
            Failure::new(
                "model_error",
                "forbidden_tool_call",
                "The model made a tool call that the request forbids.",
            )
        })
    }

    /// Returns true if the request requires at least one call.
    #[must_use]
    pub fn requires_call(&self) -> bool {
        self.required
    }

    /// Returns whether a call may pass: an item of the type `item_type` to the tool `name`, after
    /// `made` others.
    ///
    /// # Errors
    /// Why it may not.
    pub fn permits(
        &self,
        item_type: &str,
        name: Option<&str>,
        made: impl Into<CallCounts>,
    ) -> Result<(), ForbiddenReason> {
        match &self.allowed {
            Allowed::Nothing => return Err(ForbiddenReason::NoTools),
            Allowed::Anything => {}
            Allowed::Functions(names) => {
                let is_declared = name.is_some_and(|name| names.contains(name));
                if !(is_declared && calls(item_type, FUNCTION)) {
                    return Err(ForbiddenReason::NotAllowed);
                }
            }
            Allowed::Only(selectors) => {
                if !selectors
                    .iter()
                    .any(|selector| selector.selects(item_type, name))
                {
                    return Err(ForbiddenReason::NotAllowed);
                }
            }
        }
        let made = made.into();
        let is_one_too_many = self.most.is_some_and(|most| made.all >= most)
            || (!self.parallel && made.of_client > 0 && is_of_client(item_type));
        if is_one_too_many {
            return Err(ForbiddenReason::TooMany);
        }
        Ok(())
    }

    /// Does what [`permits`](Self::permits) does, for a whole item. Items that are no calls pass.
    ///
    /// # Errors
    /// Why it may not.
    pub fn permits_item(
        &self,
        item: &Item,
        made: impl Into<CallCounts>,
    ) -> Result<(), ForbiddenReason> {
        match item {
            Item::FunctionCall(call) => self.permits("function_call", Some(&call.name), made),
            Item::Extension(raw) if self.is_call(item) => {
                self.permits(raw.type_name(), raw.string_member("name").as_deref(), made)
            }
            Item::Unknown(raw) if item.is_tool_call() => {
                self.permits(raw.type_name(), raw.string_member("name").as_deref(), made)
            }
            _ => Ok(()),
        }
    }

    /// Returns true for the call of a tool: by its type, or because its type is that of a declared
    /// extension tool. Spec: "Hosted tools must have corresponding item types".
    pub(crate) fn is_call(&self, item: &Item) -> bool {
        item.is_tool_call()
            || matches!(item, Item::Extension(raw) if self.hosted.contains(raw.type_name()))
    }
}

impl Selector {
    fn function(name: &str) -> Self {
        Self {
            type_name: "function".into(),
            name: Some(name.into()),
        }
    }

    fn raw(type_name: &str, name: Option<String>) -> Self {
        // A namespace is called through its functions, whose names need not be known here.
        if type_name == "namespace" {
            return Self {
                type_name: "function".into(),
                name: None,
            };
        }
        Self {
            type_name: unversioned(type_name).into(),
            name,
        }
    }

    fn of(choice: &SpecificToolChoice) -> Self {
        match choice {
            SpecificToolChoice::Function(function) => {
                Self::raw("function", function.name.as_str().map(Into::into))
            }
            SpecificToolChoice::Extension(raw) => {
                Self::raw(raw.type_name(), raw.string_member("name"))
            }
            SpecificToolChoice::Unknown(raw) => {
                Self::raw(raw.type_name(), raw.string_member("name"))
            }
        }
    }

    fn selects(&self, item_type: &str, name: Option<&str>) -> bool {
        calls(item_type, &self.type_name) && (self.name.is_none() || self.name.as_deref() == name)
    }
}

const FUNCTION: &str = "function";

/// A call of a tool of type `x` is an item of type `x_call`; of a `custom` tool it is a
/// `custom_tool_call`. An `mcp_approval_request` asks for an `mcp_call`. The items of an extension
/// tool may have its own type.
fn calls(item_type: &str, tool_type: &str) -> bool {
    if item_type.contains(':') && unversioned(item_type) == tool_type {
        return true;
    }
    let tool = item_type
        .strip_suffix("_call")
        .or_else(|| item_type.strip_suffix("_approval_request"));
    tool.is_some_and(|tool| tool == tool_type || tool.strip_suffix("_tool") == Some(tool_type))
}

/// The type of a hosted tool without the date of its version and `_preview`: the items of
/// `web_search_preview_2025_03_11` are `web_search_call`s.
fn unversioned(type_name: &str) -> &str {
    let name = match type_name.rsplitn(4, '_').collect::<Vec<_>>()[..] {
        [day, month, year, name] if [day, month, year].iter().all(|part| is_number(part)) => name,
        _ => type_name,
    };
    match name.strip_suffix("_preview").unwrap_or(name) {
        "computer_use" => "computer",
        name => name,
    }
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests;
