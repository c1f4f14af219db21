//! Items of tools that the server itself runs: announced while the tool runs, done with its result.
//! Spec: "Internally-hosted tools", "Extending tools".

use super::complete::{complete_item, id_kind};
use super::open::{OpenItem, OpenKind};
use super::sequencer::Sequencer;
use crate::event::StreamEvent;
use crate::item::{Item, ItemStatus};
#[cfg(test)]
use crate::json::RawJson;
use crate::stream_output::weight;

impl Sequencer {
    pub(super) fn open_live_item(&mut self, item: Item) {
        self.interrupt();
        self.hosted_call_made = true;
        let given = item.id();
        let id = self.item_id(given.as_deref(), id_kind(&item));
        let item = complete_item(item.with_id(&id), &*self.ids);
        self.open_item(&id, OpenKind::Live, item);
    }

    pub(super) fn live_item_event(&mut self, event: StreamEvent) {
        if let Some(open) = self.live_item()
            && let Some(item) = self.item(open.at)
        {
            let event = event.placed(&item.id, open.at as u64);
            self.events.emit(event);
        }
    }

    pub(super) fn close_live_item(&mut self, item: Item) {
        let Some(open) = self.live_item() else { return };
        let status = item.status().unwrap_or(ItemStatus::Completed);
        let result = weight(&item);
        if let Some(streamed) = self.events.item_mut(open.at) {
            let announced = weight(&streamed.item);
            streamed.item = item.with_id(&streamed.id);
            self.events.grow(result.saturating_sub(announced));
        }
        self.close(status);
    }

    fn live_item(&self) -> Option<OpenItem> {
        self.open.filter(|open| open.kind == OpenKind::Live)
    }

    /// Returns how many items are in the output so far, the open one not among them.
    #[must_use]
    pub fn closed_items(&self) -> usize {
        self.events.len() - usize::from(self.open.is_some())
    }
}

#[cfg(test)]
mod tests {
    use alloc::sync::Arc;
    use alloc::vec::Vec;

    use super::*;
    use crate::fold::Fold;
    use crate::response::Response;
    use crate::sequence::{CountingIds, Delta, FixedClock, ToolPolicy};
    use crate::tool::ToolChoiceMode;
    use crate::wire::{Extension, Unknown};

    fn extension(json: &str) -> Item {
        Item::Extension(Extension::new(RawJson::parse(json).unwrap()).unwrap())
    }

    fn progress() -> Delta {
        let json = RawJson::parse(r#"{"type":"response.mcp_call.in_progress"}"#).unwrap();
        Delta::ItemEvent(Box::new(StreamEvent::Unknown(Unknown::new(json).unwrap())))
    }

    fn run(deltas: Vec<Delta>) -> (Vec<StreamEvent>, Response) {
        // The client allows no calls of its own; those of the server's tools are not the client's.
        let policy = ToolPolicy::new(&[], &ToolChoiceMode::None.into());
        let response = Response::new("resp_1", "model", 1);
        let ids = Arc::new(CountingIds::default());
        let mut sequencer = Sequencer::new(response, policy, ids, Arc::new(FixedClock(2)));
        sequencer.start();
        for delta in deltas {
            sequencer.push(delta);
        }
        sequencer.conclude();
        let events = core::iter::from_fn(|| sequencer.pop()).collect();
        (events, sequencer.into_response())
    }

    #[test]
    fn an_item_is_open_while_its_tool_runs() {
        let (events, response) = run(alloc::vec![
            Delta::text("Let me look."),
            Delta::OpenItem(Box::new(extension(
                r#"{"type":"acme:search_call","query":"x"}"#
            ))),
            progress(),
            Delta::CloseItem(Box::new(extension(
                r#"{"type":"acme:search_call","query":"x","results":[1]}"#
            ))),
            progress(),
            Delta::complete(),
        ]);
        let types: Vec<_> = events.iter().map(StreamEvent::event_type).collect();
        assert_eq!(
            types[7..],
            [
                "response.output_item.done",
                "response.output_item.added",
                "response.mcp_call.in_progress",
                "response.output_item.done",
                "response.completed"
            ][..]
        );
        assert_eq!(
            events[9].to_json(),
            r#"{"type":"response.mcp_call.in_progress","item_id":"item_0000000000000000_2","output_index":1,"sequence_number":9}"#
                .replace("item_0000000000000000_2", &response.output_items()[1].id().unwrap())
        );
        let mut fold = Fold::new();
        events.iter().for_each(|event| {
            fold.push(event);
        });
        let item = response.output_items()[1].clone();
        assert_eq!(item.status(), Some(ItemStatus::Completed));
        let Item::Extension(raw) = item else {
            unreachable!()
        };
        assert_eq!(raw.json().reader().member("results").unwrap().raw(), "[1]");
    }

    #[test]
    fn an_item_that_was_not_closed_ends_as_its_response_does() {
        let open = || {
            let item = extension(r#"{"type":"acme:search","query":"x"}"#);
            Delta::OpenItem(Box::new(item))
        };
        for (then, status) in [
            (Delta::complete(), ItemStatus::Completed),
            (
                Delta::incomplete("max_output_tokens"),
                ItemStatus::Incomplete,
            ),
        ] {
            let (_, response) = run(alloc::vec![open(), then]);
            assert_eq!(response.output_items()[0].status(), Some(status));
        }
    }
}
