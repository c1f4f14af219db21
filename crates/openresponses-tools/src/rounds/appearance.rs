//! How a call looks to the client: the items and events of the dialect in which it was asked.

use openresponses_tower::output::Output;
use openresponses_types::json::RawJson;
use openresponses_types::sequence::Delta;
use openresponses_types::wire::{Extension, ExtensionType, Unknown};
use openresponses_types::{Item, StreamEvent};

use super::call::{Call, Outcome};
use crate::ids::new_id;
use crate::offer::{Appearance, Offer, Source};
use crate::tool::Tool;

/// The members of an item that are the loop's.
const RESERVED: [&str; 9] = [
    "type",
    "id",
    "status",
    "call_id",
    "name",
    "arguments",
    "approval_request_id",
    "output",
    "error",
];

/// A call that the client sees.
#[derive(Clone, Copy, Debug)]
pub(super) struct ShownCall<'a> {
    pub(super) appearance: &'a Appearance,
    /// The tool's name at its server.
    pub(super) name: &'a str,
    pub(super) call: &'a Call,
    pub(super) approval_request_id: Option<&'a str>,
}

impl<'a> ShownCall<'a> {
    /// The call of an offer; `None` where the client does not see it.
    pub(super) fn new(
        offer: Option<&'a Offer>,
        call: &'a Call,
        approval_request_id: Option<&'a str>,
    ) -> Option<Self> {
        let offer = offer.filter(|offer| !offer.is_hidden())?;
        Some(Self {
            appearance: &offer.appearance,
            name: &offer.tool.name,
            call,
            approval_request_id,
        })
    }

    /// The call has begun.
    pub(super) fn open(&self, out: &mut impl Extend<Output>) {
        match self.appearance {
            Appearance::Hidden => {}
            Appearance::Extension(item_type) => {
                push(
                    out,
                    self.extension_item(item_type, None).map(Delta::OpenItem),
                );
            }
            Appearance::Mcp(label) => {
                push(out, self.mcp_item(label, "", None).map(Delta::OpenItem));
                push(out, event("response.mcp_call.in_progress", &[]));
                let arguments = self.call.arguments.as_str();
                push(
                    out,
                    event("response.mcp_call_arguments.delta", &[("delta", arguments)]),
                );
                push(
                    out,
                    event(
                        "response.mcp_call_arguments.done",
                        &[("arguments", arguments)],
                    ),
                );
            }
        }
    }

    /// The call reports progress: the type of its item and `.progress`.
    pub(super) fn progress(&self, report: &RawJson, out: &mut impl Extend<Output>) {
        let Appearance::Extension(item_type) = self.appearance else {
            return;
        };
        let mut object = Object::new(&format!("{item_type}.progress"));
        let mut reader = report.reader();
        let mut members = reader.enter_object();
        while let Some(name) = reader.next_member(&mut members) {
            let value = reader.raw();
            if !matches!(
                &*name,
                "type" | "item_id" | "output_index" | "sequence_number"
            ) {
                object.raw(&name, value);
            }
        }
        let event = object.end().and_then(|json| Extension::new(json).ok());
        push(
            out,
            event.map(|event| Delta::ItemEvent(Box::new(StreamEvent::Extension(event)))),
        );
    }

    /// The call has ended.
    pub(super) fn close(&self, outcome: &Outcome, out: &mut impl Extend<Output>) {
        match self.appearance {
            Appearance::Hidden => {}
            Appearance::Extension(item_type) => {
                let item = self.extension_item(item_type, Some(outcome));
                push(out, item.map(Delta::CloseItem));
            }
            Appearance::Mcp(label) => {
                let end = match outcome {
                    Outcome::Done(_) => "response.mcp_call.completed",
                    Outcome::Failed(_) | Outcome::Refused(_) | Outcome::Asked(_) => {
                        "response.mcp_call.failed"
                    }
                };
                push(out, event(end, &[]));
                let item = self.mcp_item(label, &self.call.arguments, Some(outcome));
                push(out, item.map(Delta::CloseItem));
            }
        }
    }

    fn extension_item(
        &self,
        item_type: &ExtensionType,
        outcome: Option<&Outcome>,
    ) -> Option<Box<Item>> {
        let mut object = Object::new(item_type.as_str());
        object.text("status", status(outcome));
        object.text("call_id", &self.call.call_id);
        object.text("name", self.name);
        object.text("arguments", &self.call.arguments);
        if let Some(id) = self.approval_request_id {
            object.text("approval_request_id", id);
        }
        match outcome {
            Some(Outcome::Done(output)) => {
                object.text("output", &output.text);
                for (name, value) in &output.members {
                    if !RESERVED.contains(&name.as_str()) {
                        object.raw(name, value.get());
                    }
                }
            }
            Some(outcome) => object.optional("error", outcome.error()),
            None => {}
        }
        object.extension().map(Box::new)
    }

    /// An `mcp_call` has all its members from the start.
    fn mcp_item(
        &self,
        label: &str,
        arguments: &str,
        outcome: Option<&Outcome>,
    ) -> Option<Box<Item>> {
        let mut object = Object::new("mcp_call");
        object.text("id", &new_id("mcp_"));
        object.text("status", status(outcome));
        object.optional("approval_request_id", self.approval_request_id);
        object.text("arguments", arguments);
        object.optional("error", outcome.and_then(Outcome::error));
        object.text("name", self.name);
        object.optional("output", outcome.and_then(Outcome::output));
        object.text("server_label", label);
        object.unknown().map(Box::new)
    }

    /// The item that asks for approval of the call.
    pub(super) fn approval_request(&self, id: &str, out: &mut impl Extend<Output>) {
        let item = match self.appearance {
            Appearance::Hidden => None,
            Appearance::Extension(item_type) => {
                let (slug, _) = item_type.as_str().split_once(':').unwrap_or_default();
                let mut object = Object::new(&format!("{slug}:approval_request"));
                object.text("id", id);
                object.text("status", "completed");
                object.text("tool", item_type.as_str());
                object.text("call_id", &self.call.call_id);
                object.text("name", self.name);
                object.text("arguments", &self.call.arguments);
                object.extension()
            }
            Appearance::Mcp(label) => {
                let mut object = Object::new("mcp_approval_request");
                object.text("id", id);
                object.text("arguments", &self.call.arguments);
                object.text("name", self.name);
                object.text("server_label", label);
                object.unknown()
            }
        };
        // The loop has judged the call: the policy of the client's calls does not apply.
        let item = item.map(Box::new);
        push(out, item.clone().map(Delta::OpenItem));
        push(out, item.map(Delta::CloseItem));
    }
}

/// The listing of a server that the client declared.
pub(super) fn listing(source: &Source, out: &mut impl Extend<Output>) {
    let Some(declared) = &source.declared else {
        return;
    };
    let id = new_id("mcpl_");
    // What is not there is left out: one client refuses null here.
    let item = |tools: &str, error: Option<&str>| {
        let mut object = Object::new("mcp_list_tools");
        object.text("id", &id);
        object.text("server_label", &source.label);
        object.raw("tools", tools);
        if let Some(error) = error {
            object.text("error", error);
        }
        object.unknown().map(Box::new)
    };
    let tools: Vec<String> = source.tools.iter().map(|tool| listed(tool)).collect();
    let error = declared.error.as_deref();
    let end = match error {
        None => "response.mcp_list_tools.completed",
        Some(_) => "response.mcp_list_tools.failed",
    };
    push(out, item("[]", None).map(Delta::OpenItem));
    push(out, event("response.mcp_list_tools.in_progress", &[]));
    push(out, event(end, &[]));
    let tools = format!("[{}]", tools.join(","));
    push(out, item(&tools, error).map(Delta::CloseItem));
}

/// A tool as a listing has it.
fn listed(tool: &Tool) -> String {
    let name = RawJson::string(&tool.name);
    let description = tool.description.as_deref().map(RawJson::string);
    let description = description.map_or_else(String::new, |it| format!("\"description\":{it},"));
    let schema = &tool.arguments.schema;
    format!("{{\"name\":{name},{description}\"input_schema\":{schema}}}")
}

fn status(outcome: Option<&Outcome>) -> &'static str {
    match outcome {
        None => "in_progress",
        Some(Outcome::Done(_)) => "completed",
        Some(Outcome::Failed(_) | Outcome::Refused(_) | Outcome::Asked(_)) => "failed",
    }
}

/// An event about the open item, with these texts.
fn event(type_name: &str, texts: &[(&str, &str)]) -> Option<Delta> {
    let mut object = Object::new(type_name);
    for (name, text) in texts {
        object.text(name, text);
    }
    let event = StreamEvent::Unknown(Unknown::new(object.end()?).ok()?);
    Some(Delta::ItemEvent(Box::new(event)))
}

fn push(out: &mut impl Extend<Output>, delta: Option<Delta>) {
    out.extend(delta.map(Output::from));
}

/// A string or null, as JSON.
fn optional(text: Option<&str>) -> String {
    text.map_or_else(|| "null".into(), |text| RawJson::string(text).to_string())
}

/// An object that is written member by member, its type first.
struct Object(String);

impl Object {
    fn new(type_name: &str) -> Self {
        Self(format!("{{\"type\":{}", RawJson::string(type_name)))
    }

    fn text(&mut self, name: &str, value: &str) {
        self.raw(name, RawJson::string(value).get());
    }

    fn optional(&mut self, name: &str, value: Option<&str>) {
        self.raw(name, &optional(value));
    }

    fn raw(&mut self, name: &str, value: &str) {
        self.0
            .push_str(&format!(",{}:{value}", RawJson::string(name)));
    }

    fn end(mut self) -> Option<RawJson> {
        self.0.push('}');
        // Two members of one name are refused.
        RawJson::parse(&self.0)
            .inspect_err(|error| tracing::error!(%error, "the item of a tool is not JSON"))
            .ok()
    }

    fn extension(self) -> Option<Item> {
        Some(Item::Extension(Extension::new(self.end()?).ok()?))
    }

    fn unknown(self) -> Option<Item> {
        Some(Item::Unknown(Unknown::new(self.end()?).ok()?))
    }
}
