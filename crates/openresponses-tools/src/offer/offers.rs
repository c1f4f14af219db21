use std::collections::BTreeSet;
use std::sync::Arc;

use openresponses_types::json::RawJson;
use openresponses_types::tool::{FunctionTool, Tool as Declared};
use openresponses_types::wire::{Extension, ExtensionType};
use openresponses_types::{Field, Turn};

use super::choice::Choice;
use super::source::Source;
use crate::tool::{Exposure, Tool, function_name};

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
    /// Items of this type.
    Extension(ExtensionType),
    /// Items as the OpenAI SDKs know them, of the server with this label.
    Mcp(String),
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
    /// What `turn` offers of the host's tools and of servers. A function of the client's has
    /// precedence over a tool of the same name, and a declared tool over one that is not.
    pub(crate) fn new(tools: &[Arc<Tool>], sources: &[Source], turn: &Turn) -> Self {
        let mut listing = Listing::new(&turn.tools);
        let functions = listing.names.clone();
        for declared in &turn.tools {
            listing.declared(declared, tools, sources);
        }
        for tool in tools {
            let appearance = match &tool.exposure {
                Exposure::Hidden => Appearance::Hidden,
                Exposure::Shown(item_type) => Appearance::Extension(item_type.clone()),
                Exposure::Declared(_) => continue,
            };
            listing.add(tool, appearance, None, None);
        }
        for source in sources.iter().filter(|source| source.declared.is_none()) {
            for tool in &source.tools {
                listing.add(tool, Appearance::Hidden, Some(&source.label), None);
            }
        }
        let Listing {
            mut offers,
            mut definitions,
            is_closed,
            ..
        } = listing;
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

    /// What a conversation without a turn offers.
    pub(crate) fn none() -> Self {
        Self {
            offers: Vec::new(),
            definitions: Vec::new(),
            functions: BTreeSet::new(),
            is_closed: true,
            choice: Choice::none(),
        }
    }

    /// Returns true if no tool of the server's is offered.
    pub(crate) fn is_empty(&self) -> bool {
        self.offers.is_empty()
    }

    /// The offer that the model calls by `name`.
    pub(crate) fn find(&self, name: &str) -> Option<&Offer> {
        self.offers.iter().find(|offer| offer.name == name)
    }

    /// The offer of which the client sees calls in this way, of the tool that its server calls `name`.
    pub(crate) fn find_shown(&self, appearance: &Appearance, name: &str) -> Option<&Offer> {
        let mut offers = self.offers.iter();
        offers.find(|offer| offer.appearance == *appearance && offer.tool.name == name)
    }

    /// Returns true for the name of a function that is the client's, or may be.
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

/// Offers on their way into the list, each under a name of its own.
struct Listing {
    names: BTreeSet<String>,
    offers: Vec<Offer>,
    definitions: Vec<Declared>,
    is_closed: bool,
}

impl Listing {
    fn new(tools: &[Declared]) -> Self {
        let functions = tools.iter().filter_map(|tool| match tool {
            Declared::Function(function) => Some(function.name.clone()),
            _ => None,
        });
        Self {
            names: functions.collect(),
            offers: Vec::new(),
            definitions: Vec::new(),
            is_closed: true,
        }
    }

    /// Puts what the client declared in the place where it stands.
    fn declared(&mut self, declared: &Declared, tools: &[Arc<Tool>], sources: &[Source]) {
        let before = self.offers.len();
        let is_ours = match declared {
            Declared::Extension(raw) => self.hosted(raw, tools),
            Declared::Unknown(raw) => self.served(raw.json(), sources),
            _ => false,
        };
        if is_ours {
            let added = self.offers.iter().skip(before).map(Offer::definition);
            self.definitions.extend(added);
        } else {
            self.is_closed &= matches!(declared, Declared::Function(_));
            self.definitions.push(declared.clone());
        }
    }

    fn hosted(&mut self, raw: &Extension, tools: &[Arc<Tool>]) -> bool {
        let mut is_ours = false;
        for tool in tools {
            if let Exposure::Declared(item_type) = &tool.exposure
                && item_type.as_str() == raw.type_name()
            {
                let appearance = Appearance::Extension(item_type.clone());
                self.add(tool, appearance, None, Some(raw.json()));
                is_ours = true;
            }
        }
        is_ours
    }

    fn served(&mut self, json: &RawJson, sources: &[Source]) -> bool {
        let source = sources.iter().find(|source| {
            let declared = source.declared.as_ref();
            declared.is_some_and(|declared| declared.json == *json)
        });
        let Some(source) = source else { return false };
        for tool in &source.tools {
            let appearance = Appearance::Mcp(source.label.clone());
            self.add(tool, appearance, Some(&source.label), Some(json));
        }
        true
    }

    /// Adds an offer. A name that is taken gets the label of its server as a prefix.
    fn add(
        &mut self,
        tool: &Arc<Tool>,
        appearance: Appearance,
        label: Option<&str>,
        declaration: Option<&RawJson>,
    ) {
        let mut name = function_name(&tool.name);
        if self.names.contains(&name)
            && let Some(label) = label
        {
            name = function_name(&format!("{label}_{name}"));
        }
        if !self.names.insert(name.clone()) {
            tracing::debug!(tool = tool.name, "another tool has the name");
            return;
        }
        self.offers.push(Offer {
            tool: Arc::clone(tool),
            name,
            appearance,
            declaration: declaration.cloned(),
        });
    }
}
