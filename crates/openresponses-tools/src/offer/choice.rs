use std::collections::BTreeSet;

use openresponses_types::Turn;
use openresponses_types::tool::{
    AllowedTools, DeclaredTools, FunctionToolChoice, SpecificToolChoice, Tool as Declared,
    ToolChoice, ToolChoiceMode,
};

use super::offers::{Appearance, Offer};
use super::source::Source;

/// What `tool_choice` says, over the rounds of one response. Spec: "tool_choice", "allowed_tools".
///
/// A demand is satisfied by the first call that the client can see. After it the model may call any
/// tool, or, where the client named tools that had to be called, those and the server's: further
/// functions of the client's stay forbidden, as without the loop. The set of allowed tools holds to
/// the end.
#[derive(Debug)]
pub(crate) struct Choice {
    /// As the client wrote it.
    original: ToolChoice,
    rule: Rule,
    /// Whether `original` names tools that the model knows as functions.
    is_rewritten: bool,
    /// What a demand may be satisfied with: the names of which the client sees calls.
    visible: Vec<String>,
    /// Whether the client may have further functions, which are not known here.
    is_open: bool,
    /// Names of the tools that the server runs.
    offered: Vec<String>,
}

#[derive(Debug)]
enum Rule {
    Mode(ToolChoiceMode),
    /// One of these must be called first.
    Forced(Named),
    /// Only these may be called.
    Allowed(Named, ToolChoiceMode),
}

/// A set of tools.
#[derive(Debug, Default)]
struct Named {
    /// Names that the model calls.
    names: Vec<String>,
    /// Tools of the provider's.
    foreign: Vec<SpecificToolChoice>,
}

impl Choice {
    pub(super) fn new(
        turn: &Turn,
        functions: &DeclaredTools,
        offers: &[Offer],
        sources: &[Source],
    ) -> Self {
        let declared = turn.tools.iter().filter_map(|tool| match tool {
            Declared::Function(function) => Some(function.name.clone()),
            _ => None,
        });
        let mut visible: Vec<String> = declared.collect();
        let known: BTreeSet<&str> = visible.iter().map(|name| &**name).collect();
        let of_items = functions.functions().filter(|name| !known.contains(name));
        let of_items: Vec<String> = of_items.map(Into::into).collect();
        visible.extend(of_items);
        let mut choice = Self {
            original: turn.tool_choice.clone(),
            rule: Rule::Mode(ToolChoiceMode::Auto),
            is_rewritten: false,
            visible,
            is_open: functions.is_open(),
            offered: Vec::new(),
        };
        choice.rule = choice.read(&turn.tool_choice, offers, sources);
        choice
    }

    /// No tool may be called.
    pub(super) fn none() -> Self {
        Self {
            original: ToolChoiceMode::None.into(),
            rule: Rule::Mode(ToolChoiceMode::None),
            is_rewritten: false,
            visible: Vec::new(),
            is_open: false,
            offered: Vec::new(),
        }
    }

    /// Sets which tools of the server's the model is offered.
    pub(super) fn offered(&mut self, offers: &[Offer]) {
        self.offered = offers.iter().map(|offer| offer.name.clone()).collect();
        self.visible.extend(shown(offers));
    }

    fn read(&mut self, choice: &ToolChoice, offers: &[Offer], sources: &[Source]) -> Rule {
        let mut set = Named::default();
        let one = match choice {
            ToolChoice::Mode(mode) => return Rule::Mode(mode.clone()),
            ToolChoice::AllowedTools(allowed) => {
                for tool in &allowed.tools {
                    self.name(tool, offers, sources, &mut set);
                }
                let mode = allowed.mode.value().cloned();
                return Rule::Allowed(set, mode.unwrap_or(ToolChoiceMode::Auto));
            }
            ToolChoice::Function(function) => SpecificToolChoice::Function(function.clone()),
            ToolChoice::Extension(raw) => SpecificToolChoice::Extension(raw.clone()),
            ToolChoice::Unknown(raw) => SpecificToolChoice::Unknown(raw.clone()),
            _ => return Rule::Mode(ToolChoiceMode::Auto),
        };
        self.name(&one, offers, sources, &mut set);
        Rule::Forced(set)
    }

    /// Adds what a choice of one tool stands for.
    fn name(
        &mut self,
        choice: &SpecificToolChoice,
        offers: &[Offer],
        sources: &[Source],
        set: &mut Named,
    ) {
        let before = set.names.len();
        let is_own = match choice {
            SpecificToolChoice::Function(function) => {
                match function.name.as_str() {
                    Some(name) => set.names.push(name.to_owned()),
                    None => {
                        self.is_rewritten |= !offers.is_empty();
                        set.names.extend(self.visible.iter().cloned());
                        set.names.extend(shown(offers));
                    }
                }
                return;
            }
            SpecificToolChoice::Extension(raw) => {
                let of_type = offers.iter().filter(|offer| {
                    matches!(&offer.appearance, Appearance::Extension(item_type) if item_type.as_str() == raw.type_name())
                });
                set.names.extend(of_type.map(|offer| offer.name.clone()));
                set.names.len() > before
            }
            // `{"type":"mcp","server_label":..}` is all tools of a server, or the one that it names.
            SpecificToolChoice::Unknown(raw) if raw.type_name() == "mcp" => {
                let (label, name) = (raw.string_member("server_label"), raw.string_member("name"));
                let of_server = offers.iter().filter(|offer| {
                    matches!(&offer.appearance, Appearance::Mcp(of) if Some(of) == label.as_ref())
                        && name.as_ref().is_none_or(|name| *name == offer.tool.name)
                });
                set.names.extend(of_server.map(|offer| offer.name.clone()));
                let mut declared = sources.iter().filter(|source| source.declared.is_some());
                declared.any(|source| Some(&source.label) == label.as_ref())
            }
            _ => false,
        };
        if is_own {
            self.is_rewritten = true;
        } else {
            set.foreign.push(choice.clone());
        }
    }

    /// Returns whether a tool of the server's may be called. `is_satisfied` once the client can see a call.
    pub(crate) fn allows(&self, offer: &Offer, is_satisfied: bool) -> bool {
        match &self.rule {
            Rule::Mode(mode) | Rule::Allowed(_, mode) if *mode == ToolChoiceMode::None => false,
            Rule::Mode(_) => true,
            Rule::Forced(set) => is_satisfied || set.names.contains(&offer.name),
            Rule::Allowed(set, _) => set.names.contains(&offer.name),
        }
    }

    /// The choice of one round. `is_satisfied` once the client can see a call, `is_first` before the
    /// model was sampled.
    pub(crate) fn of_round(&self, is_first: bool, is_satisfied: bool) -> ToolChoice {
        match &self.rule {
            Rule::Mode(ToolChoiceMode::Required) => {
                // Where the client can see no tool, any call will do.
                if is_satisfied || (!is_first && self.visible.is_empty()) {
                    ToolChoiceMode::Auto.into()
                } else if is_first || self.is_open {
                    self.original.clone()
                } else {
                    // Calls that the client cannot see do not satisfy it for ever.
                    self.visible_only()
                }
            }
            Rule::Mode(_) => self.original.clone(),
            Rule::Forced(set) => {
                if is_satisfied || (!is_first && !self.can_see(set)) {
                    self.after(set)
                } else if self.is_rewritten {
                    set.one()
                } else {
                    self.original.clone()
                }
            }
            Rule::Allowed(set, mode) => {
                let is_met = is_satisfied || (!is_first && self.visible.is_empty());
                let is_freed = *mode == ToolChoiceMode::Required && is_met;
                if *mode == ToolChoiceMode::None || set.is_empty() {
                    ToolChoiceMode::None.into()
                } else if is_freed {
                    set.among(ToolChoiceMode::Auto)
                } else if self.is_rewritten {
                    set.among(mode.clone())
                } else {
                    self.original.clone()
                }
            }
        }
    }

    fn visible_only(&self) -> ToolChoice {
        let visible = Named {
            names: self.visible.clone(),
            foreign: Vec::new(),
        };
        visible.among(ToolChoiceMode::Required)
    }

    /// Returns whether the client sees calls of one of these.
    fn can_see(&self, set: &Named) -> bool {
        !set.foreign.is_empty() || set.names.iter().any(|name| self.visible.contains(name))
    }

    /// What the model may call once a tool of the `set` was called.
    fn after(&self, set: &Named) -> ToolChoice {
        let is_free = |name: &String| self.offered.contains(name) || set.names.contains(name);
        if !self.is_open && self.visible.iter().all(is_free) {
            return ToolChoiceMode::Auto.into();
        }
        let further = self.offered.iter().filter(|name| !set.names.contains(name));
        let all = Named {
            names: set.names.iter().chain(further).cloned().collect(),
            foreign: set.foreign.clone(),
        };
        if all.is_empty() {
            return ToolChoiceMode::Auto.into();
        }
        all.among(ToolChoiceMode::Auto)
    }
}

/// The names of the offers of which the client sees calls.
fn shown(offers: &[Offer]) -> impl Iterator<Item = String> {
    let shown = offers.iter().filter(|offer| !offer.is_hidden());
    shown.map(|offer| offer.name.clone())
}

impl Named {
    fn is_empty(&self) -> bool {
        self.names.is_empty() && self.foreign.is_empty()
    }

    /// A demand for one of these.
    fn one(&self) -> ToolChoice {
        match (&self.names[..], &self.foreign[..]) {
            ([], []) => ToolChoiceMode::Auto.into(),
            ([name], []) => ToolChoice::function(name),
            _ => self.among(ToolChoiceMode::Required),
        }
    }

    fn among(&self, mode: ToolChoiceMode) -> ToolChoice {
        let names = self.names.iter();
        let functions = names.map(|name| FunctionToolChoice::new(name.as_str()).into());
        let tools: Vec<SpecificToolChoice> = functions.chain(self.foreign.clone()).collect();
        AllowedTools::new(tools).mode(mode).into()
    }
}
