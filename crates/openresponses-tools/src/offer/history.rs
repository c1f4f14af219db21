//! The conversation as a model can read it: calls of the server's tools as function calls and their
//! outputs. Spec: "Hosted tools must have corresponding item types" (rehydration).

use std::sync::Arc;

use openresponses_types::Item;
use openresponses_types::item::{FunctionCall, FunctionCallOutput};
use openresponses_types::wire::Extension;

use crate::tool::{Exposure, Tool};

/// The items with those of the tools rewritten, and where those from `input_start` on begin.
pub(crate) fn readable(
    items: &[Arc<Item>],
    input_start: usize,
    tools: &[Arc<Tool>],
) -> (Vec<Arc<Item>>, usize) {
    let (before, input) = items.split_at(input_start.min(items.len()));
    let mut all = rewritten(before, tools);
    let input_start = all.len();
    all.extend(rewritten(input, tools));
    (all, input_start)
}

/// Calls that stand together come before their outputs, as models make them.
fn rewritten(items: &[Arc<Item>], tools: &[Arc<Tool>]) -> Vec<Arc<Item>> {
    let mut all = Vec::with_capacity(items.len());
    let mut outputs: Vec<Arc<Item>> = Vec::new();
    for item in items {
        let pair = match &**item {
            Item::Extension(raw) => tool_of(raw, tools).map(|tool| pair(raw, &tool.name)),
            _ => None,
        };
        match pair {
            Some((call, output)) => {
                all.push(Arc::new(Item::from(call)));
                outputs.push(Arc::new(Item::from(output)));
            }
            None => {
                all.append(&mut outputs);
                all.push(Arc::clone(item));
            }
        }
    }
    all.append(&mut outputs);
    all
}

fn tool_of<'t>(raw: &Extension, tools: &'t [Arc<Tool>]) -> Option<&'t Tool> {
    let is_of = |tool: &&Arc<Tool>| match &tool.exposure {
        Exposure::Shown(item_type) | Exposure::Declared(item_type) => {
            item_type.as_str() == raw.type_name()
        }
        Exposure::Hidden => false,
    };
    tools.iter().find(is_of).map(|tool| &**tool)
}

fn pair(raw: &Extension, name: &str) -> (FunctionCall, FunctionCallOutput) {
    let member = |name: &str| raw.string_member(name);
    let call_id = member("call_id")
        .or_else(|| member("id"))
        .unwrap_or_default();
    let arguments = member("arguments").unwrap_or_else(|| "{}".into());
    let output = match (member("output"), member("error")) {
        (Some(output), _) => output,
        (None, Some(error)) => crate::rounds::error_text(&error),
        (None, None) => "There is no result.".into(),
    };
    let call = FunctionCall::new(call_id.as_str(), name, arguments);
    (call, FunctionCallOutput::new(call_id, output))
}
