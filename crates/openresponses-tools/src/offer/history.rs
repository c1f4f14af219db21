//! The conversation as a model can read it: calls of the server's tools as function calls and their
//! outputs. Spec: "Hosted tools must have corresponding item types" (rehydration).

use std::collections::BTreeMap;
use std::sync::Arc;

use openresponses_tower::Error;
use openresponses_types::Item;
use openresponses_types::item::{FunctionCall, FunctionCallOutput};
use openresponses_types::json::RawJson;
use openresponses_types::wire::ExtensionType;

use super::offers::{Appearance, Offer, Offers};
use crate::approval::{Answer, Approver, Asked};
use crate::error::error_text;
use crate::tool::{Tool, function_name};

/// A conversation without items that only the loop understands.
#[derive(Debug, Default)]
pub(crate) struct History {
    pub(crate) items: Vec<Arc<Item>>,
    pub(crate) input_start: usize,
    /// The calls that the client has just approved, in the order in which they were asked for.
    pub(crate) resumed: Vec<Resumed>,
}

/// A call that was approved and has not run.
#[derive(Debug)]
pub(crate) struct Resumed {
    pub(crate) approval_request_id: String,
    /// The member of the request that approves it.
    pub(crate) path: String,
    pub(crate) call_id: String,
    pub(crate) arguments: String,
    pub(crate) offer: Offer,
}

/// Rewrites conversations of one caller.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) tools: &'a [Arc<Tool>],
    pub(crate) offers: &'a Offers,
    pub(crate) approver: &'a Approver,
    pub(crate) scope: &'a str,
    /// Whether MCP servers are the loop's matter. Else their items are the provider's.
    pub(crate) has_servers: bool,
}

impl History {
    /// Reads `items`, of which those from `input_start` on are the request's own.
    ///
    /// # Errors
    /// When an approval is not one that answers a request of this server's.
    pub(crate) fn read(
        reader: Reader<'_>,
        items: &[Arc<Item>],
        input_start: usize,
    ) -> Result<Self, Error> {
        if !items.iter().any(|item| reader.is_ours(item)) {
            return Ok(Self {
                items: items.to_vec(),
                input_start,
                resumed: Vec::new(),
            });
        }
        let approvals = reader.approvals(items);
        let mut history = Self::default();
        let (before, input) = items.split_at(input_start.min(items.len()));
        reader.rewrite(before, &approvals, &mut history.items);
        history.input_start = history.items.len();
        reader.rewrite(input, &approvals, &mut history.items);
        history.resumed = reader.resume(items, input_start, &approvals)?;
        Ok(history)
    }
}

/// The requests for approval in a conversation, and what became of them.
#[derive(Debug, Default)]
struct Approvals {
    requests: BTreeMap<String, Call>,
    answers: BTreeMap<String, Answer>,
    /// The requests whose calls have run.
    ran: Vec<String>,
}

/// A call as an item describes it.
#[derive(Clone, Debug)]
struct Call {
    id: String,
    call_id: String,
    /// The type of its item where it is not of an MCP server.
    item_type: Option<String>,
    server_label: Option<String>,
    name: String,
    arguments: String,
}

impl Call {
    fn read(json: &RawJson, item_type: Option<&str>) -> Self {
        let id = text(json, "id").unwrap_or_default();
        let call_id = text(json, "call_id").unwrap_or_else(|| id.chars().take(64).collect());
        Self {
            call_id,
            id,
            item_type: item_type.map(Into::into),
            server_label: text(json, "server_label"),
            name: text(json, "name").unwrap_or_default(),
            arguments: text(json, "arguments").unwrap_or_else(|| "{}".into()),
        }
    }

    /// The call that an item asks approval for.
    fn requested(type_name: &str, json: &RawJson) -> Option<Self> {
        match type_name.split_once(':') {
            Some((_, "approval_request")) => Some(Self::read(json, text(json, "tool").as_deref())),
            None if type_name == "mcp_approval_request" => Some(Self::read(json, None)),
            _ => None,
        }
    }

    fn asked(&self) -> Asked<'_> {
        Asked {
            of: self
                .item_type
                .as_deref()
                .or(self.server_label.as_deref())
                .unwrap_or(""),
            name: &self.name,
            arguments: &self.arguments,
        }
    }

    fn appearance(&self) -> Option<Appearance> {
        match &self.item_type {
            Some(item_type) => Some(Appearance::Extension(ExtensionType::new(item_type).ok()?)),
            None => self.server_label.clone().map(Appearance::Mcp),
        }
    }
}

impl Reader<'_> {
    /// Returns true for items that only the loop understands: of MCP servers, and of the slugs of
    /// its tools.
    fn is_ours(&self, item: &Item) -> bool {
        match item {
            Item::Unknown(raw) => self.has_servers && raw.type_name().starts_with("mcp_"),
            Item::Extension(raw) => {
                let slug = raw.type_name().split_once(':').map(|(slug, _)| slug);
                let mut types = self
                    .tools
                    .iter()
                    .filter_map(|tool| tool.exposure.item_type());
                types.any(|item_type| Some(item_type.slug()) == slug)
            }
            _ => false,
        }
    }

    /// An item of the loop's.
    fn json<'i>(&self, item: &'i Item) -> Option<&'i RawJson> {
        json(item).filter(|_| self.is_ours(item))
    }

    fn approvals(&self, items: &[Arc<Item>]) -> Approvals {
        let mut all = Approvals::default();
        for item in items {
            let Some(json) = self.json(item) else {
                continue;
            };
            let type_name = item.type_name();
            if let Some(answer) = Answer::of(type_name, json) {
                all.answers.entry(answer.request.clone()).or_insert(answer);
            } else if let Some(call) = Call::requested(type_name, json) {
                all.requests.insert(call.id.clone(), call);
            } else if let Some(id) = text(json, "approval_request_id") {
                all.ran.push(id);
            }
        }
        all
    }

    /// Calls that stand together come before their outputs, as models make them.
    fn rewrite(&self, items: &[Arc<Item>], approvals: &Approvals, all: &mut Vec<Arc<Item>>) {
        let mut outputs: Vec<Arc<Item>> = Vec::new();
        for item in items {
            match self.meaning(item, approvals) {
                Meaning::Pair(call, output) => {
                    all.push(call);
                    outputs.push(output);
                }
                Meaning::Nothing => {}
                Meaning::Itself => {
                    all.append(&mut outputs);
                    all.push(Arc::clone(item));
                }
            }
        }
        all.append(&mut outputs);
    }

    fn meaning(&self, item: &Item, approvals: &Approvals) -> Meaning {
        let Some(json) = self.json(item) else {
            return Meaning::Itself;
        };
        let type_name = item.type_name();
        if Answer::of(type_name, json).is_some() || type_name == "mcp_list_tools" {
            return Meaning::Nothing;
        }
        if let Some(call) = Call::requested(type_name, json) {
            return match approvals.answers.get(&call.id) {
                // The model learns of a refusal. An approved call stands where it ran.
                Some(answer) if !answer.approve => {
                    let reason = answer.reason.as_deref().unwrap_or("No reason was given.");
                    let text = error_text(&format!("The user did not approve the call. {reason}"));
                    self.pair(&call, text)
                }
                _ => Meaning::Nothing,
            };
        }
        let call = match item {
            Item::Unknown(_) if type_name == "mcp_call" => Call::read(json, None),
            Item::Extension(_) if self.is_of_tool(type_name) => Call::read(json, Some(type_name)),
            _ => return Meaning::Itself,
        };
        let output = match (text(json, "output"), text(json, "error")) {
            (Some(output), _) => output,
            (None, Some(error)) => error_text(&error),
            (None, None) => error_text("There is no result."),
        };
        self.pair(&call, output)
    }

    fn pair(&self, call: &Call, output: String) -> Meaning {
        let offer = self.offer(call);
        let name = offer.map_or_else(|| function_name(&call.name), |offer| offer.name.clone());
        let function = FunctionCall::new(call.call_id.as_str(), name, call.arguments.as_str());
        let output = FunctionCallOutput::new(call.call_id.as_str(), output);
        Meaning::Pair(Arc::new(function.into()), Arc::new(output.into()))
    }

    fn offer(&self, call: &Call) -> Option<&Offer> {
        self.offers.find_shown(&call.appearance()?, &call.name)
    }

    fn is_of_tool(&self, type_name: &str) -> bool {
        let mut types = self
            .tools
            .iter()
            .filter_map(|tool| tool.exposure.item_type());
        types.any(|item_type| item_type.as_str() == type_name)
    }

    /// The calls that the request approves. An approval counts for what was asked.
    fn resume(
        &self,
        items: &[Arc<Item>],
        input_start: usize,
        approvals: &Approvals,
    ) -> Result<Vec<Resumed>, Error> {
        let mut resumed: Vec<Resumed> = Vec::new();
        for (at, item) in items.iter().enumerate().skip(input_start) {
            let answer = self
                .json(item)
                .and_then(|json| Answer::of(item.type_name(), json));
            let Some(answer) = answer else { continue };
            let path = format!("input[{}].approval_request_id", at - input_start);
            let refuse = |message: &str| Err(Error::invalid_request(path.as_str(), message));
            // A conversation that is sent as a whole has answers that were acted on.
            if approvals.ran.contains(&answer.request)
                && approvals.requests.contains_key(&answer.request)
            {
                if self.is_in(&items[..input_start], &answer.request) {
                    return refuse(ANSWERED);
                }
                continue;
            }
            let Some(call) = approvals.requests.get(&answer.request) else {
                return refuse("There is no approval request of this id in the conversation.");
            };
            if resumed
                .iter()
                .any(|it| it.approval_request_id == answer.request)
            {
                return refuse("The approval request is answered twice.");
            }
            if !answer.approve {
                continue;
            }
            let Some(offer) = self.offer(call) else {
                return refuse("The tool of the approval request is not among 'tools'.");
            };
            if let Err(reason) = self
                .approver
                .verify(self.scope, &answer.request, call.asked())
            {
                return refuse(reason);
            }
            resumed.push(Resumed {
                approval_request_id: answer.request,
                path,
                call_id: call.call_id.clone(),
                arguments: call.arguments.clone(),
                offer: offer.clone(),
            });
        }
        Ok(resumed)
    }

    /// Returns whether the call of the request has run in these items.
    fn is_in(&self, items: &[Arc<Item>], request: &str) -> bool {
        let id = |item: &Arc<Item>| text(json(item)?, "approval_request_id");
        items.iter().any(|item| {
            let is_answer =
                json(item).is_some_and(|json| Answer::of(item.type_name(), json).is_some());
            !is_answer && id(item).as_deref() == Some(request)
        })
    }
}

/// An approval counts once.
pub(crate) const ANSWERED: &str = "The approval request was answered before.";

/// What an item is to a model.
enum Meaning {
    Itself,
    /// A call and its output.
    Pair(Arc<Item>, Arc<Item>),
    Nothing,
}

fn json(item: &Item) -> Option<&RawJson> {
    match item {
        Item::Extension(raw) => Some(raw.json()),
        Item::Unknown(raw) => Some(raw.json()),
        _ => None,
    }
}

fn text(json: &RawJson, name: &str) -> Option<String> {
    Some(json.reader().member(name)?.string()?.into_owned())
}
