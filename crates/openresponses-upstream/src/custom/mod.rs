//! Custom tools, whose input is a text of any form, as functions with one string member: the other
//! APIs have functions only. The calls come back as calls of custom tools.

mod calls;
mod tool;
mod turn;

pub(crate) use calls::CustomCalls;
pub(crate) use tool::function;
pub(crate) use turn::as_functions;
use turn::names;

/// The type of the tool.
const TOOL: &str = "custom";

/// The type of a call's item.
const CALL: &str = "custom_tool_call";

/// The type of an output's item.
const OUTPUT: &str = "custom_tool_call_output";

/// The one parameter of the function.
const INPUT: &str = "input";
