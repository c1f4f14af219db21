//! How a call looks to the client: the items and events of the dialect in which it was asked.

use std::sync::Arc;

use openresponses_tower::ids::RandomIds;
use openresponses_tower::output::Output;
use openresponses_types::json::{ArrayPrinter, ObjectPrinter, RawJson};
use openresponses_types::sequence::Delta;
use openresponses_types::wire::{Extension, ExtensionType, Unknown};
use openresponses_types::{Item, StreamEvent};

use super::call::{Call, Outcome};
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
        let event = object(&format!("{item_type}.progress"), |event| {
            let mut reader = report.reader();
            let mut members = reader.enter_object();
            while let Some(name) = reader.next_member(&mut members) {
                let value = reader.raw();
                if !matches!(
                    &*name,
                    "type" | "item_id" | "output_index" | "sequence_number"
                ) {
                    event.raw(&name, value);
                }
            }
        });
        let event = event.and_then(|json| Extension::new(json).ok());
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
        let item = object(item_type.as_str(), |item| {
            item.string("status", status(outcome));
            item.string("call_id", &self.call.call_id);
            item.string("name", self.name);
            item.string("arguments", &self.call.arguments);
            if let Some(id) = self.approval_request_id {
                item.string("approval_request_id", id);
            }
            match outcome {
                Some(Outcome::Done(output)) => {
                    item.string("output", &output.text);
                    for (name, value) in &output.members {
                        if !RESERVED.contains(&name.as_str()) {
                            item.raw(name, value.get());
                        }
                    }
                }
                Some(outcome) => item.string_or_null("error", outcome.error()),
                None => {}
            }
        });
        item.and_then(extension).map(Box::new)
    }

    /// An `mcp_call` has all its members from the start.
    fn mcp_item(
        &self,
        label: &str,
        arguments: &str,
        outcome: Option<&Outcome>,
    ) -> Option<Box<Item>> {
        let item = object("mcp_call", |item| {
            item.string("id", &RandomIds.with_prefix("mcp_"));
            item.string("status", status(outcome));
            item.string_or_null("approval_request_id", self.approval_request_id);
            item.string("arguments", arguments);
            item.string_or_null("error", outcome.and_then(Outcome::error));
            item.string("name", self.name);
            item.string_or_null("output", outcome.and_then(Outcome::output));
            item.string("server_label", label);
        });
        item.and_then(unknown).map(Box::new)
    }

    /// The item that asks for approval of the call.
    pub(super) fn approval_request(&self, id: &str, out: &mut impl Extend<Output>) {
        let item = match self.appearance {
            Appearance::Hidden => None,
            Appearance::Extension(item_type) => {
                let (slug, _) = item_type.as_str().split_once(':').unwrap_or_default();
                let item = object(&format!("{slug}:approval_request"), |item| {
                    item.string("id", id);
                    item.string("status", "completed");
                    item.string("tool", item_type.as_str());
                    item.string("call_id", &self.call.call_id);
                    item.string("name", self.name);
                    item.string("arguments", &self.call.arguments);
                });
                item.and_then(extension)
            }
            Appearance::Mcp(label) => {
                let item = object("mcp_approval_request", |item| {
                    item.string("id", id);
                    item.string("arguments", &self.call.arguments);
                    item.string("name", self.name);
                    item.string("server_label", label);
                });
                item.and_then(unknown)
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
    let id = RandomIds.with_prefix("mcpl_");
    // What is not there is left out: one client refuses null here.
    let item = |tools: &[Arc<Tool>], error: Option<&str>| {
        let item = object("mcp_list_tools", |item| {
            item.string("id", &id);
            item.string("server_label", &source.label);
            list(tools, item.array("tools"));
            if let Some(error) = error {
                item.string("error", error);
            }
        });
        item.and_then(unknown).map(Box::new)
    };
    let error = declared.error.as_deref();
    let end = match error {
        None => "response.mcp_list_tools.completed",
        Some(_) => "response.mcp_list_tools.failed",
    };
    push(out, item(&[], None).map(Delta::OpenItem));
    push(out, event("response.mcp_list_tools.in_progress", &[]));
    push(out, event(end, &[]));
    push(out, item(&source.tools, error).map(Delta::CloseItem));
}

/// Prints tools as a listing has them.
fn list(tools: &[Arc<Tool>], mut out: ArrayPrinter<'_>) {
    for tool in tools {
        let mut entry = out.object();
        entry.string("name", &tool.name);
        if let Some(description) = &tool.description {
            entry.string("description", description);
        }
        entry.raw("input_schema", tool.arguments.schema.get());
        if let Some(annotations) = &tool.annotations {
            entry.raw("annotations", annotations.get());
        }
    }
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
    let event = object(type_name, |event| {
        for (name, text) in texts {
            event.string(name, text);
        }
    });
    let event = StreamEvent::Unknown(Unknown::new(event?).ok()?);
    Some(Delta::ItemEvent(Box::new(event)))
}

fn push(out: &mut impl Extend<Output>, delta: Option<Delta>) {
    out.extend(delta.map(Output::from));
}

/// An object of this type with the members that `write` prints.
fn object(type_name: &str, write: impl FnOnce(&mut ObjectPrinter<'_>)) -> Option<RawJson> {
    let mut json = String::new();
    {
        let mut object = ObjectPrinter::begin(&mut json);
        object.string("type", type_name);
        write(&mut object);
    }
    // Two members of one name are refused.
    RawJson::parse(&json)
        .inspect_err(|error| tracing::error!(%error, "the item of a tool is not JSON"))
        .ok()
}

fn extension(json: RawJson) -> Option<Item> {
    Some(Item::Extension(Extension::new(json).ok()?))
}

fn unknown(json: RawJson) -> Option<Item> {
    Some(Item::Unknown(Unknown::new(json).ok()?))
}
