use std::collections::BTreeSet;
use std::sync::Arc;

use openresponses_types::json::RawJson;
use openresponses_types::tool::{FunctionTool, Tool as Declared};
use openresponses_types::wire::ExtensionType;
use openresponses_types::{Field, Turn};

use super::choice::Choice;
use crate::tool::{Exposure, Tool};

/// A tool that runs on the server, as one turn offers it.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) tool: Arc<Tool>,
    /// The name that the model calls.
    pub(crate) name: String,
    pub(crate) appearance: Appearance,
    /// What the client declared, with its settings.
    pub(crate) declaration: Option<RawJson>,
}

/// What the client sees of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Appearance {
    Hidden,
    Extension(ExtensionType),
}

impl Offer {
    pub(crate) fn is_hidden(&self) -> bool {
        self.appearance == Appearance::Hidden
    }

    /// The tool as the model sees it.
    fn definition(&self) -> Declared {
        let mut function =
            FunctionTool::new(self.name.as_str()).parameters(self.tool.arguments.schema.clone());
        function.description = Field::or_null(self.tool.description.clone());
        function.into()
    }
}

/// The tools of one turn.
#[derive(Debug)]
pub(crate) struct Offers {
    offers: Vec<Offer>,
    /// The tools as the model sees them.
    definitions: Vec<Declared>,
    /// The functions that the client declared.
    functions: BTreeSet<String>,
    /// Whether the client declared functions only, so that any other name is a mistake.
    is_closed: bool,
    choice: Choice,
}

impl Offers {
    /// What `turn` offers of `tools`. A function of the client's has precedence over a tool of the
    /// same name.
    pub(crate) fn new(tools: &[Arc<Tool>], turn: &Turn) -> Self {
        let mut functions = BTreeSet::new();
        for tool in &turn.tools {
            if let Declared::Function(function) = tool {
                functions.insert(function.name.clone());
            }
        }
        let mut names = functions.clone();
        let (mut offers, mut definitions, mut is_closed) = (Vec::new(), Vec::new(), true);
        for declared in &turn.tools {
            let tool = match declared {
                Declared::Extension(raw) => tools.iter().find(|tool| {
                    matches!(&tool.exposure, Exposure::Declared(item_type) if item_type.as_str() == raw.type_name())
                }),
                _ => None,
            };
            match (tool, declared) {
                (Some(tool), Declared::Extension(raw)) => {
                    if let Exposure::Declared(item_type) = &tool.exposure
                        && names.insert(tool.name.clone())
                    {
                        let offer = Offer {
                            tool: Arc::clone(tool),
                            name: tool.name.clone(),
                            appearance: Appearance::Extension(item_type.clone()),
                            declaration: Some(raw.json().clone()),
                        };
                        definitions.push(offer.definition());
                        offers.push(offer);
                    }
                }
                _ => {
                    is_closed &= matches!(declared, Declared::Function(_));
                    definitions.push(declared.clone());
                }
            }
        }
        for tool in tools {
            let appearance = match &tool.exposure {
                Exposure::Hidden => Appearance::Hidden,
                Exposure::Shown(item_type) => Appearance::Extension(item_type.clone()),
                Exposure::Declared(_) => continue,
            };
            if !names.insert(tool.name.clone()) {
                tracing::debug!(tool = tool.name, "another tool has the name");
                continue;
            }
            let offer = Offer {
                tool: Arc::clone(tool),
                name: tool.name.clone(),
                appearance,
                declaration: None,
            };
            offers.push(offer);
        }
        let choice = Choice::new(turn, &offers);
        // A tool that the client did not name is not put before a model that may not call it.
        offers.retain(|offer| offer.declaration.is_some() || choice.allows(offer));
        let undeclared = offers.iter().filter(|offer| offer.declaration.is_none());
        definitions.extend(undeclared.map(Offer::definition));
        Self {
            offers,
            definitions,
            functions,
            is_closed,
            choice,
        }
    }

    /// True when no tool of the server's is offered.
    pub(crate) fn is_empty(&self) -> bool {
        self.offers.is_empty()
    }

    /// The offer that the model calls by `name`.
    pub(crate) fn find(&self, name: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.name == name)
    }

    /// True for the name of a function that is the client's, or may be.
    pub(crate) fn is_clients(&self, name: &str) -> bool {
        self.functions.contains(name) || (!self.is_closed && self.find(name).is_none())
    }

    pub(crate) fn definitions(&self) -> &[Declared] {
        &self.definitions
    }

    pub(crate) fn choice(&self) -> &Choice {
        &self.choice
    }
}
