//! A tool that is forced or allowed must be among the tools.
//!
//! The rule is held twice: `Walk::chosen_tools` on the text of a request, which points at the
//! place, where no other tools than the request's own can be meant; `undeclared_choices` on a turn,
//! whose conversation and prompt may have brought tools.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::place::Place;
use super::walk::Walk;
use super::words;
use crate::diagnostics::{Excerpt, Path, Violation, ViolationCode};
use crate::json::{Reader, ValueKind};
use crate::tool::{DeclaredTools, SpecificToolChoice, ToolChoice, is_nested};
use crate::wire::ExtensionType;

const SCHEMA: &str = "CreateResponseBody";

/// More names than may be allowed are a violation of their own.
const MAX_NAMES: usize = 128;

/// The members of a request that say which tools there are, found in one pass.
#[derive(Default)]
struct Request<'a> {
    tool_choice: Option<Reader<'a>>,
    tools: Option<Reader<'a>>,
    input: Option<Reader<'a>>,
    previous_response_id: Option<Reader<'a>>,
    prompt: Option<Reader<'a>>,
    conversation: Option<Reader<'a>>,
}

impl<'a> Request<'a> {
    fn read(mut root: Reader<'a>) -> Self {
        let mut request = Self::default();
        let mut members = root.enter_object();
        while let Some(name) = root.next_member(&mut members) {
            let member = match &*name {
                "tool_choice" => &mut request.tool_choice,
                "tools" => &mut request.tools,
                "input" => &mut request.input,
                "previous_response_id" => &mut request.previous_response_id,
                "prompt" => &mut request.prompt,
                "conversation" => &mut request.conversation,
                _ => {
                    root.skip();
                    continue;
                }
            };
            *member = Some(root);
            root.skip();
        }
        request
    }
}

/// A function named by `tool_choice`.
struct Chosen<'a> {
    name: Cow<'a, str>,
    offset: usize,
    /// Its place among the allowed tools.
    index: Option<usize>,
    nested: bool,
    found: bool,
}

impl<'a> Chosen<'a> {
    fn read(choice: &Reader<'a>, index: Option<usize>, compatible: bool) -> Option<Self> {
        if text(choice, "type")? != "function" {
            return None;
        }
        let nested = compatible && is_nested(choice);
        let holder = if nested {
            choice.member("function")?
        } else {
            *choice
        };
        let value = holder.member("name")?;
        Some(Self {
            name: text(&holder, "name")?,
            offset: value.offset(),
            index,
            nested,
            found: false,
        })
    }
}

fn text<'a>(object: &Reader<'a>, name: &str) -> Option<Cow<'a, str>> {
    object.member(name)?.string()
}

impl Walk {
    /// Checks `tool_choice` of the request at `root` against its `tools`.
    pub(super) fn chosen_tools(&mut self, root: &Reader<'_>) {
        if !self.has_choice {
            return;
        }
        let request = Request::read(*root);
        let Some(choice) = request
            .tool_choice
            .filter(|choice| choice.kind() == ValueKind::Object)
        else {
            return;
        };
        let mut chosen: Vec<Chosen<'_>> = Vec::new();
        if text(&choice, "type").as_deref() == Some("allowed_tools") {
            if let Some(mut tools) = choice.member("tools") {
                let mut entered = tools.enter_array();
                let mut index = 0;
                while index < MAX_NAMES && tools.next_element(&mut entered) {
                    chosen.extend(Chosen::read(&tools, Some(index), self.is_compatible()));
                    tools.skip();
                    index += 1;
                }
            }
        } else {
            chosen.extend(Chosen::read(&choice, None, self.is_compatible()));
        }
        if chosen.is_empty() || !self.find_tools(&request, &mut chosen) {
            return;
        }
        for missing in chosen.iter().filter(|chosen| !chosen.found) {
            self.not_a_tool(missing);
        }
    }

    /// Marks the chosen functions that exist. Returns false if not all tools can be known.
    fn find_tools(&self, request: &Request<'_>, chosen: &mut [Chosen<'_>]) -> bool {
        if self.brings_tools(request) {
            return false;
        }
        let Some(mut tools) = request.tools else {
            return true;
        };
        if !matches!(tools.kind(), ValueKind::Array | ValueKind::Null) {
            return false;
        }
        let mut entered = tools.enter_array();
        while tools.next_element(&mut entered) {
            let nested = self.is_compatible() && is_nested(&tools);
            let holder = if nested {
                tools.member("function")
            } else {
                Some(tools)
            };
            let name = holder.and_then(|holder| text(&holder, "name"));
            match text(&tools, "type").as_deref() {
                Some("function") => {}
                Some(other) if ExtensionType::is(other) || !self.is_compatible() => {}
                // Tools of unknown types may contain functions, as namespaces do.
                _ => return false,
            }
            for one in chosen.iter_mut() {
                one.found |= name.as_deref() == Some(&*one.name);
            }
            tools.skip();
        }
        true
    }

    /// Returns whether tools may be declared elsewhere than in `tools`: in the items of a previous
    /// response, a conversation or a stored prompt, or by an item of the input. The normalizer
    /// knows more.
    fn brings_tools(&self, request: &Request<'_>) -> bool {
        let is = |value: Option<Reader<'_>>, kind| value.is_some_and(|value| value.kind() == kind);
        if is(request.previous_response_id, ValueKind::String) {
            return true;
        }
        if self.is_compatible()
            && (is(request.prompt, ValueKind::Object)
                || is(request.conversation, ValueKind::String)
                || is(request.conversation, ValueKind::Object))
        {
            return true;
        }
        let Some(mut items) = request
            .input
            .filter(|input| input.kind() == ValueKind::Array)
        else {
            return false;
        };
        let mut entered = items.enter_array();
        while items.next_element(&mut entered) {
            let declares = match text(&items, "type").as_deref() {
                None => items.member("role").is_none(),
                Some("item_reference" | "compaction") => true,
                Some(_) => items.member("tools").is_some(),
            };
            if declares {
                return true;
            }
            items.skip();
        }
        false
    }

    fn not_a_tool(&mut self, chosen: &Chosen<'_>) {
        let root = Place::root(SCHEMA);
        let choice = root.named(SCHEMA, "tool_choice");
        let tools = choice.named("AllowedToolsParam", "tools");
        let element;
        let holder = match chosen.index {
            Some(index) => {
                element = tools.index(index);
                &element
            }
            None => &choice,
        };
        let function = holder.named("SpecificFunctionParam", "function");
        let holder = if chosen.nested { &function } else { holder };
        let at = holder.named("SpecificFunctionParam", "name");
        self.refuse(
            &at,
            chosen.offset,
            ViolationCode::InvalidValue,
            "tools",
            |of| {
                let got = words::quoted(&chosen.name);
                alloc::format!(
                    "Invalid value for {of}: expected the name of a function in 'tools', got {got}."
                )
            },
        );
    }
}

/// Returns a violation for each function of a turn's choice that is not declared. The declared tools
/// are asked for where the choice names a function. `place` tells where the client wrote the tool of a set.
pub(crate) fn undeclared_choices<'c>(
    choice: &'c ToolChoice,
    place: impl Fn(usize) -> Path,
    declared: impl FnOnce() -> DeclaredTools,
) -> Vec<Violation> {
    let named: Vec<(Option<usize>, &str)> = match choice {
        ToolChoice::Function(function) => function
            .name
            .as_str()
            .map(|name| (None, name))
            .into_iter()
            .collect(),
        ToolChoice::AllowedTools(set) => {
            let element = |(index, tool): (usize, &'c SpecificToolChoice)| match tool {
                SpecificToolChoice::Function(function) => {
                    let name = function.name.as_str()?;
                    Some((Some(index), name))
                }
                SpecificToolChoice::Extension(_) | SpecificToolChoice::Unknown(_) => None,
            };
            set.tools.iter().enumerate().filter_map(element).collect()
        }
        ToolChoice::Mode(_) | ToolChoice::Extension(_) | ToolChoice::Unknown(_) => Vec::new(),
    };
    if named.is_empty() {
        return Vec::new();
    }
    let declared = declared();
    let undeclared = named
        .into_iter()
        .filter(|(_, name)| !declared.contains(name));
    let violation = |(index, name): (Option<usize>, &str)| {
        let choice = || Path::default().member("tool_choice").member("name");
        Violation::new(
            index.map_or_else(choice, &place),
            ViolationCode::InvalidValue,
            "tool_choice:in_tools",
            alloc::format!(
                "The tool '{}' is not in 'tools'. Add it there.",
                Excerpt::new(name)
            ),
        )
    };
    undeclared.map(violation).collect()
}
