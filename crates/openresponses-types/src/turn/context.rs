//! The conversation as one list, and what only the whole of it can show to be wrong.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::canonical;
use crate::item::Item;
use crate::path::Path;
use crate::profile::{Leniency, Profile};
use crate::report::Warning;
use crate::tool::Tool;
use crate::tool_choice::{SpecificToolChoice, ToolChoice};
use crate::violation::{Code, Violation};

/// Previous items, then the request's own, references replaced by what they stand for.
/// Spec: "previous_response_id".
pub(super) fn join(
    previous: &[Arc<Item>],
    input: Vec<Item>,
    resolve: &dyn Fn(&str) -> Option<Arc<Item>>,
    profile: Profile,
    violations: &mut Vec<Violation>,
    warnings: &mut Vec<Warning>,
) -> Vec<Arc<Item>> {
    let mut items: Vec<Arc<Item>> = Vec::with_capacity(previous.len() + input.len());
    items.extend(previous.iter().map(Arc::clone));
    // Only requests with references pay for the index.
    let mut known = input
        .iter()
        .any(|item| matches!(item, Item::Reference(_)))
        .then(|| {
            previous
                .iter()
                .filter_map(by_id)
                .collect::<BTreeMap<_, _>>()
        });
    for (index, item) in input.into_iter().enumerate() {
        let Item::Reference(reference) = &item else {
            let item = Arc::new(canonical::item(item));
            if let Some(known) = &mut known {
                known.extend(by_id(&item));
            }
            items.push(item);
            continue;
        };
        let found = known
            .as_ref()
            .and_then(|known| known.get(reference.id.as_str()));
        if let Some(found) = found.map(Arc::clone).or_else(|| resolve(&reference.id)) {
            items.push(found);
            continue;
        }
        let path = Path::default().member("input").index(index);
        if profile == Profile::Strict {
            violations.push(Violation::new(
                path.member("id"),
                Code::InvalidValue,
                "ItemReferenceParam.id:resolves",
                "The referenced item was not found. Send the item itself, or continue the response that has it.".into(),
            ));
        } else {
            warnings.push(Warning {
                leniency: Leniency::UnresolvedItemReference,
                path,
            });
        }
        items.push(Arc::new(canonical::item(item)));
    }
    check_outputs(&items, previous.len(), violations);
    items
}

fn by_id(item: &Arc<Item>) -> Option<(Box<str>, Arc<Item>)> {
    Some((item.id()?, Arc::clone(item)))
}

/// Each output needs its call before it, unless something opaque may hold the call.
fn check_outputs(items: &[Arc<Item>], input_start: usize, violations: &mut Vec<Violation>) {
    let opaque = items.iter().any(|item| {
        matches!(
            &**item,
            Item::Reference(_) | Item::Compaction(_) | Item::Unknown(_) | Item::Extension(_)
        )
    });
    if opaque {
        return;
    }
    let mut calls: BTreeSet<&str> = BTreeSet::new();
    for (at, item) in items.iter().enumerate() {
        match &**item {
            Item::FunctionCall(call) => {
                calls.insert(&call.call_id);
            }
            Item::FunctionCallOutput(output)
                if at >= input_start && !calls.contains(output.call_id.as_str()) =>
            {
                violations.push(Violation::new(
                    Path::default().member("input").index(at - input_start).member("call_id"),
                    Code::InvalidValue,
                    "FunctionCallOutputItemParam.call_id:has_call",
                    format!(
                        "No function call with call_id '{}' comes before this output. Send the call as well, or continue the response that made it.",
                        shown(&output.call_id)
                    ),
                ));
            }
            _ => {}
        }
    }
}

/// A tool that is forced or allowed must be there.
pub(super) fn check_tool_choice(
    tools: &[Tool],
    choice: &ToolChoice,
    violations: &mut Vec<Violation>,
) {
    let has = |name: &str| {
        tools.iter().any(|tool| match tool {
            Tool::Function(function) => function.name == name,
            // Tools of other types may bring functions of their own.
            Tool::Extension(_) | Tool::Unknown(_) => true,
        })
    };
    let mut require = |path: Path, name: &str| {
        if !has(name) {
            violations.push(Violation::new(
                path,
                Code::InvalidValue,
                "tool_choice:in_tools",
                format!(
                    "The tool '{}' is not in 'tools'. Add it there.",
                    shown(name)
                ),
            ));
        }
    };
    let path = || Path::default().member("tool_choice");
    match choice {
        ToolChoice::Function(function) => {
            if let Some(name) = function.name.as_str() {
                require(path().member("name"), name);
            }
        }
        ToolChoice::AllowedTools(set) => {
            for (index, tool) in set.tools.iter().enumerate() {
                if let SpecificToolChoice::Function(function) = tool
                    && let Some(name) = function.name.as_str()
                {
                    require(path().member("tools").index(index).member("name"), name);
                }
            }
        }
        _ => {}
    }
}

fn shown(text: &str) -> String {
    text.chars().take(64).collect()
}
