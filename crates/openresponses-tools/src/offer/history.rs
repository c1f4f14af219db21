//! The conversation as a model can read it: calls of the server's tools as function calls and their
//! outputs. Spec: "Hosted tools must have corresponding item types" (rehydration).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use openresponses_tower::{Error, ErrorKind};
use openresponses_types::Item;
use openresponses_types::item::{FunctionCall, FunctionCallOutput};
use openresponses_types::json::RawJson;
use openresponses_types::wire::ExtensionType;

use super::offers::{Appearance, Offer, Offers};
use super::own::OwnItems;
use super::source::Source;
use crate::approval::{Answer, Approver, Asked};
use crate::error::error_text;
use crate::tool::function_name;

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
    pub(crate) own: OwnItems<'a>,
    pub(crate) offers: &'a Offers,
    pub(crate) sources: &'a [Source],
    pub(crate) approver: &'a Approver,
    pub(crate) scope: &'a str,
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
        if !items.iter().any(|item| reader.own.has(item)) {
            return Ok(Self {
                items: items.to_vec(),
                input_start,
                resumed: Vec::new(),
            });
        }
        let approvals = reader.approvals(items, input_start);
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
    /// The requests whose calls have run or were refused, and whether that was in an earlier turn.
    settled: BTreeMap<String, bool>,
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
    fn approvals(&self, items: &[Arc<Item>], input_start: usize) -> Approvals {
        let mut all = Approvals::default();
        for (at, item) in items.iter().enumerate() {
            let Some(json) = self.own.json(item) else {
                continue;
            };
            let type_name = item.type_name();
            if let Some(answer) = Answer::of(type_name, json) {
                if !answer.approve && at < input_start {
                    all.settled.insert(answer.request.clone(), true);
                }
                all.answers.entry(answer.request.clone()).or_insert(answer);
            } else if let Some(call) = Call::requested(type_name, json) {
                all.requests.insert(call.id.clone(), call);
            } else if let Some(id) = text(json, "approval_request_id") {
                // Items come in their order: the first tells whether it was before.
                all.settled.entry(id).or_insert(at < input_start);
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
        let Some(json) = self.own.json(item) else {
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
            Item::Extension(_) if self.own.is_of_tool(type_name) => {
                Call::read(json, Some(type_name))
            }
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

    /// The calls that the request approves. An approval counts for what was asked.
    fn resume(
        &self,
        items: &[Arc<Item>],
        input_start: usize,
        approvals: &Approvals,
    ) -> Result<Vec<Resumed>, Error> {
        let mut resumed: Vec<Resumed> = Vec::new();
        let mut answered = BTreeSet::new();
        for (at, item) in items.iter().enumerate().skip(input_start) {
            let answer = self
                .own
                .json(item)
                .and_then(|json| Answer::of(item.type_name(), json));
            let Some(answer) = answer else { continue };
            let path = format!("input[{}].approval_request_id", at - input_start);
            let refuse = |message: &str| Err(Error::invalid_request(path.as_str(), message));
            let Some(call) = approvals.requests.get(&answer.request) else {
                return refuse("There is no approval request of this id in the conversation.");
            };
            match approvals.settled.get(&answer.request) {
                Some(true) => return refuse(ANSWERED),
                // A conversation that is sent as a whole has answers that were acted on.
                Some(false) => continue,
                None => {}
            }
            if !answered.insert(answer.request.clone()) {
                return refuse("The approval request is answered twice.");
            }
            if !answer.approve {
                continue;
            }
            let offer = self.resumable(call, &path)?;
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

    /// The tool of a call that was approved.
    fn resumable(&self, call: &Call, path: &str) -> Result<&Offer, Error> {
        if let Some(offer) = self.offer(call) {
            return Ok(offer);
        }
        let mut failed = self.sources.iter().filter(|source| source.has_failed());
        if failed.any(|source| Some(&source.label) == call.server_label.as_ref()) {
            return Err(Error::new(
                ErrorKind::Overloaded,
                "mcp_server_unavailable",
                "The MCP server of the approval request cannot be reached. Try again later.",
            )
            .param(path)
            .retry_after(RETRY));
        }
        Err(Error::invalid_request(
            path,
            "The tool of the approval request is not among 'tools'.",
        ))
    }
}

/// When an approval may be sent again for a server that could not be reached.
const RETRY: Duration = Duration::from_secs(5);

/// An approval counts once.
pub(crate) const ANSWERED: &str = "The approval request was answered before.";

/// What an item is to a model.
enum Meaning {
    Itself,
    /// A call and its output.
    Pair(Arc<Item>, Arc<Item>),
    Nothing,
}

fn text(json: &RawJson, name: &str) -> Option<String> {
    Some(json.reader().member(name)?.string()?.into_owned())
}
