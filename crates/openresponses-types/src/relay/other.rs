//! Events that are not the protocol's: implementers', OpenAI's, and noise.

use super::options::VendorEvents;
use super::push::{Relay, Then};
use super::reading::Incoming;
use super::repair::Repair;
use super::source::Wants;
use crate::check::is_openai_event;
use crate::event::{StreamEvent, is_event_name};
use crate::json::RawJson;
use crate::sequence::Sequencer;
use crate::wire::Extension;

impl Relay {
    pub(super) fn other(&mut self, incoming: &Incoming, client: &mut Sequencer) -> Then {
        let event_type = incoming.event.event_type();
        let is_extension = matches!(incoming.event, StreamEvent::Extension(_));
        if !is_event_name(event_type) {
            return self.noise();
        }
        if !is_extension && (!is_openai_event(event_type) || event_type == "keepalive") {
            return match self.options.vendor_events {
                VendorEvents::Drop => self.noise(),
                VendorEvents::Pass => self.about_item(incoming, client),
                VendorEvents::Rename(slug) => self.rename(incoming, slug, client),
            };
        }
        self.about_item(incoming, client)
    }

    fn noise(&mut self) -> Then {
        self.repairs.note(Repair::VendorEventDropped);
        Then::Drop
    }

    /// An event that may be about an item: the client gets it under its own id and place, and gets
    /// none about a call that was left out.
    fn about_item(&mut self, incoming: &Incoming, client: &mut Sequencer) -> Then {
        let head = incoming.head();
        let is_extension = matches!(incoming.event, StreamEvent::Extension(_));
        let names_item = head.item_id.is_some() || head.output_index.is_some();
        if !names_item {
            // An event of a call that does not say which may be one of a call that is left out.
            if !is_extension && is_of_call(incoming.event.event_type()) {
                self.repairs.note(Repair::EventMisplaced);
                if incoming.event.event_type().ends_with(".delta") {
                    self.lose();
                }
                return Then::Drop;
            }
            self.forward_unplaced(incoming, client);
            return Then::Drop;
        }
        let source = match head.item_id.as_deref().and_then(|id| self.source.by_id(id)) {
            Some(source) => Some(source),
            None if is_extension && head.item_id.is_some() => None,
            None => self
                .source
                .locate(&head, Wants::Opaque, client, &mut self.repairs),
        };
        match source.and_then(|source| self.source.get(source)) {
            Some(item) => match item.at {
                Some(at) => Then::Forward(at, None),
                None => Then::LeaveOut,
            },
            None if is_extension => {
                self.forward_unplaced(incoming, client);
                Then::Drop
            }
            None => Then::Wait,
        }
    }

    fn rename(&mut self, incoming: &Incoming, slug: &str, client: &mut Sequencer) -> Then {
        let StreamEvent::Unknown(raw) = &incoming.event else {
            return self.noise();
        };
        let name = alloc::format!("{slug}:{}", raw.type_name());
        let renamed = raw.clone().with_member("type", &RawJson::string(&name));
        match Extension::new(renamed.json().clone()) {
            Ok(renamed) => {
                self.repairs.note(Repair::VendorEventRenamed);
                let incoming = Incoming::of(StreamEvent::Extension(renamed));
                self.about_item(&incoming, client)
            }
            Err(_) => self.noise(),
        }
    }
}

/// Such as `response.custom_tool_call_input.delta` and `response.web_search_call.searching`.
pub(super) fn is_of_call(event_type: &str) -> bool {
    event_type.contains("_call")
}
