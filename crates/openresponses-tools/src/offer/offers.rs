use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use openresponses_types::item::FunctionCall;
use openresponses_types::json::RawJson;
use openresponses_types::tool::{DeclaredTools, FunctionTool, Tool as Declared};
use openresponses_types::wire::{Extension, ExtensionType};
use openresponses_types::{Field, Turn};

use super::choice::Choice;
use super::own::OwnItems;
use super::source::Source;
use crate::tool::{Exposure, NAME, Tool, function_name};

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
    /// The functions of the client's, and those that may be.
    functions: DeclaredTools,
    choice: Choice,
}

impl Offers {
    /// What `turn` offers of the host's `tools` and of servers. A function of the client's has
    /// precedence over a tool of the same name, and a declared tool over one that is not.
    pub(crate) fn new(
        tools: &[Arc<Tool>],
        sources: &[Source],
        own: OwnItems<'_>,
        turn: &Turn,
    ) -> Self {
        let functions = turn.declared_tools_of(
            |tool| !is_own(tool, tools, sources),
            |item| own.json(item).is_none(),
        );
        let mut listing = Listing::new(&functions);
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
            ..
        } = listing;
        let mut choice = Choice::new(turn, &functions, &offers, sources);
        // A tool that the client did not name is not put before a model that may not call it.
        offers.retain(|offer| offer.declaration.is_some() || choice.allows(offer, false));
        choice.offered(&offers);
        let undeclared = offers.iter().filter(|offer| offer.declaration.is_none());
        definitions.extend(undeclared.map(Offer::definition));
        Self {
            offers,
            definitions,
            functions,
            choice,
        }
    }

    /// What a conversation without a turn offers.
    pub(crate) fn none() -> Self {
        Self {
            offers: Vec::new(),
            definitions: Vec::new(),
            functions: DeclaredTools::default(),
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

    /// Returns true for the name of a function that is the client's, or may be. No offer has the name of one
    /// that is known.
    pub(crate) fn is_clients(&self, name: &str) -> bool {
        self.functions.contains(name) && self.find(name).is_none()
    }

    /// Does what [`is_clients`](Self::is_clients) does, for a call. No offer is in a namespace.
    pub(crate) fn is_clients_call(&self, call: &FunctionCall) -> bool {
        call.extra.get("namespace").is_some() || self.is_clients(&call.name)
    }

    /// Sets the tools and the choice of a turn that is sampled once.
    pub(crate) fn write(self, turn: &mut Turn) {
        turn.tool_choice = self.choice.of_round(true, false);
        turn.tools = self.definitions;
    }

    pub(crate) fn definitions(&self) -> &[Declared] {
        &self.definitions
    }

    pub(crate) fn choice(&self) -> &Choice {
        &self.choice
    }
}

/// Returns whether the client declared a tool that the loop runs: a hosted one, or a server.
fn is_own(declared: &Declared, tools: &[Arc<Tool>], sources: &[Source]) -> bool {
    match declared {
        Declared::Function(_) => false,
        Declared::Extension(raw) => hosted(raw, tools).next().is_some(),
        Declared::Unknown(raw) => served(raw.json(), sources).is_some(),
        _ => false,
    }
}

/// The hosted tools of a declared type.
fn hosted<'t>(
    raw: &Extension,
    tools: &'t [Arc<Tool>],
) -> impl Iterator<Item = (&'t Arc<Tool>, &'t ExtensionType)> {
    tools.iter().filter_map(|tool| match &tool.exposure {
        Exposure::Declared(item_type) if item_type.as_str() == raw.type_name() => {
            Some((tool, item_type))
        }
        Exposure::Declared(_) | Exposure::Hidden | Exposure::Shown(_) => None,
    })
}

/// The server of a declaration.
fn served<'s>(json: &RawJson, sources: &'s [Source]) -> Option<&'s Source> {
    sources.iter().find(|source| {
        let declared = source.declared.as_ref();
        declared.is_some_and(|declared| declared.json == *json)
    })
}

/// Offers on their way into the list, each under a name of its own.
struct Listing {
    names: BTreeSet<String>,
    /// The number that a name was given last.
    numbers: BTreeMap<String, usize>,
    offers: Vec<Offer>,
    definitions: Vec<Declared>,
}

impl Listing {
    fn new(functions: &DeclaredTools) -> Self {
        Self {
            names: functions.functions().map(Into::into).collect(),
            numbers: BTreeMap::new(),
            offers: Vec::new(),
            definitions: Vec::new(),
        }
    }

    /// Puts what the client declared in the place where it stands.
    fn declared(&mut self, declared: &Declared, tools: &[Arc<Tool>], sources: &[Source]) {
        if !is_own(declared, tools, sources) {
            self.definitions.push(declared.clone());
            return;
        }
        let before = self.offers.len();
        match declared {
            Declared::Extension(raw) => {
                for (tool, item_type) in hosted(raw, tools) {
                    let appearance = Appearance::Extension(item_type.clone());
                    self.add(tool, appearance, None, Some(raw.json()));
                }
            }
            Declared::Unknown(raw) => {
                let json = raw.json();
                let Some(source) = served(json, sources) else {
                    return;
                };
                for tool in &source.tools {
                    let appearance = Appearance::Mcp(source.label.clone());
                    self.add(tool, appearance, Some(&source.label), Some(json));
                }
            }
            _ => {}
        }
        let added = self.offers.iter().skip(before).map(Offer::definition);
        self.definitions.extend(added);
    }

    /// Adds an offer. A tool of a server whose name is taken gets the server's label as a prefix, and
    /// then a number. Of two tools of the host's with one name the first is offered.
    fn add(
        &mut self,
        tool: &Arc<Tool>,
        appearance: Appearance,
        label: Option<&str>,
        declaration: Option<&RawJson>,
    ) {
        let mut name = function_name(&tool.name);
        if self.names.contains(&name) {
            let Some(label) = label else {
                tracing::debug!(tool = tool.name, "another tool has the name");
                return;
            };
            name = self.free(&format!("{label}_{}", tool.name));
        }
        self.names.insert(name.clone());
        self.offers.push(Offer {
            tool: Arc::clone(tool),
            name,
            appearance,
            declaration: declaration.cloned(),
        });
    }

    /// The name, or the first of `name_2`, `name_3` and so on that is free, cut to the length of names.
    fn free(&mut self, name: &str) -> String {
        let name = function_name(name);
        let mut free = name.clone();
        while self.names.contains(&free) {
            let number = self.numbers.entry(name.clone()).or_insert(1);
            *number += 1;
            let suffix = format!("_{number}");
            // Names are ASCII.
            let cut = name.len().min(NAME.saturating_sub(suffix.len()));
            free = format!("{}{suffix}", &name[..cut]);
        }
        free
    }
}
