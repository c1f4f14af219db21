use openresponses_types::Turn;
use openresponses_types::tool::{
    AllowedTools, FunctionToolChoice, SpecificToolChoice, Tool as Declared, ToolChoice,
    ToolChoiceMode,
};

use super::offers::{Appearance, Offer};

/// What `tool_choice` says, over the rounds of one response. Spec: "tool_choice", "allowed_tools".
///
/// A demand is satisfied by the first call that the client can see; after it the model is free. The
/// set of allowed tools holds to the end.
#[derive(Debug)]
pub(crate) struct Choice {
    /// The names that may be called; all where it is `None`.
    allowed: Option<Vec<String>>,
    mode: ToolChoiceMode,
    /// The names of which one must be called first.
    forced: Option<Vec<String>>,
    /// What a demand may be satisfied with: the names of which the client sees calls.
    visible: Vec<String>,
}

impl Choice {
    pub(super) fn new(turn: &Turn, offers: &[Offer]) -> Self {
        let functions = turn.tools.iter().filter_map(|tool| match tool {
            Declared::Function(function) => Some(function.name.clone()),
            _ => None,
        });
        let shown = offers.iter().filter(|offer| !offer.is_hidden());
        let visible = functions.chain(shown.map(|offer| offer.name.clone()));
        let mut choice = Self {
            allowed: None,
            mode: ToolChoiceMode::Auto,
            forced: None,
            visible: visible.collect(),
        };
        match &turn.tool_choice {
            ToolChoice::Mode(mode) => choice.mode = mode.clone(),
            ToolChoice::Function(function) => {
                let only = SpecificToolChoice::Function(function.clone());
                choice.force(names(&only, offers, &choice.visible));
            }
            ToolChoice::Extension(raw) => {
                let only = SpecificToolChoice::Extension(raw.clone());
                choice.force(names(&only, offers, &choice.visible));
            }
            ToolChoice::Unknown(raw) => {
                let only = SpecificToolChoice::Unknown(raw.clone());
                choice.force(names(&only, offers, &choice.visible));
            }
            ToolChoice::AllowedTools(set) => {
                let all = set.tools.iter();
                let allowed = all.flat_map(|tool| names(tool, offers, &choice.visible));
                choice.allowed = Some(allowed.collect());
                choice.mode = set.mode.value().cloned().unwrap_or(ToolChoiceMode::Auto);
            }
            _ => {}
        }
        choice
    }

    /// No tool may be called.
    pub(super) fn none() -> Self {
        Self {
            allowed: None,
            mode: ToolChoiceMode::None,
            forced: None,
            visible: Vec::new(),
        }
    }

    fn force(&mut self, names: Vec<String>) {
        self.mode = ToolChoiceMode::Required;
        self.forced = Some(names);
    }

    /// Returns whether a tool of the server's may be called at all.
    pub(crate) fn allows(&self, offer: &Offer) -> bool {
        if self.mode == ToolChoiceMode::None {
            return false;
        }
        let named = self.allowed.as_ref().or(self.forced.as_ref());
        named.is_none_or(|names| names.contains(&offer.name))
    }

    /// The choice of one round. `is_satisfied` once the client can see a call, `is_first` before any
    /// call was run.
    pub(crate) fn of_round(&self, is_first: bool, is_satisfied: bool) -> ToolChoice {
        let mode = match &self.mode {
            ToolChoiceMode::Required if is_satisfied => ToolChoiceMode::Auto,
            // Where the client can see no tool, any call will do.
            ToolChoiceMode::Required if !is_first && self.visible.is_empty() => {
                ToolChoiceMode::Auto
            }
            mode => mode.clone(),
        };
        if mode == ToolChoiceMode::None {
            return mode.into();
        }
        let demands = mode == ToolChoiceMode::Required;
        if let Some(forced) = self.forced.as_ref().filter(|_| demands) {
            return match &forced[..] {
                [name] => ToolChoice::function(name),
                [] => ToolChoiceMode::Auto.into(),
                names => among(names, mode),
            };
        }
        match &self.allowed {
            Some(allowed) if allowed.is_empty() => ToolChoiceMode::None.into(),
            Some(allowed) => among(allowed, mode),
            // Calls that the client cannot see do not satisfy it for ever.
            None if demands && !is_first => among(&self.visible, mode),
            None => mode.into(),
        }
    }
}

fn among(names: &[String], mode: ToolChoiceMode) -> ToolChoice {
    let tools = names
        .iter()
        .map(|name| FunctionToolChoice::new(name.as_str()).into());
    AllowedTools::new(tools.collect::<Vec<SpecificToolChoice>>())
        .mode(mode)
        .into()
}

/// The names that a choice of one tool stands for.
fn names(choice: &SpecificToolChoice, offers: &[Offer], visible: &[String]) -> Vec<String> {
    match choice {
        SpecificToolChoice::Function(function) => match function.name.as_str() {
            Some(name) => vec![name.to_owned()],
            None => visible.to_vec(),
        },
        SpecificToolChoice::Extension(raw) => {
            let of_type = offers.iter().filter(|offer| {
                matches!(&offer.appearance, Appearance::Extension(item_type) if item_type.as_str() == raw.type_name())
            });
            of_type.map(|offer| offer.name.clone()).collect()
        }
        // `{"type":"mcp","server_label":..}` is all tools of a server, or the one that it names.
        SpecificToolChoice::Unknown(raw) if raw.type_name() == "mcp" => {
            let (label, name) = (raw.string_member("server_label"), raw.string_member("name"));
            let of_server = offers.iter().filter(|offer| {
                matches!(&offer.appearance, Appearance::Mcp(of) if Some(of) == label.as_ref())
                    && name.as_ref().is_none_or(|name| *name == offer.tool.name)
            });
            of_server.map(|offer| offer.name.clone()).collect()
        }
        _ => Vec::new(),
    }
}
