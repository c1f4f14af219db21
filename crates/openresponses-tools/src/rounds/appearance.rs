//! How a call looks to the client.

use openresponses_types::json::RawJson;
use openresponses_types::wire::{Extension, ExtensionType};
use openresponses_types::{Item, StreamEvent};

use super::call::{Call, Outcome};

/// The members of an item that are the loop's.
const RESERVED: [&str; 8] = [
    "type",
    "id",
    "status",
    "call_id",
    "name",
    "arguments",
    "output",
    "error",
];

/// The item of a call: in progress without an outcome, else with its result.
pub(super) fn extension_item(
    item_type: &ExtensionType,
    call: &Call,
    outcome: Option<&Outcome>,
) -> Option<Item> {
    let status = match outcome {
        None => "in_progress",
        Some(Outcome::Done(_)) => "completed",
        Some(Outcome::Failed(_) | Outcome::Refused(_)) => "failed",
    };
    let mut object = Object::new(item_type.as_str());
    object.text("status", status);
    object.text("call_id", &call.call_id);
    object.text("name", &call.name);
    object.text("arguments", &call.arguments);
    match outcome {
        None => {}
        Some(Outcome::Done(output)) => {
            object.text("output", &output.text);
            for (name, value) in &output.members {
                if !RESERVED.contains(&name.as_str()) {
                    object.raw(name, value.get());
                }
            }
        }
        Some(Outcome::Failed(error)) => object.text("error", error.message()),
        Some(Outcome::Refused(reason)) => object.text("error", reason),
    }
    Some(Item::Extension(Extension::new(object.end()?).ok()?))
}

/// The event that reports progress of a call: the type of its item and `.progress`.
pub(super) fn progress_event(item_type: &ExtensionType, report: &RawJson) -> Option<StreamEvent> {
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
    Some(StreamEvent::Extension(Extension::new(object.end()?).ok()?))
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

    fn raw(&mut self, name: &str, value: &str) {
        self.0
            .push_str(&format!(",{}:{value}", RawJson::string(name)));
    }

    fn end(mut self) -> Option<RawJson> {
        self.0.push('}');
        // Two members of one name are refused.
        RawJson::parse(&self.0)
            .inspect_err(|error| tracing::error!(%error, "the item of a tool is no JSON"))
            .ok()
    }
}
